import type { JsonObject } from '../../src/internal/json.ts'
import type { MemoryTool } from '../../src/upstream/memory.ts'

/** Servers of an office, with their state: what programs work with every day. */
export interface DailyServers {
  readonly servers: Readonly<Record<string, readonly MemoryTool[]>>
  /** The tools that were called, in order. */
  readonly calls: readonly string[]
  /** Everything is as in the beginning. */
  reset(): void
}

interface Issue {
  readonly id: number
  readonly title: string
  readonly labels: readonly string[]
  readonly assignee: { readonly login: string } | null
  readonly createdAt: string
  readonly points: number | null
  state: 'open' | 'closed'
  comments: string[]
}

const PEOPLE = ['ines', 'jon', 'mei', 'omar'] as const
const LABELS = ['bug', 'docs', 'ui', 'backend', 'flaky'] as const

function firstIssues(): Issue[] {
  return Array.from({ length: 37 }, (_, at) => ({
    id: at + 1,
    title: `${['Crash', 'Typo', 'Slow page', 'Wrong total', 'Missing link'][at % 5]} in ${['cart', 'login', 'search'][at % 3]}`,
    labels: LABELS.filter((_label, index) => (at * 7 + index * 3) % 4 === 0),
    assignee: at % 6 === 5 ? null : { login: PEOPLE[at % 4] ?? PEOPLE[0] },
    createdAt: new Date(Date.UTC(2026, 0, 1 + at * 5, at % 24, (at * 13) % 60)).toISOString(),
    points: at % 8 === 7 ? null : (at * 3) % 13,
    state: at % 3 === 0 ? 'closed' : 'open',
    comments: [],
  }))
}

const CUSTOMERS = [
  { id: 'c-01', name: 'Ångström AB', country: 'SE', tier: 'gold', email: 'Info@Angstrom.example' },
  { id: 'c-02', name: "O'Neil & Sons", country: 'IE', tier: 'silver', email: 'sales@oneil.example ' },
  { id: 'c-03', name: 'Bäckerei Müller', country: 'DE', tier: 'gold', email: 'mueller@baeckerei.example' },
  { id: 'c-04', name: '山田商店', country: 'JP', tier: 'bronze', email: 'yamada@shop.example' },
  { id: 'c-05', name: 'Zed "Z" Corp', country: 'US', tier: 'silver', email: 'INFO@ANGSTROM.EXAMPLE' },
  { id: 'c-06', name: 'Éclair, Inc.', country: 'FR', tier: 'bronze', email: null },
] as const

const ORDERS = Array.from({ length: 24 }, (_, at) => ({
  order_id: 9_000 + at,
  customer_id: `c-0${(at % 6) + 1}`,
  total: Math.round((19.99 + at * 7.35) * 100) / 100,
  currency: at % 5 === 4 ? 'EUR' : 'USD',
  placed_on: `2026-0${(at % 3) + 1}-${String((at * 5) % 28 || 28).padStart(2, '0')}`,
  status: ['paid', 'open', 'refunded'][at % 3],
}))

const FILES: Readonly<Record<string, string>> = {
  'notes/today.md':
    '# Today\n\n- [x] mail Ines\n- [ ] call **Omar**\n- [ ] fix `cart.ts`\n\n## Later\n\n1. holidays\n2. taxes\n',
  'data/sales.csv':
    'day,region,amount\n2026-03-01,north,120.50\n2026-03-01,south,"1,080.25"\n2026-03-02,north,99\n2026-03-02,"south, far",10\n',
  'data/people.tsv': 'name\tage\nAnn\t31\nBob\t\nCé\t44\n',
  'logs/app.log':
    '2026-03-01T08:00:00Z INFO started pid=12\n2026-03-01T08:00:04Z WARN slow query ms=830\n2026-03-01T08:01:09Z ERROR cannot reach db host=db1 code=ECONNREFUSED\n2026-03-01T08:01:10Z ERROR cannot reach db host=db1 code=ECONNREFUSED\n2026-03-01T08:02:00Z INFO recovered after=51s\n',
  'site/index.html':
    '<html><head><title>Shop &amp; Co</title></head><body><a href="/a?x=1&amp;y=2">A</a> <a href=\'/b\'>B</a></body></html>',
  'app/config.ini': '; main\n[db]\nhost = db1\nport=5432\n\n[mail]\nfrom = "Shop <shop@x.example>"\n',
  'package.json': '{"name": "cart", "version": "2.4.1", "dependencies": {"left": "^1.2.3", "right": "~0.4.0"}}',
  'src/cart.ts':
    "import { sum } from './sum'\n\n// TODO: taxes\nexport function total(items: number[]): number {\n  return sum(items) // TODO(jon): round\n}\n",
}

const EVENTS = [
  {
    id: 'e1',
    title: 'Stand-up',
    start: '2026-03-02T09:00:00Z',
    end: '2026-03-02T09:15:00Z',
    people: ['ines', 'jon', 'mei'],
  },
  { id: 'e2', title: 'Review', start: '2026-03-02T09:10:00Z', end: '2026-03-02T10:00:00Z', people: ['jon'] },
  { id: 'e3', title: 'Lunch', start: '2026-03-02T12:00:00Z', end: '2026-03-02T13:00:00Z', people: ['ines', 'omar'] },
  { id: 'e4', title: '1:1', start: '2026-03-03T16:30:00Z', end: '2026-03-03T17:00:00Z', people: ['mei', 'omar'] },
  { id: 'e5', title: 'Offsite', start: '2026-03-05', end: '2026-03-07', people: ['ines', 'jon', 'mei', 'omar'] },
] as const

export function createDailyServers(): DailyServers {
  let issues = firstIssues()
  let files = new Map(Object.entries(FILES))
  let messages: { channel: string; text: string }[] = []
  let tries = new Map<string, number>()
  let inFlight = 0
  let calls: string[] = []
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const nth = (key: string): number => {
    const count = (tries.get(key) ?? 0) + 1
    tries.set(key, count)
    return count
  }
  const issue = (id: unknown): Issue => {
    const found = issues.find((one) => one.id === Number(id))
    if (found === undefined) throw new Error(`404: there is no issue ${String(id)}`)
    return found
  }
  /** As text, as most servers answer. */
  const asText = (value: unknown): unknown => ({ content: [{ type: 'text', text: JSON.stringify(value) }] })

  const servers: Readonly<Record<string, readonly MemoryTool[]>> = {
    tracker: [
      tool(
        'list_issues',
        true,
        { page: 'integer', perPage: 'integer', state: 'string', label: 'string', assignee: 'string' },
        [],
        (input) => {
          const page = Number(input['page'] ?? 1)
          const perPage = Math.min(Number(input['perPage'] ?? 10), 20)
          const { state, label, assignee } = input
          const found = issues.filter(
            (one) =>
              (state === undefined || state === 'all' || one.state === state) &&
              (label === undefined || one.labels.includes(String(label))) &&
              (assignee === undefined || one.assignee?.login === assignee),
          )
          const items = found.slice((page - 1) * perPage, page * perPage)
          return { items, total: found.length, nextPage: page * perPage < found.length ? page + 1 : null }
        },
      ),
      tool('get_issue', true, { id: 'integer' }, ['id'], ({ id }) => issue(id)),
      tool('create_issue', false, { title: 'string', labels: 'array', assignee: 'string' }, ['title'], (input) => {
        if (String(input['title']).trim() === '') throw new Error('422: title is blank')
        const id = issues.length + 1
        const { title, labels = [], assignee } = input
        issues.push({
          id,
          title: String(title),
          labels: labels as string[],
          assignee: assignee === undefined ? null : { login: String(assignee) },
          createdAt: '2026-07-01T00:00:00.000Z',
          points: null,
          state: 'open',
          comments: [],
        })
        return { id, url: `https://tracker.example/i/${id}` }
      }),
      tool('close_issue', false, { id: 'integer', reason: 'string' }, ['id'], ({ id }) => {
        const found = issue(id)
        if (found.state === 'closed') throw new Error(`409: issue ${found.id} is closed already`)
        found.state = 'closed'
        return `Closed issue ${found.id}`
      }),
      tool('add_comment', false, { id: 'integer', text: 'string' }, ['id', 'text'], ({ id, text }) => {
        const found = issue(id)
        found.comments.push(String(text))
        return { id: found.id, comments: found.comments.length }
      }),
    ],
    crm: [
      tool('search_customers', true, { query: 'string', tier: 'string', cursor: 'string' }, [], (input) => {
        const from = Number(input['cursor'] ?? 0)
        const found = CUSTOMERS.filter(
          ({ name, tier }) =>
            (input['tier'] === undefined || tier === input['tier']) &&
            name.toLowerCase().includes(String(input['query'] ?? '').toLowerCase()),
        )
        const next = from + 2 < found.length ? String(from + 2) : undefined
        return asText({ results: found.slice(from, from + 2), ...(next !== undefined && { next_cursor: next }) })
      }),
      tool('get_customer', true, { id: 'string' }, ['id'], ({ id }) => {
        const found = CUSTOMERS.find((one) => one.id === id)
        if (found === undefined) throw new Error(`no customer "${String(id)}"`)
        return asText(found)
      }),
    ],
    db: [
      tool('query', true, { sql: 'string', params: 'array' }, ['sql'], ({ sql, params }) => {
        const text = String(sql)
        if (/from orders/i.test(text)) {
          const [customer] = (params as unknown[] | undefined) ?? []
          return asText(customer === undefined ? ORDERS : ORDERS.filter(({ customer_id }) => customer_id === customer))
        }
        if (/count\(\*\)/i.test(text)) return asText([{ 'count(*)': ORDERS.length }])
        if (/from big/i.test(text))
          return {
            content: [{ type: 'text', text: '[{"id": 9007199254740993, "n": 1}, {"id": 9007199254740995, "n": 2}]' }],
          }
        if (/from empty/i.test(text)) return asText([])
        throw new Error(`relation "${/from (\w+)/i.exec(text)?.[1] ?? '?'}" does not exist\nLINE 1: ${text}`)
      }),
    ],
    files: [
      tool('read_file', true, { path: 'string' }, ['path'], ({ path }) => {
        const text = files.get(String(path))
        if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${String(path)}'`)
        return { content: [{ type: 'text', text }] }
      }),
      tool('write_file', false, { path: 'string', content: 'string' }, ['path', 'content'], ({ path, content }) => {
        files.set(String(path), String(content))
        return `Wrote ${Buffer.byteLength(String(content))} bytes to ${String(path)}`
      }),
      tool('list_directory', true, { path: 'string' }, [], ({ path = '' }) =>
        [...new Set([...files.keys()].filter((one) => one.startsWith(String(path))))]
          .map((one) => `[FILE] ${one}`)
          .join('\n'),
      ),
    ],
    calendar: [
      tool('list_events', true, { from: 'string', to: 'string' }, [], ({ from, to }) => ({
        events: EVENTS.filter(
          ({ start }) => (from === undefined || start >= String(from)) && (to === undefined || start < String(to)),
        ),
      })),
    ],
    metrics: [
      tool('series', true, { name: 'string', points: 'integer' }, ['name'], ({ name, points = 12 }) => {
        if (name === 'unknown') throw new Error('series "unknown" was not found')
        return Array.from({ length: Number(points) }, (_, at) => ({
          t: 1_772_323_200 + at * 300,
          v: at % 5 === 3 ? null : Math.round(Math.sin(at) * 1_000) / 10,
        }))
      }),
      tool('flaky', true, { key: 'string', failures: 'integer' }, ['key'], ({ key, failures = 2 }) => {
        const at = nth(`flaky ${String(key)}`)
        if (at <= Number(failures)) throw new Error(`503: try again (attempt ${at})`)
        return { key, attempts: at }
      }),
      tool('limited', true, { n: 'integer' }, ['n'], async ({ n }) => {
        if (inFlight >= 3) throw new Error('429: too many requests, retry after 1 s')
        inFlight++
        await turn()
        await turn()
        inFlight--
        return { n, double: Number(n) * 2 }
      }),
      {
        ...tool('never', true, {}, [], () => undefined),
        run: (_input, { signal }) => {
          calls.push('metrics.never')
          return new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          )
        },
      },
    ],
    chat: [
      tool(
        'post_message',
        false,
        { channel: 'string', text: 'string' },
        ['channel', 'text'],
        async ({ channel, text }) => {
          await turn()
          if (channel === 'closed') throw new Error('channel_not_found')
          messages.push({ channel: String(channel), text: String(text) })
          return { ok: true, ts: `${1_700_000_000 + messages.length}.000100` }
        },
      ),
      tool('history', true, { channel: 'string' }, ['channel'], ({ channel }) =>
        messages.filter((one) => one.channel === channel).map(({ text }) => text),
      ),
    ],
  }
  for (const [server, tools] of Object.entries(servers))
    for (const one of tools as (MemoryTool & { run: MemoryTool['run'] })[]) {
      if (one.name === 'never') continue
      const { run } = one
      Object.assign(one, {
        run: (input: JsonObject, options: Parameters<MemoryTool['run']>[1]) => {
          calls.push(`${server}.${one.name}`)
          return run(input, options)
        },
      })
    }
  return {
    servers,
    get calls() {
      return calls
    },
    reset() {
      issues = firstIssues()
      files = new Map(Object.entries(FILES))
      messages = []
      tries = new Map()
      inFlight = 0
      calls = []
    },
  }
}

function tool(
  name: string,
  readOnlyHint: boolean,
  types: Readonly<Record<string, string>>,
  required: readonly string[],
  run: (input: JsonObject) => unknown,
): MemoryTool {
  return {
    name,
    description: name.replaceAll('_', ' '),
    annotations: { readOnlyHint },
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(types).map(([key, type]) => [key, { type }])),
      required: [...required],
    },
    run,
  }
}
