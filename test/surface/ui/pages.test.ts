import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MemoryTool } from '../../../src/upstream/memory.ts'
import { DEMO_TOOLS } from '../../support/gateway.ts'
import { temporaryFolder } from '../../support/servers.ts'
import { areasOf, hiddenFields, openFront, textOf, type Visitor } from './visitor.ts'

/** A tool that counts how often it was really called. */
function counted(): { tool: MemoryTool; calls: unknown[] } {
  const calls: unknown[] = []
  const tool: MemoryTool = {
    name: 'keep',
    description: 'Keeps a note',
    inputSchema: {
      type: 'object',
      properties: { note: { type: 'string', minLength: 1 }, level: { type: 'integer' }, tags: { type: 'array' } },
      required: ['note'],
      additionalProperties: false,
    },
    run: (input) => {
      calls.push(input)
      return { kept: calls.length }
    },
  }
  return { tool, calls }
}

function intentFolder(): string {
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'first_rows.ts'),
    `export const metadata = {
  name: 'first_rows',
  description: 'The first rows',
  servers: ['demo'],
  readOnly: true,
  input: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] },
  examples: [{ n: 7 }],
}
export default async ({ n }: { n: number }, tools: any) => (await tools.demo.rows({ count: n })).rows.map((row: any) => row.id)
`,
  )
  return folder
}

describe('the overview', () => {
  it('begins with what was saved, with one model whose prices people choose', async () => {
    await using front = await openFront()
    await front.gateway.execute({ code: 'return (await tools.demo.add({ a: 1, b: 2 })).sum' })
    await front.gateway.executeIntent({ intent: 'nothing' })
    const visitor = await front.logIn()
    const markup = await visitor.page('/ui')
    const text = textOf(markup)
    expect(text).toContain('Operations of agents 2 1 failed (50.0 %)')
    expect(text).toMatch(/Tokens saved, prompts cached [−\d,-]+ .*Claude Sonnet 5; not cached/)
    expect(text).toMatch(/definitions in each request [\d,]+ [\d,]+ [\d,-]+/)
    expect(text).toMatch(/prompts cached \$[\d.]+ \$[\d.]+ [−$\d.]+ not cached/)
    expect(markup.match(/<figure class="chart" role="img" aria-label="[^"]+">/g)).toHaveLength(2)
    expect(markup).not.toMatch(/ style=|<style/)
    expect(textOf(await visitor.page('/ui?model=gpt-4o'))).toContain('GPT-4o; not cached')
    expect(textOf(await visitor.page('/ui?model=no-such-model'))).toContain('GPT-4o; not cached')
    expect(textOf(await (await front.logIn()).page('/ui'))).toContain('Claude Sonnet 5; not cached')
  })

  it('tells how to connect a client until one did something, and shows no empty chart', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const empty = await visitor.page('/ui')
    expect(textOf(empty)).toContain(`"url": "${front.url}/mcp"`)
    expect(empty).not.toMatch(/Authorization|<figure/)
    await front.gateway.execute({ code: 'return 1' })
    expect(textOf(await visitor.page('/ui'))).not.toContain('Connect your client')
  })

  it('names the header of the token where clients need one', async () => {
    await using front = await openFront({ config: { http: { token: 'a-token-of-sixteen-letters-or-more' } } })
    const text = textOf(await (await front.logIn()).page('/ui'))
    expect(text).toContain('"Authorization": "Bearer YOUR_TOKEN"')
    expect(text).not.toContain('a-token-of')
  })

  it('loads itself anew only when somebody asks for it', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    expect(await visitor.page('/ui')).not.toContain('http-equiv="refresh"')
    const live = await visitor.page('/ui?live=on')
    expect(live).toContain('http-equiv="refresh" content="5"')
    expect(textOf(live)).toContain('Every 5 s. Stop')
    expect(await visitor.page('/ui/tools?live=on')).not.toContain('http-equiv="refresh"')
  })

  it('counts what people do as operations, but not as what agents cost and save', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const run = await visitor.submit(await visitor.page('/ui/code'), '/ui/code', {
      code: 'return await tools.demo.add({ a: 1, b: 2 })',
    })
    expect(textOf(run)).toContain('"sum": 3')
    await visitor.page('/ui/tools?q=add')
    expect(front.gateway.observation.receipts?.total()).toMatchObject({ operations: 0, calls: 0, saved: 0 })
    expect(front.gateway.metrics?.count('operation_ms')).toBe(2)
  })

  it('does without what is switched off', async () => {
    await using front = await openFront({ config: { features: { enableMetrics: false } } })
    await front.gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    const text = textOf(await (await front.logIn()).page('/ui'))
    expect(text).not.toContain('Tokens saved')
    expect(text).toContain('demo.add')
  })

  it('shows what runs now, and in which stage', async () => {
    let open = (): void => undefined
    let reach = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const reached = new Promise<void>((resolve) => (reach = resolve))
    const gate: MemoryTool = {
      name: 'gate',
      async run() {
        reach()
        await opened
        return 'through'
      },
    }
    await using front = await openFront({ tools: [...DEMO_TOOLS, gate] })
    const visitor = await front.logIn()
    expect(textOf(await visitor.page('/ui'))).not.toContain('that run now')
    const answer = front.gateway.executeIntent({ intent: 'demo.gate' })
    await reached
    expect(textOf(await visitor.page('/ui'))).toMatch(/run now .*\d\d:\d\d:\d\d intent demo\.gate execute [\da-f]{16}/)
    open()
    await answer
    expect(textOf(await visitor.page('/ui'))).not.toContain('that run now')
  })

  it('shows each principal its own operations', async () => {
    await using front = await openFront()
    await front.gateway.executeIntent({ intent: 'demo.rows' }, { principal: 'somebody else' })
    expect(await (await front.logIn()).page('/ui')).not.toContain('demo.rows')
  })
})

describe('one operation', () => {
  const idOf = async (visitor: Visitor, row: RegExp): Promise<string> => {
    const found = (await visitor.page('/ui')).split('<tr').find((markup) => row.test(textOf(markup)))
    return /operation\?id=([\da-f]{16})/.exec(found ?? '')?.[1] ?? ''
  }

  it('that failed shows the name that was asked for, what went wrong, its request, and how to do it again', async () => {
    await using front = await openFront()
    await front.gateway.executeIntent({ intent: 'dmo.add', params: { a: 1, text: "it's <b>" } })
    const visitor = await front.logIn()
    const markup = await visitor.page(`/ui/operation?id=${await idOf(visitor, /dmo\.add/)}`)
    const text = textOf(markup)
    expect(text).toMatch(/dmo\.add .*UNKNOWN_INTENT : cannot run "dmo\.add"/)
    expect(text).toContain('"text": "it\'s <b>"')
    expect(text).toContain(`mcp-optimizer call dmo.add --params '{"a":1,"text":"it'\\''s <b>"}'`)
  })

  it('of a program shows its source and its calls, and opens in the editor', async () => {
    await using front = await openFront()
    const code = 'const { sum } = await tools.demo.add({ a: 1, b: 2 })\nreturn sum.x.y'
    await front.gateway.execute({ code })
    const visitor = await front.logIn()
    const markup = await visitor.page(`/ui/operation?id=${await idOf(visitor, /const \{ sum \}/)}`)
    expect(textOf(markup)).toMatch(/PROGRAM_ERROR.*line 2.*Calls of tools.*demo\.add ok .*\{"a":1,"b":2\}/)
    const editor = /href="(\/ui\/code\?[^"]+)"/.exec(markup)?.[1] ?? ''
    expect(areasOf(await visitor.page(editor.replaceAll('&amp;', '&')))).toMatchObject({ code })
  })

  it('of a search shows its words, in the list too', async () => {
    await using front = await openFront()
    await front.gateway.search({ query: 'add numbers' })
    const visitor = await front.logIn()
    expect(textOf(await visitor.page('/ui'))).toMatch(/search add numbers ok/)
  })

  it('shows no secret of the configuration, and nobody what others did', async () => {
    const servers = {
      other: { type: 'stdio', command: 'no-such', env: { API_KEY: 'k3y-of-the-server-9f8e7d' } },
    } as const
    await using front = await openFront({ config: { servers } })
    await front.gateway.execute({ code: 'return "k3y-of-the-server-9f8e7d"' })
    const theirs = await front.gateway.execute({ code: 'return "theirs"' }, { principal: 'somebody else' })
    const visitor = await front.logIn()
    const own = await visitor.page(`/ui/operation?id=${await idOf(visitor, /return/)}`)
    expect(textOf(own)).toContain('return')
    expect(own).not.toContain('k3y-of-the-server')
    expect((await visitor.ask(`/ui/operation?id=${theirs.metadata.id}`)).status).toBe(404)
  })
})

describe('the servers', () => {
  const servers = {
    gone: { type: 'stdio', command: 'no-such-program', args: ['--token', 's3cret-of-the-line-5a6b'] },
  } as const

  it('are shown with state, calls, tokens and what is wrong', async () => {
    await using front = await openFront({ config: { servers } })
    await front.gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    await front.gateway.executeIntent({ intent: 'demo.fail' })
    const markup = await (await front.logIn()).page('/ui/servers')
    expect(textOf(markup)).toMatch(/demo ready 8 \d{2,3} 2 1 \(50\.0 %\) \d+ /)
    expect(textOf(markup)).toMatch(/gone failed 0 0 0 0 0 – .*no-such-program/)
    expect(markup).toMatch(/aria-label="Tokens of definitions by server: tokens\. demo \d+, gone 0"/)
  })

  it('have a page each: how they are reached, without secrets, and which tool is heavy', async () => {
    await using front = await openFront({ config: { servers } })
    await front.gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    const visitor = await front.logIn()
    expect(textOf(await visitor.page('/ui/servers?name=demo'))).toMatch(/8 tools .* add \d+ 1 0 \d+ /)
    const gone = await visitor.page('/ui/servers?name=gone')
    expect(textOf(gone)).toContain('reached by no-such-program --token')
    expect(gone).not.toContain('s3cret')
    expect((await visitor.ask('/ui/servers?name=<b>')).status).toBe(404)
  })
})

describe('the gateway', () => {
  it('shows stages, caches, sandboxes and the event loop', async () => {
    await using front = await openFront()
    await front.gateway.execute({ code: 'return 1' })
    const markup = await (await front.logIn()).page('/ui/gateway')
    const text = textOf(markup)
    expect(text).toMatch(/execute 1 [\d.]+ [\d.]+ [\d.]+/)
    expect(text).toMatch(/memory 0 0 – 0/)
    expect(text).toMatch(/Sandboxes busy 0 \/ [12]/)
    expect(markup.match(/<figure class="chart"/g)).toHaveLength(3)
  })
})

describe('the tools', () => {
  it('are listed with the signatures that agents see, page by page', async () => {
    const tools = Array.from({ length: 230 }, (_, at) => ({
      name: `tool_${String(at).padStart(3, '0')}`,
      description: `Does thing ${at}. At length.`,
      run: () => at,
    }))
    await using front = await openFront({ tools })
    const visitor = await front.logIn()
    const first = await visitor.page('/ui/tools')
    expect(textOf(first)).toContain('demo.tool_000() Does thing 0')
    expect(first).not.toContain('tool_100')
    const last = textOf(await visitor.page('/ui/tools?from=200'))
    expect(last).toContain('201 to 230 of 230')
    expect(last).toContain('tool_229')
    for (const from of ['-5', 'x', '1e9', '9999'])
      expect((await visitor.ask(`/ui/tools?from=${from}`)).status).toBe(200)
  })

  it('are found as an agent finds them, word for word', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const answer = await front.gateway.search({ query: 'add numbers' })
    const markup = await visitor.page('/ui/tools?q=add+numbers')
    const shown = /<pre>([^]*?)<\/pre>/.exec(markup)?.[1] ?? ''
    const words = (text: string): string => text.replace(/\s+/g, '')
    expect(answer.status === 'ok' && words(String(answer.data))).toBe(words(textOf(shown)))
    expect(shown).toContain('<a href="/ui/tools?name=demo.add">demo.add</a>')
    expect(textOf(await visitor.page('/ui/tools?q=zzz&server=none'))).toContain('UNKNOWN_SERVER')
  })

  it('have pages of their own; an unknown one is named with what is near', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const text = textOf(await visitor.page('/ui/tools?name=demo.add'))
    expect(text).toContain('demo.add({a: number; b: number})')
    expect(text).toContain('"additionalProperties": false')
    const response = await visitor.ask('/ui/tools?name=demo.ad')
    expect([response.status, textOf(await response.text())]).toEqual([400, expect.stringContaining('no such tool')])
  })
})

describe('running an intent by its form', () => {
  it('one that only reads runs at once; its examples fill the form', async () => {
    await using front = await openFront({ config: { intents: [intentFolder()] } })
    const visitor = await front.logIn()
    expect(textOf(await visitor.page('/ui/intents'))).toMatch(/first_rows\(\{n: number\}\).* The first rows only reads/)
    const form = await visitor.page('/ui/run?name=first_rows&example=0')
    expect(form).toMatch(/<input[^>]*name="p\.n"[^>]*type="number"[^>]*value="7"[^>]*step="1"[^>]*min="1"/)
    const answer = textOf(await visitor.submit(form, '/ui/run', { 'p.n': '3' }))
    expect(answer).toMatch(/Value \[ 0, 1, 2 \]/)
    expect(answer).toMatch(/calls of tools 1/)
  })

  it('one that may act asks first, with the very parameters, and then runs once however often it is sent', async () => {
    const { tool, calls } = counted()
    await using front = await openFront({ tools: [tool] })
    const visitor = await front.logIn()
    const asked = await visitor.submit(await visitor.page('/ui/run?name=demo.keep'), '/ui/run', {
      'p.note': 'two\r\nlines "quoted" <b>',
      'p.level': '4',
    })
    expect(textOf(asked)).toContain('Run it with these parameters?')
    expect(calls).toEqual([])
    const sealed = { ...hiddenFields(asked, '/ui/run'), step: 'run' }
    for (let time = 0; time < 3; time++)
      expect(textOf(await (await visitor.post('/ui/run', sealed)).text())).toContain('"kept": 1')
    expect(calls).toEqual([{ note: 'two\nlines "quoted" <b>', level: 4 }])
  })

  it('is asked again when the parameters are not those that were seen', async () => {
    const { tool, calls } = counted()
    await using front = await openFront({ tools: [tool, ...DEMO_TOOLS] })
    const [visitor, other] = [await front.logIn(), await front.logIn()]
    const confirm = async (from: Visitor): Promise<Record<string, string>> =>
      hiddenFields(
        await from.submit(await from.page('/ui/run?name=demo.keep'), '/ui/run', { 'p.note': 'a' }),
        '/ui/run',
      )
    const seen = await confirm(visitor)
    const others = await confirm(other)
    for (const forged of [
      { ...seen, params: '{"note":"b"}' },
      { ...seen, name: 'demo.wait' },
      { ...seen, seal: 'guess' },
      { ...seen, seal: others['seal'] ?? '' },
    ])
      expect(textOf(await (await visitor.post('/ui/run', { ...forged, step: 'run' })).text())).toContain(
        'Run it with these',
      )
    expect(calls).toEqual([])
    expect(areasOf(await (await visitor.post('/ui/run', { ...seen, step: 'edit' })).text())['p.note']).toBe('a')
    expect(calls).toEqual([])
  })

  it('says what is wrong at the field, and what the schema refuses, and keeps what was written', async () => {
    const { tool, calls } = counted()
    await using front = await openFront({ tools: [tool] })
    const visitor = await front.logIn()
    const form = await visitor.page('/ui/run?name=demo.keep')
    const wrong = await visitor.post('/ui/run', { ...hiddenFields(form, '/ui/run'), 'p.note': '\nx', 'p.tags': 'a, b' })
    const markup = await wrong.text()
    expect([wrong.status, markup]).toEqual([400, expect.stringMatching(/aria-invalid="true"/)])
    expect(areasOf(markup)).toMatchObject({ 'p.note': '\nx', 'p.tags': 'a, b' })
    const refused = await visitor.submit(form, '/ui/run', { json: '{"note": "", "more": 1}' })
    const answer = textOf(await visitor.submit(refused, '/ui/run', { step: 'run' }))
    expect(answer).toMatch(/INVALID_REQUEST.*more is not a known property/)
    expect(calls).toEqual([])
  })

  it('one that its server says only reads runs at once; only one that may destroy is asked for in red', async () => {
    const tools = [
      { name: 'look', annotations: { readOnlyHint: true }, run: () => 'seen' },
      { name: 'drop', annotations: { destructiveHint: true }, run: () => 'gone' },
    ]
    await using front = await openFront({ tools })
    const visitor = await front.logIn()
    const send = async (name: string): Promise<string> =>
      await visitor.submit(await visitor.page(`/ui/run?name=${name}`), '/ui/run', { json: '{}' })
    expect(textOf(await send('demo.look'))).toContain('seen')
    const asked = await send('demo.drop')
    expect(textOf(asked)).toContain('may destroy something')
    expect(asked).toContain('class="danger"')
  })

  it('leaves what is null by default empty, and keeps the lines of a description', async () => {
    const inputSchema = { type: 'object', properties: { note: { type: ['string', 'null'], default: null } } }
    const description = `First line\nSecond line ${'word '.repeat(400)}end`
    await using front = await openFront({ tools: [{ name: 'nil', description, inputSchema, run: () => 1 }] })
    const visitor = await front.logIn()
    expect(areasOf(await visitor.page('/ui/run?name=demo.nil'))['p.note']).toBe('')
    expect(await visitor.page('/ui/tools?name=demo.nil')).toMatch(/class="prose">First line\nSecond line (word )+end</)
  })

  it('is not there where the surface runs none', async () => {
    const { tool, calls } = counted()
    await using front = await openFront({ tools: [tool], surface: { mode: 'traditional' } })
    const visitor = await front.logIn()
    expect((await visitor.ask('/ui/run?name=demo.keep')).status).toBe(403)
    const fields = hiddenFields(await visitor.page('/ui/servers'), '/ui/logout')
    await visitor.post('/ui/run', { ...fields, name: 'demo.keep', json: '{"note":"a"}' })
    expect(calls).toEqual([])
  })
})

describe('the playground', () => {
  it('shows value, console, cost and session, and keeps state from program to program', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const code =
      '\nconsole.log("hello"); await state.set("n", ((await state.get("n")) ?? 0) + params.by)\nreturn { n: await state.get("n") }'
    const first = await visitor.submit(await visitor.page('/ui/code'), '/ui/code', { code, params: '{"by": 2}' })
    expect(textOf(first)).toMatch(/Value \{ "n": 2 \} Console hello What it cost time [\d.]+ ms/)
    expect(areasOf(first)).toMatchObject({ code, params: '{"by": 2}' })
    const session = /name="session"[^>]*value="([^"]+)"/.exec(first)?.[1] ?? ''
    expect(session).toMatch(/^s_/)
    const second = await visitor.submit(first, '/ui/code', { code, params: '{"by": 3}', session })
    expect(textOf(second)).toContain('"n": 5')
  })

  it('runs a program once when its form is sent again by a reload', async () => {
    const { tool, calls } = counted()
    await using front = await openFront({ tools: [tool] })
    const visitor = await front.logIn()
    const fields = {
      ...hiddenFields(await visitor.page('/ui/code'), '/ui/code'),
      code: 'return await tools.demo.keep({ note: "a" })',
    }
    await visitor.post('/ui/code', fields)
    expect(textOf(await (await visitor.post('/ui/code', fields)).text())).toContain('replayed')
    expect(calls).toHaveLength(1)
    await visitor.post('/ui/code', { ...fields, code: `${fields.code} ` })
    expect(calls).toHaveLength(2)
  })

  it('shows where a program failed, and what is no JSON', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const form = await visitor.page('/ui/code')
    expect(textOf(await visitor.submit(form, '/ui/code', { code: 'const a = null\na.x' }))).toMatch(
      /PROGRAM_ERROR.*line 2/,
    )
    expect(textOf(await visitor.submit(form, '/ui/code', { code: 'return 1', params: '[' }))).toContain(
      'cannot be read',
    )
    expect(textOf(await visitor.submit(form, '/ui/code', { code: 'return 1', timeoutMs: 'soon' }))).toContain(
      'timeoutMs',
    )
  })

  it('runs nothing where the surface runs no code', async () => {
    for (const surface of [{ programs: false }, { mode: 'lazy_loading' }, { mode: 'traditional' }] as const) {
      await using front = await openFront({ surface })
      const visitor = await front.logIn()
      const fields = hiddenFields(await visitor.page('/ui/servers'), '/ui/logout')
      const answer = await visitor.post('/ui/code', { ...fields, code: 'return 1' })
      expect(textOf(await answer.text())).toContain('runs no code')
      expect(front.gateway.metrics?.count('operation_ms')).toBe(0)
    }
  })
})

describe('stored results', () => {
  const code =
    'return Array.from({ length: 900 }, (_, id) => ({ id, title: `row ${id}`, body: "lorem ipsum ".repeat(8) }))'

  it('are read by page and part, searched and described', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    const run = await visitor.submit(await visitor.page('/ui/code'), '/ui/code', { code })
    const handle = /handle=(r_[0-9a-f]+)/.exec(run)?.[1] ?? ''
    const first = await visitor.page(`/ui/results?handle=${handle}`)
    expect(textOf(first)).toContain('items 1 to 50 of 900 · Next')
    expect(textOf(first)).toContain('Array<{id: number; title: string; body: string}>(900)')
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&offset=890&limit=5`))).toMatch(
      /items 891 to 895 of 900 · Before · Next .*row 890/,
    )
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&path=[3].title`))).toContain('row 3')
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&find=ROW+12`))).toMatch(
      /11 matches .*\[12\]\.title row 12/,
    )
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&find=ROW+12&matchCase=true`))).toContain('0 matches')
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&find=^row+1.$&regex=true`))).toContain('10 matches')
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&find=(&regex=true`))).toContain('RE2')
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}&limit=900`))).toContain('of 900 · Next')
  })

  it('are listed, each leading to its result', async () => {
    await using front = await openFront()
    const visitor = await front.logIn()
    expect(textOf(await visitor.page('/ui/results'))).toContain('None. What is too large')
    await front.gateway.execute({ code })
    const list = await visitor.page('/ui/results')
    const handle = /\/ui\/results\?handle=(r_[0-9a-f]+)/.exec(list)?.[1] ?? ''
    expect(textOf(list)).toMatch(/r_[0-9a-f]{14} [\d.]+ KiB/)
    expect(textOf(await visitor.page(`/ui/results?handle=${handle}`))).toContain('of 900')
  })

  it('of somebody else, and such that are none, are not found', async () => {
    await using front = await openFront()
    const theirs = await front.gateway.execute({ code }, { principal: 'somebody else' })
    const handle = theirs.status === 'ok' ? (theirs.data as { handle: string }).handle : ''
    const visitor = await front.logIn()
    for (const asked of [handle, 'r_00000000000000', '../../etc/passwd', '<b>'])
      expect(textOf(await visitor.page(`/ui/results?handle=${encodeURIComponent(asked)}`))).toContain('UNKNOWN_HANDLE')
  })
})

describe('the audit search', () => {
  it('has the filters of the command line, and shows nobody what others did', async () => {
    await using front = await openFront({ config: { audit: { enabled: true, folder: temporaryFolder() } } })
    const { gateway } = front
    await gateway.execute({ code: 'return (await tools.demo.add({ a: 1, b: 2 })).sum' })
    await gateway.executeIntent({ intent: 'demo.fail' })
    await gateway.executeIntent({ intent: 'demo.rows' }, { principal: 'somebody else' })
    const visitor = await front.logIn()
    const entries = async (query: string): Promise<string> =>
      textOf((await visitor.page(`/ui/audit?${query}`)).split('<caption>')[1] ?? '')
    expect(await entries('')).toMatch(/^4 entries/)
    expect(await entries('')).not.toContain('demo.rows')
    expect(await entries('principal=somebody+else')).not.toContain('demo.rows')
    expect(await entries('kind=call&tool=demo.a*')).toMatch(/^1 entry.*demo\.add ok/)
    expect(await entries('outcome=error')).toMatch(/^2 entries.*TOOL_ERROR/)
    expect(await entries('since=1h&limit=1')).toMatch(/^1 entry/)
    const operation = /operation=([0-9a-f]{16})/.exec(await visitor.page('/ui/audit?kind=code'))?.[1] ?? ''
    expect(await entries(`operation=${operation}`)).toMatch(/^2 entries/)
    expect(textOf(await visitor.page('/ui/audit?until=1h'))).toContain('No entry matches')
    const wrong = await visitor.ask('/ui/audit?since=yesterday&kind=x&limit=0')
    expect([wrong.status, textOf(await wrong.text())]).toEqual([
      400,
      expect.stringMatching(/since: found “yesterday”.*kind: found “x”.*limit: found “0”/),
    ])
  })

  it('says where no trail is written', async () => {
    await using front = await openFront()
    expect(textOf(await (await front.logIn()).page('/ui/audit'))).toContain('No audit trail is written')
  })
})

describe('texts of servers, programs and users', () => {
  const evil = `</textarea></pre><script>alert(1)</script><img src=x onerror=alert(1)>"'\u202e`
  const tools: MemoryTool[] = [
    {
      name: 'evil',
      title: evil,
      description: evil,
      inputSchema: {
        type: 'object',
        properties: { [evil]: { type: 'string', description: evil, default: evil, enum: [evil, 'b'] } },
      },
      run: () => ({ [evil]: evil }),
    },
    { name: 'fails', description: evil, run: () => Promise.reject(new Error(evil)) },
  ]

  it('become markup nowhere', async () => {
    const audit = { enabled: true, folder: temporaryFolder(), arguments: 'redacted' } as const
    await using front = await openFront({ tools, config: { audit } })
    const visitor = await front.logIn()
    const { id } = (await front.gateway.execute({ code: `throw new Error(${JSON.stringify(evil)})`, params: { evil } }))
      .metadata
    const call = (await front.gateway.executeIntent({ intent: 'demo.fails', params: { [evil]: evil } })).metadata.id
    await front.gateway.executeIntent({ intent: evil })
    const query = encodeURIComponent(evil)
    const pages = await Promise.all(
      [
        '/ui',
        '/ui/servers',
        '/ui/servers?name=demo',
        `/ui/servers?name=${query}`,
        `/ui/operation?id=${id}`,
        `/ui/operation?id=${call}`,
        `/ui/operation?id=${query}`,
        '/ui/gateway',
        `/ui?model=${query}`,
        `/ui/code?code=${query}&params=${query}`,
        `/ui/run?name=demo.evil&params=${query}`,
        '/ui/tools',
        '/ui/tools?name=demo.evil',
        `/ui/tools?q=${query}&server=${query}`,
        `/ui/tools?name=${query}`,
        '/ui/intents',
        '/ui/run?name=demo.evil',
        `/ui/run?name=${query}`,
        `/ui/results?handle=${query}&path=${query}&find=${query}`,
        '/ui/audit',
        `/ui/audit?tool=${query}&since=${query}&session=${query}`,
        `/ui/${query}?live=${query}`,
      ].map(async (path) => await visitor.page(path)),
    )
    const code = `console.log(${JSON.stringify(evil)}); try { await tools.demo.fails({}) } catch (error) { console.log(error.message) } return await tools.demo.evil({})`
    const form = await visitor.page('/ui/code')
    pages.push(await visitor.submit(form, '/ui/code', { code, session: '' }))
    pages.push(await visitor.submit(form, '/ui/code', { code: `throw new Error(${JSON.stringify(evil)})`, params: '' }))
    pages.push(await visitor.submit(form, '/ui/code', { code: evil, params: evil, session: evil, timeoutMs: evil }))
    const run = await visitor.submit(await visitor.page('/ui/run?name=demo.evil'), '/ui/run', {
      json: JSON.stringify({ [evil]: evil }),
    })
    pages.push(run, await visitor.submit(run, '/ui/run', { step: 'run' }))
    for (const markup of pages) {
      expect(markup).toContain('<!doctype html>')
      expect(markup).not.toMatch(/<script|<img|\son\w+=[^&]*alert\(1\)>/)
    }
  })
})
