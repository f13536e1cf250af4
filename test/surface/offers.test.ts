import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everything, temporaryFolder } from '../support/servers.ts'
import { legacyClient, modernClient, offering, offeringOverHttp, passingGateway } from '../support/offering.ts'

const NOTE = { uri: 'note://shared', name: 'note', description: 'A note', mimeType: 'text/plain', size: 12 }
const ICON = { src: 'https://icons.example/a.png', mimeType: 'image/png', sizes: ['48x48'] }
const GREET = { name: 'greet', title: 'Greet', arguments: [{ name: 'who', required: true }], icons: [ICON] }

describe('resources of several servers', () => {
  const two = {
    one: offering({ name: 'one', resources: [NOTE, { uri: 'one://own', name: 'own', icons: [ICON] }] }),
    two: offering({ name: 'two', resources: [NOTE], templates: [{ uriTemplate: 'two://{id}/data', name: 'data' }] }),
  }

  it('keep their addresses, and get a mark where two servers have the same', async () => {
    await using served = await modernClient(passingGateway(two))
    const { resources } = await served.client.listResources()
    expect(resources.map(({ uri, name, title }) => [uri, name, title])).toEqual([
      ['note://shared', 'one__note', 'note'],
      ['one://own', 'one__own', 'own'],
      ['note://shared#mcp-server=two', 'two__note', 'note'],
    ])
    expect(resources[0]).toMatchObject({ description: 'A note', size: 12, _meta: { 'mcp-optimizer/server': 'one' } })
    expect(resources[1]?.icons).toEqual([ICON])
    const read = async (uri: string): Promise<unknown> => (await served.client.readResource({ uri })).contents
    expect(await read('note://shared')).toMatchObject([{ uri: 'note://shared', text: 'one: note://shared' }])
    expect(await read('note://shared#mcp-server=two')).toMatchObject([
      { uri: 'note://shared#mcp-server=two', text: 'two: note://shared' },
    ])
    // One that no other server has can be marked too.
    expect(await read('one://own#mcp-server=one')).toMatchObject([{ text: 'one: one://own' }])
  })

  it('are found by their template where nobody lists them', async () => {
    await using served = await legacyClient(passingGateway(two))
    const { resourceTemplates } = await served.client.listResourceTemplates()
    expect(resourceTemplates).toMatchObject([{ uriTemplate: 'two://{id}/data', name: 'two__data' }])
    const { contents } = await served.client.readResource({ uri: 'two://7/data' })
    expect(contents).toMatchObject([{ text: 'two: two://7/data' }])
  })

  it('are refused in the words of their server, or with the reason why no server is asked', async () => {
    await using served = await legacyClient(passingGateway(two))
    await expect(served.client.readResource({ uri: 'two://missing/data' })).rejects.toMatchObject({
      code: -32002,
      message: expect.stringContaining('nothing at two://missing/data'),
      data: { uri: 'two://missing/data' },
    })
    await expect(served.client.readResource({ uri: 'other://x' })).rejects.toMatchObject({
      code: -32002,
      message: expect.stringContaining('no server lists it'),
    })
    await using later = await modernClient(passingGateway(two))
    await expect(later.client.readResource({ uri: 'two://missing/data' })).rejects.toMatchObject({ code: -32602 })
  })
})

describe('links in results of tools', () => {
  it('lead to the server of the tool, listed or not', async () => {
    const link = { type: 'resource_link', uri: 'note://linked', name: 'linked' }
    const servers = { one: offering({ name: 'one' }), two: offering({ name: 'two' }) }
    await using served = await modernClient(passingGateway(servers))
    const linkFrom = async (server: string): Promise<unknown> => {
      const result = await served.client.callTool({ name: `${server}__act`, arguments: { content: [link] } })
      return (result.content as { uri: string }[])[0]?.uri
    }
    expect(await linkFrom('two')).toBe('note://linked')
    expect(await linkFrom('one')).toBe('note://linked#mcp-server=one')
    const { contents } = await served.client.readResource({ uri: 'note://linked' })
    expect(contents).toMatchObject([{ text: 'two: note://linked' }])
  })
})

describe('prompts of several servers', () => {
  const two = {
    one: offering({ name: 'one', prompts: [GREET, { name: 'refused' }] }),
    'two-b': offering({ name: 'two', prompts: [GREET] }),
  }

  it('are told from one another by their names, and keep all else', async () => {
    await using served = await modernClient(passingGateway(two))
    const { prompts } = await served.client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['one__greet', 'one__refused', 'two_b__greet'])
    expect(prompts[0]).toMatchObject({ title: 'Greet', arguments: GREET.arguments, icons: [ICON] })
    const got = await served.client.getPrompt({ name: 'two_b__greet', arguments: { who: 'Ann' } })
    expect(got).toMatchObject({
      description: 'given',
      messages: [{ role: 'user', content: { type: 'text', text: 'two: greet {"who":"Ann"}' } }],
    })
  })

  it('are refused in the words of their server, and unknown ones with the nearest names', async () => {
    await using served = await legacyClient(passingGateway(two))
    await expect(served.client.getPrompt({ name: 'one__refused' })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('the topic is missing'),
      data: { argument: 'topic' },
    })
    await expect(served.client.getPrompt({ name: 'greet' })).rejects.toMatchObject({
      code: -32602,
      data: { nearest: expect.arrayContaining(['one__greet', 'two_b__greet']) },
    })
  })

  it('are completed by their server, as templates are', async () => {
    const templates = [{ uriTemplate: 'two://{id}', name: 'item' }]
    const servers = { ...two, 'two-b': offering({ name: 'two', prompts: [GREET], templates }) }
    await using served = await modernClient(passingGateway(servers))
    const argument = { name: 'who', value: 'A' }
    const context = { arguments: { other: '1' } }
    const ofPrompt = await served.client.complete({
      ref: { type: 'ref/prompt', name: 'two_b__greet' },
      argument,
      context,
    })
    expect(ofPrompt.completion).toEqual({
      values: ['two greet who=A', JSON.stringify(context)],
      total: 2,
      hasMore: false,
    })
    const ofTemplate = await served.client.complete({ ref: { type: 'ref/resource', uri: 'two://{id}' }, argument })
    expect(ofTemplate.completion.values[0]).toBe('two two://{id} who=A')
  })
})

describe('lists', () => {
  it.each(['stdio', 'HTTP, 2026'])('come whole though one entry of a server is broken (%s)', async (way) => {
    const resources = [null, { name: 'no address' }, { uri: 5 }, { ...NOTE, title: null, size: 'big', icons: 'x' }]
    const prompts = [{ title: 'nameless' }, { ...GREET, arguments: [{ description: 'nameless' }, { name: 'who' }] }]
    await using http = way === 'stdio' ? undefined : await offeringOverHttp({ era: 'modern', resources, prompts })
    const gateway = passingGateway({ one: http?.server ?? offering({ resources, prompts }) })
    await using served = await legacyClient(gateway)
    const listed = await served.client.listResources()
    expect(listed.resources).toHaveLength(1)
    expect(listed.resources[0]).toMatchObject({ uri: 'note://shared', title: 'note' })
    expect((await served.client.listPrompts()).prompts).toMatchObject([{ arguments: [{ name: 'who' }] }])
    const told = gateway.problems().map(({ what }) => what)
    expect(told).toContain('left out a resource without a text as its uri')
    expect(told).toContain('left out a prompt without a text as its name')
  })

  it('are read page by page from servers, and given page by page', async () => {
    const resources = Array.from({ length: 2_500 }, (_, index) => ({ uri: `note://${index}`, name: `note ${index}` }))
    await using served = await modernClient(passingGateway({ one: offering({ resources, pageSize: 100 }) }))
    const uris: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await served.client.listResources(cursor === undefined ? {} : { cursor })
      uris.push(...page.resources.map(({ uri }) => uri))
      cursor = page.nextCursor
      pages++
    } while (cursor !== undefined && pages < 10)
    expect(uris).toEqual(resources.map(({ uri }) => uri))
  })

  it('do not wait for a server that failed or hangs, and come again once it answers', async () => {
    const gateway = passingGateway({
      good: offering({ resources: [NOTE] }),
      dead: { type: 'stdio', command: process.execPath, args: ['-e', 'process.exit(1)'] },
      mute: offering({ silent: ['resources/list'], resources: [NOTE] }),
    })
    await using served = await modernClient(gateway)
    await served.client.listResources()
    const start = performance.now()
    expect((await served.client.listResources()).resources).toMatchObject([{ name: 'good__note' }])
    expect(performance.now() - start).toBeLessThan(2_000)
    expect((await served.client.listPrompts()).prompts).toEqual([])
  })

  it('are announced as changed when a server says so', async () => {
    const gateway = passingGateway({ one: offering({ resources: [NOTE] }) })
    await using served = await modernClient(gateway)
    await served.client.listResources()
    const changed = new Promise<void>((resolve) =>
      served.client.setNotificationHandler('notifications/resources/list_changed', () => resolve()),
    )
    const subscription = await served.client.listen({ resourcesListChanged: true, promptsListChanged: true })
    await served.client.callTool({ name: 'one__act', arguments: { add: 'note://new' } })
    await changed
    const { resources } = await served.client.listResources(undefined, { cacheMode: 'bypass' })
    expect(resources.map(({ uri }) => uri)).toEqual(['note://shared', 'note://new'])
    await subscription.close()
  })
})

describe('what passes', () => {
  it('is announced in traditional mode, and not offered in the modes whose surface is ours', async () => {
    await using served = await legacyClient(passingGateway({ one: offering({ resources: [NOTE] }) }))
    expect(served.client.getServerCapabilities()).toMatchObject({
      resources: { listChanged: true },
      prompts: { listChanged: true },
      completions: {},
    })
    await using other = await legacyClient(
      passingGateway({ one: offering({ resources: [NOTE] }) }, { executionMode: 'code_execution' }),
    )
    expect(other.client.getServerCapabilities()?.resources).toBeUndefined()
  })

  it('is what the reference server offers, item by item', async () => {
    await using served = await legacyClient(passingGateway({ everything }))
    const { client } = served
    const { resources } = await client.listResources()
    expect(resources.length).toBeGreaterThan(3)
    const { contents } = await client.readResource({ uri: resources[0]?.uri ?? '' })
    expect(contents[0]).toMatchObject({ uri: resources[0]?.uri })
    expect((await client.listResourceTemplates()).resourceTemplates.length).toBeGreaterThan(0)
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toContain('everything__simple-prompt')
    for (const { name, arguments: wanted = [] } of prompts) {
      const input = Object.fromEntries(wanted.map((one) => [one.name, 'Text' in one ? '' : '1']))
      if (name.includes('resource')) Object.assign(input, { resourceType: 'Text', resourceId: '1' })
      const got = await client.getPrompt({ name, arguments: input })
      expect(got.messages.length).toBeGreaterThan(0)
    }
  })
})

describe('MCP Apps', () => {
  const PAGE = { uri: 'ui://board/main.html', name: 'board', mimeType: 'text/html;profile=mcp-app' }
  const tool = {
    name: 'show',
    inputSchema: { type: 'object' },
    icons: [ICON, { src: 5 }],
    _meta: { ui: { resourceUri: PAGE.uri, visibility: ['model', 'app'] }, 'ui/resourceUri': PAGE.uri, other: { a: 1 } },
  }
  const csp = { ui: { csp: { connectDomains: ['https://api.example'] } } }
  const app = (name: string): ReturnType<typeof offering> =>
    offering({
      name,
      tools: [tool],
      resources: [PAGE],
      reads: { [PAGE.uri]: { contents: [{ ...PAGE, text: `<p>${name}</p>`, _meta: csp }] } },
    })

  it('keep the page of each tool, though two servers have pages of one address', async () => {
    await using served = await modernClient(passingGateway({ one: app('one'), two: app('two') }))
    const { tools } = await served.client.listTools()
    expect(tools[0]).toMatchObject({ name: 'one__show', icons: [ICON], _meta: tool._meta })
    const [first, second] = tools.map(
      ({ _meta }) => (_meta?.['ui'] as { resourceUri: string } | undefined)?.resourceUri,
    )
    expect([first, second]).toEqual([PAGE.uri, `${PAGE.uri}#mcp-server=two`])
    const page = async (uri = ''): Promise<unknown> => (await served.client.readResource({ uri })).contents[0]
    expect(await page(first)).toMatchObject({ text: '<p>one</p>', mimeType: PAGE.mimeType, _meta: csp })
    expect(await page(second)).toMatchObject({ text: '<p>two</p>', uri: second })
  })

  it('are offered by servers that ask whether the client can show them', async () => {
    const seen = join(temporaryFolder(), 'seen')
    await using served = await modernClient(passingGateway({ one: offering({ seen }) }))
    await served.client.listTools()
    const [hello = '{}'] = readFileSync(seen, 'utf8').split('\n')
    expect(JSON.parse(hello)).toMatchObject({
      method: 'initialize',
      params: { capabilities: { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [PAGE.mimeType] } } } },
    })
  })
})
