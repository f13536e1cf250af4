import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/engine/engine.ts'
import type { Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import type { MemoryTool } from '../../src/upstream/memory.ts'
import { demoGateway } from '../support/gateway.ts'

const PNG = Buffer.concat([Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), Buffer.alloc(40, 7)])
const JPEG = Buffer.concat([Buffer.from('\u00ff\u00d8\u00ff', 'latin1'), Buffer.alloc(30, 3)])
const png = PNG.toString('base64')
const wav = Buffer.from('RIFF....WAVEfmt ').toString('base64')
const pdf = Buffer.from('%PDF-1.7').toString('base64')
const image = (data: string, mimeType = 'image/png') => ({ type: 'image', data, mimeType })
const TOOLS: readonly MemoryTool[] = [
  { name: 'shot', run: () => ({ content: [{ type: 'text', text: 'taken' }, image(png)] }) },
  { name: 'alone', run: () => ({ content: [image(png)] }) },
  { name: 'many', run: () => ({ content: Array.from({ length: 6 }, () => image(png)) }) },
  { name: 'huge', run: () => ({ content: [image(Buffer.concat([PNG, Buffer.alloc(5_000_000)]).toString('base64'))] }) },
  { name: 'misnamed', run: () => ({ content: [image(JPEG.toString('base64url'), 'image/png')] }) },
  {
    name: 'drawing',
    run: () => ({ content: [image(Buffer.from('<svg>é</svg>').toString('base64'), 'image/svg+xml')] }),
  },
  { name: 'sound', run: () => ({ content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] }) },
  {
    name: 'file',
    run: () => ({
      content: [{ type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: pdf } }],
    }),
  },
  {
    name: 'both',
    run: () => ({ content: [{ type: 'text', text: 'a chart' }, image(png)], structuredContent: { points: [1, 2] } }),
  },
  {
    name: 'linked',
    run: () => ({
      content: [
        { type: 'text', text: 'see' },
        { type: 'resource_link', uri: 'file:///b.txt', name: 'b' },
        { type: 'resource', resource: { uri: 'file:///c.txt', text: 'inside' } },
      ],
      structuredContent: { ok: true },
    }),
  },
]

const data = (answer: Answer): never => ('data' in answer ? answer.data : answer.error) as never
const blocks = (answer: Answer) => ('blocks' in answer ? answer.blocks : undefined)
const gatewayOf = (): Optimizer => demoGateway({}, TOOLS)
const run = async (gateway: Optimizer, name: string, params: object = {}): Promise<Answer> =>
  await gateway.executeIntent({ intent: name, params: { ...params } })

describe('images reach the model (32, F6)', () => {
  it.each([
    ['a tool with a text and an image', 'return await tools.demo.shot()'],
    ['the image alone', 'const r = await tools.demo.alone(); return r.content[0]'],
    ['an image in a value', 'const r = await tools.demo.shot(); return { title: "x", deep: [{ shot: r.content[0] }] }'],
    ['the same one twice', 'const r = await tools.demo.shot(); return [r, r.content]'],
    ['a value too large for the answer', 'return { ...(await tools.demo.shot()), rows: "word ".repeat(50000) }'],
  ])('from programs: %s', async (_what, code) => {
    await using gateway = gatewayOf()
    const answer = await gateway.execute({ code })
    expect(blocks(answer)).toEqual([image(png)])
    const { content } = await toCallResult(answer, { compactAnswers: true })
    expect(content.at(-1)).toEqual(image(png))
    expect(JSON.stringify(content.slice(0, -1))).not.toContain(png.slice(0, 20))
  })

  it('from tools that are called, in batches too, and none where there is none', async () => {
    await using gateway = gatewayOf()
    expect(blocks(await run(gateway, 'demo.shot'))).toEqual([image(png)])
    expect(
      blocks(await gateway.executeBatch({ requests: [{ intent: 'demo.alone' }, { intent: 'demo.shot' }] })),
    ).toEqual([image(png), image(png)])
    expect(blocks(await run(gateway, 'demo.sound'))).toBeUndefined()
    expect(
      blocks(await gateway.execute({ code: 'return { type: "image", bytes: 5, handle: "r_00000000000000" }' })),
    ).toBeUndefined()
  })

  it('four of them, none too large, the others by name', async () => {
    await using gateway = gatewayOf()
    const many = blocks(await run(gateway, 'demo.many')) ?? []
    expect(many.map(({ type }) => type)).toEqual(['image', 'image', 'image', 'image', 'text'])
    expect(many.at(-1)?.['text']).toMatch(/^Not shown here \(at most 4 images of 5 MB\): r_\w+, r_\w+\. results\.show/)
    expect(blocks(await run(gateway, 'demo.huge'))).toEqual([
      { type: 'text', text: expect.stringContaining('Not shown') },
    ])
  })

  it('as what they are, whatever their server called them; and not what no model sees', async () => {
    await using gateway = gatewayOf()
    expect(blocks(await run(gateway, 'demo.misnamed'))).toEqual([image(JPEG.toString('base64'), 'image/jpeg')])
    expect(blocks(await run(gateway, 'demo.drawing'))).toBeUndefined()
  })
})

describe('results.show', () => {
  const handleOf = async (gateway: Optimizer, tool: string): Promise<string> => {
    const { content } = data(await run(gateway, `demo.${tool}`)) as {
      content: { handle?: string; resource?: { handle: string } }[]
    }
    return content.map((block) => block.handle ?? block.resource?.handle).find((handle) => handle !== undefined) ?? ''
  }

  it.each([
    ['shot', image(png)],
    ['sound', { type: 'audio', data: wav, mimeType: 'audio/wav' }],
    ['file', { type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: pdf } }],
  ])('shows what the handle of %s has', async (tool, block) => {
    await using gateway = gatewayOf()
    const handle = await handleOf(gateway, tool)
    const answer = await run(gateway, 'results.show', { handle })
    expect(blocks(answer)).toEqual([block])
    expect(data(answer)).toMatchObject({ type: block.type, bytes: expect.any(Number), handle })
  })

  it('shows text as text, and says why it cannot show what is too large', async () => {
    await using gateway = gatewayOf()
    expect(data(await run(gateway, 'results.show', { handle: await handleOf(gateway, 'drawing') }))).toEqual({
      total: 12,
      offset: 0,
      text: '<svg>é</svg>',
    })
    const huge = await run(gateway, 'results.show', { handle: await handleOf(gateway, 'huge') })
    expect(data(huge)).toMatchObject({ code: 'LIMIT_EXCEEDED', suggestion: expect.stringContaining('results.export') })
  })

  it('beside results.read, which never answers base64, and results.get, which does', async () => {
    await using gateway = gatewayOf()
    const handle = await handleOf(gateway, 'shot')
    const read = data(await run(gateway, 'results.read', { handle }))
    expect(read).toMatchObject({
      type: 'image',
      mimeType: 'image/png',
      bytes: PNG.length,
      note: expect.stringContaining('results.show'),
    })
    expect(JSON.stringify(read)).not.toContain(png.slice(0, 20))
    const code = 'const { type, base64 } = await results.get(params.handle); return [type, base64.length]'
    expect(data(await gateway.execute({ code, params: { handle } }))).toEqual(['image', png.length])
  })
})

describe('text beside structured content (29)', () => {
  const json = '{"ok":true,"items":[1,2],"note":"done"}'
  const value = JSON.parse(json)
  it.each<[string, unknown, string[], unknown]>([
    ['its JSON', value, [json], value],
    ['its JSON in lines', value, [JSON.stringify(value, null, 2)], value],
    ['its JSON with other keys first', value, ['{"note":"done","items":[1,2],"ok":true}'], value],
    ['one text of it', { content: 'a file' }, ['a file'], { content: 'a file' }],
    ['its one member', { result: [1, { a: 2 }] }, ['[1,{"a":2}]'], { result: [1, { a: 2 }] }],
    [
      'its items, a text each',
      { result: [{ a: 1 }, { a: 2 }] },
      ['{"a":1}', '{"a":2}'],
      { result: [{ a: 1 }, { a: 2 }] },
    ],
    ['a number of it', { result: 5 }, ['5'], { result: 5 }],
    ['nothing', { ok: true }, [''], { ok: true }],
    [
      'something else',
      { ok: true },
      ['2 rows were locked, try later'],
      { ok: true, text: '2 rows were locked, try later' },
    ],
    ['two texts, one its JSON', { ok: true }, ['{"ok":true}', 'careful'], { ok: true, text: '{"ok":true}\ncareful' }],
    ['another one, where text is taken', { text: 'a' }, ['b'], { text: 'a', $text: 'b' }],
    ['beside a list', [1, 2], ['two'], { value: [1, 2], text: 'two' }],
  ])('%s', async (_what, structuredContent, texts, wanted) => {
    const content = texts.map((text) => ({ type: 'text', text }))
    await using gateway = demoGateway({}, [{ name: 'give', run: () => ({ content, structuredContent }) }])
    expect(data(await run(gateway, 'demo.give'))).toEqual(wanted)
  })

  it('links, embedded texts and images stay, in programs too', async () => {
    await using gateway = gatewayOf()
    expect(data(await gateway.execute({ code: 'return await tools.demo.linked()' }))).toEqual({
      ok: true,
      text: 'see',
      content: [
        { type: 'resource_link', uri: 'file:///b.txt', name: 'b' },
        { type: 'resource', resource: { uri: 'file:///c.txt', text: 'inside' } },
      ],
    })
    const both = await run(gateway, 'demo.both')
    expect(data(both)).toMatchObject({ points: [1, 2], text: 'a chart', content: [{ type: 'image' }] })
    expect(blocks(both)).toEqual([image(png)])
  })
})

describe('stock clients', () => {
  it.each([
    ['v1', () => [new ClientOne({ name: 't', version: '1' }), HttpOne] as const],
    ['v2', () => [new Client({ name: 't', version: '1' }), StreamableHTTPClientTransport] as const],
  ])('%s takes the image as MCP content', async (_what, make) => {
    await using gateway = gatewayOf()
    await using service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
    const [client, Transport] = make()
    await client.connect(new Transport(new URL(`${service.url}/mcp`)))
    const { content } = await client.callTool({ name: 'execute_intent', arguments: { intent: 'demo.shot' } })
    expect((content as unknown[]).at(-1)).toEqual(image(png))
    await client.close()
  })
})
