import { describe } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()

// Each is run in Node.js as well: value and calls must be the same.

describe('programs that list, filter, sort, group, join and add up', () => {
  world.asNode([
    [
      'all pages, then open bugs by assignee',
      `const all = []
let page = 1
while (page) {
  const { items, nextPage } = await tools.tracker.list_issues({ page, perPage: 20 })
  all.push(...items)
  page = nextPage
}
const byPerson = {}
for (const issue of all.filter((i) => i.state === 'open' && i.labels.includes('bug'))) {
  const who = issue.assignee?.login ?? 'nobody'
  ;(byPerson[who] ??= []).push(issue.id)
}
return byPerson`,
    ],
    [
      'a do-while with a null cursor',
      `let cursor = null, names = []
do {
  const r = await tools.crm.search_customers(cursor === null ? {} : { cursor })
  names = names.concat(r.results.map((c) => c.name))
  cursor = r.next_cursor ?? null
} while (cursor)
return names`,
    ],
    [
      'pages by a recursive function',
      `async function pagesFrom(page) {
  const { items, nextPage } = await tools.tracker.list_issues({ page })
  return nextPage === null ? items : [...items, ...(await pagesFrom(nextPage))]
}
return (await pagesFrom(1)).map(({ id, points }) => [id, points])`,
    ],
    [
      'pages by an async generator',
      `async function* issues(filter = {}) {
  for (let page = 1; page !== null;) {
    const answer = await tools.tracker.list_issues({ ...filter, page, perPage: 5 })
    yield* answer.items
    page = answer.nextPage
  }
}
const titles = []
for await (const { title } of issues({ state: 'closed' })) {
  if (titles.length === 7) break
  titles.push(title)
}
return titles`,
    ],
    [
      'the number of pages first, then all at once',
      `const first = await tools.tracker.list_issues({ perPage: 10 })
const pages = Math.ceil(first.total / 10)
const rest = await Promise.all(Array.from({ length: pages - 1 }, (_, i) => tools.tracker.list_issues({ page: i + 2, perPage: 10 })))
const all = [first, ...rest].flatMap((r) => r.items)
return { pages, count: all.length, points: all.reduce((sum, i) => sum + (i.points ?? 0), 0), unestimated: all.filter((i) => i.points == null).map((i) => i.id) }`,
    ],
    [
      'orders joined with customers',
      `const orders = await tools.db.query({ sql: 'SELECT * FROM orders' })
const ids = [...new Set(orders.map((o) => o.customer_id))]
const customers = new Map((await Promise.all(ids.map((id) => tools.crm.get_customer({ id })))).map((c) => [c.id, c]))
return orders
  .filter((o) => o.status !== 'refunded')
  .map((o) => ({ order: o.order_id, customer: customers.get(o.customer_id).name, tier: customers.get(o.customer_id).tier, total: o.total }))
  .sort((a, b) => b.total - a.total)
  .slice(0, 5)`,
    ],
    [
      'revenue by country and month as a pivot table',
      `const rows = await tools.db.query({ sql: 'select * from orders' })
const countries = {}
for (const { customer_id: id } of rows) countries[id] ||= (await tools.crm.get_customer({ id })).country
const pivot = rows.reduce((table, row) => {
  const month = row.placed_on.slice(0, 7)
  const line = (table[countries[row.customer_id]] = table[countries[row.customer_id]] || {})
  line[month] = Math.round(((line[month] || 0) + row.total) * 100) / 100
  return table
}, {})
return Object.entries(pivot).sort(([a], [b]) => a.localeCompare(b)).map(([country, months]) => ({ country, ...months }))`,
    ],
    [
      'an average, a median and a percentile',
      `const points = (await tools.metrics.series({ name: 'cpu', points: 40 })).map((p) => p.v).filter((v) => v !== null)
const sorted = [...points].sort((a, b) => a - b)
const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
return { mean: +(points.reduce((a, b) => a + b, 0) / points.length).toFixed(3), median: at(0.5), p95: at(0.95), max: Math.max(...points), gaps: 40 - points.length }`,
    ],
    [
      'a moving average over a series with gaps',
      `const series = await tools.metrics.series({ name: 'cpu' })
let last = 0
const filled = series.map(({ t, v }) => ({ t: new Date(t * 1000).toISOString().slice(11, 16), v: (last = v ?? last) }))
return filled.map((p, i, all) => {
  const window = all.slice(Math.max(0, i - 2), i + 1)
  return [p.t, (window.reduce((s, w) => s + w.v, 0) / window.length).toFixed(2)]
})`,
    ],
    [
      'labels counted and ranked',
      `const { items } = await tools.tracker.list_issues({ perPage: 20, state: 'all' })
const counts = new Map()
items.flatMap((i) => i.labels).forEach((l) => counts.set(l, (counts.get(l) ?? 0) + 1))
return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([label, n]) => \`\${label}: \${n}\`).join('\\n')`,
    ],
    [
      'duplicates by a normalised key',
      `const seen = {}
for (let c = undefined, first = true; first || c; first = false) {
  const r = await tools.crm.search_customers(c ? { cursor: c } : {})
  for (const { id, email } of r.results) { const k = (email || '').trim().toLowerCase(); if (k) (seen[k] = seen[k] || []).push(id) }
  c = r.next_cursor
}
return Object.fromEntries(Object.entries(seen).filter(([, ids]) => ids.length > 1))`,
    ],
    [
      'sorting by several keys',
      `const r = await tools.tracker.list_issues({ perPage: 20 })
return r.items
  .sort((a, b) => a.state.localeCompare(b.state) || (b.points ?? -1) - (a.points ?? -1) || new Date(a.createdAt) - new Date(b.createdAt))
  .map((i) => i.state[0] + ':' + i.points + ':' + i.id)
  .join(' ')`,
    ],
    [
      'a difference of two lists',
      `const [open, bugs] = await Promise.all([tools.tracker.list_issues({ state: 'open', perPage: 20 }), tools.tracker.list_issues({ label: 'bug', perPage: 20 })])
const bugIds = new Set(bugs.items.map((i) => i.id))
const openIds = open.items.map((i) => i.id)
return { both: openIds.filter((id) => bugIds.has(id)), onlyOpen: openIds.filter((id) => !bugIds.has(id)) }`,
    ],
    [
      'a histogram drawn in text',
      `const rows = await tools.db.query({ sql: 'select total from orders' })
const buckets = Array(5).fill(0)
rows.forEach((r) => buckets[Math.min(4, Math.floor(r.total / 40))]++)
return buckets.map((n, i) => \`\${String(i * 40).padStart(3)}-\${String(i * 40 + 39).padEnd(3)} | \${'#'.repeat(n)}\`).join('\\n')`,
    ],
    [
      'a tree made of flat rows',
      `const files = (await tools.files.list_directory({})).split('\\n').map((l) => l.replace('[FILE] ', ''))
const tree = {}
for (const path of files) path.split('/').reduce((node, part, i, parts) => (node[part] ??= i === parts.length - 1 ? null : {}), tree)
return tree`,
    ],
    [
      'only the totals, by rest and spread',
      `const { items, ...rest } = await tools.tracker.list_issues({ state: 'open', assignee: params.who })
const [first, ...others] = items
return { ...rest, first: first?.id, others: others.length }`,
    ],
    [
      'nested optional fields',
      `const { items } = await tools.tracker.list_issues({ page: 1, perPage: 6 })
return items.map((i) => i?.assignee?.login?.toUpperCase?.() ?? i.comments?.[0] ?? '-')`,
    ],
    [
      'an object of promises awaited by name',
      `const wanted = { open: tools.tracker.list_issues({ state: 'open' }), closed: tools.tracker.list_issues({ state: 'closed' }), rows: tools.db.query({ sql: 'select count(*) from orders_view' }) }
const done = Object.fromEntries(await Promise.all(Object.entries(wanted).map(async ([k, p]) => [k, await p])))
return { open: done.open.total, closed: done.closed.total, orders: done.rows[0]['count(*)'] }`,
    ],
    [
      'a free slot between meetings',
      `const { events } = await tools.calendar.list_events({ from: '2026-03-02', to: '2026-03-03' })
const busy = events.map((e) => [Date.parse(e.start), Date.parse(e.end)]).sort((a, b) => a[0] - b[0])
const merged = []
for (const [s, e] of busy) {
  const last = merged[merged.length - 1]
  if (last && s <= last[1]) last[1] = Math.max(last[1], e)
  else merged.push([s, e])
}
const free = []
let at = Date.parse('2026-03-02T08:00:00Z')
for (const [s, e] of [...merged, [Date.parse('2026-03-02T18:00:00Z'), 0]]) { if (s - at >= 30 * 60_000) free.push([new Date(at).toISOString(), (s - at) / 60000]); at = e }
return free`,
    ],
    [
      'meetings that overlap',
      `const { events } = await tools.calendar.list_events({})
const clashes = []
events.forEach((a, i) => events.slice(i + 1).forEach((b) => {
  const who = a.people.filter((p) => b.people.includes(p))
  if (who.length && new Date(a.start) < new Date(b.end) && new Date(b.start) < new Date(a.end)) clashes.push({ a: a.id, b: b.id, who })
}))
return clashes`,
    ],
  ])
})

describe('programs that act', () => {
  world.asNode([
    [
      'one after the other',
      `const made = []
for (const title of ['Rotate keys', 'Renew certificate', 'Check backups']) {
  const { id } = await tools.tracker.create_issue({ title, labels: ['ops'], assignee: 'omar' })
  await tools.tracker.add_comment({ id, text: 'filed by a program' })
  made.push(id)
}
return { made, check: (await tools.tracker.get_issue({ id: made.at(-1) })).comments }`,
    ],
    [
      'all at once',
      `const ids = [2, 3, 5, 6]
const answers = await Promise.all(ids.map((id) => tools.tracker.close_issue({ id, reason: 'stale' })))
return answers`,
    ],
    [
      'in chunks',
      `const chunk = (list, size) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
const out = []
for (const part of chunk([...Array(10).keys()], 3)) out.push(...(await Promise.all(part.map((n) => tools.metrics.limited({ n })))).map((r) => r.double))
return out`,
    ],
    [
      'with workers that share a queue',
      `const queue = Array.from({ length: 9 }, (_, i) => i)
const results = []
const worker = async () => { while (queue.length) { const n = queue.shift(); results.push((await tools.metrics.limited({ n })).double) } }
await Promise.all([worker(), worker(), worker()])
return results.sort((a, b) => a - b)`,
    ],
    [
      'allSettled, told in two lists',
      `const outcomes = await Promise.allSettled([1, 2, 4, 999].map((id) => tools.tracker.close_issue({ id })))
return {
  done: outcomes.filter((o) => o.status === 'fulfilled').map((o) => o.value),
  failed: outcomes.flatMap((o, i) => (o.status === 'rejected' ? [i] : [])),
}`,
    ],
    [
      'catching each failure',
      `const report = []
for (const id of ['c-01', 'c-99', 'c-03']) {
  try {
    report.push((await tools.crm.get_customer({ id })).name)
  } catch (e) {
    report.push(e instanceof Error ? 'failed' : 'odd')
  }
}
return report`,
    ],
    [
      'reading the reason of a failure',
      `try { await tools.tracker.get_issue({ id: 404 }) } catch (error) { return /there is no issue (\\d+)/.exec(error.message)[1] }`,
    ],
    [
      'finally, and the error goes on to an outer handler',
      `const steps = []
async function inner() {
  try { steps.push('open'); await tools.tracker.close_issue({ id: 1 }) } finally { steps.push('cleanup') }
}
try { await inner(); steps.push('not here') } catch { steps.push('caught') }
return steps`,
    ],
    [
      'a finally that returns',
      `const f = async () => { try { return await tools.db.query({ sql: 'select 1 from nowhere' }) } catch { return 'fallback' } finally { await tools.chat.post_message({ channel: 'ops', text: 'looked' }) } }
return [await f(), await tools.chat.history({ channel: 'ops' })]`,
    ],
    [
      'trying again with back-off',
      `async function retry(fn, { tries = 4, base = 1 } = {}) {
  for (let attempt = 0; ; attempt++) {
    try { return await fn() } catch (e) {
      if (attempt + 1 >= tries || !/^.*503/.test(e.message)) throw e
      await sleep(base * 2 ** attempt)
    }
  }
}
return await retry(() => tools.metrics.flaky({ key: 'a', failures: 3 }))`,
    ],
    [
      'trying again with a timer of its own making',
      `const wait = (ms) => new Promise((r) => setTimeout(r, ms))
let lastError
for (let i = 0; i < 5; i++) {
  try { const r = await tools.metrics.flaky({ key: 'b', failures: 2 }); return { ...r, after: i } } catch (err) { lastError = err; await wait(2) }
}
throw lastError`,
    ],
    [
      'giving up and saying so',
      `let attempts = 0, ok = false
while (!ok && attempts < 3) { attempts++; try { await tools.metrics.flaky({ key: 'c', failures: 9 }); ok = true } catch {} }
return { ok, attempts }`,
    ],
    [
      'a rate limit that is met and waited for',
      `const done = [], later = []
await Promise.all([1, 2, 3, 4, 5, 6].map(async (n) => { try { done.push((await tools.metrics.limited({ n })).n) } catch (e) { if (!String(e).includes('429')) throw e; later.push(n) } }))
for (const n of later) { await sleep(1); done.push((await tools.metrics.limited({ n })).n) }
return done.sort()`,
    ],
    [
      'a dry run',
      `const dryRun = true
const { items } = await tools.tracker.list_issues({ state: 'open', label: 'flaky', perPage: 20 })
const plan = items.filter((i) => Date.parse(i.createdAt) < Date.UTC(2026, 2, 1)).map((i) => ({ id: i.id, action: 'close' }))
if (!dryRun) for (const { id } of plan) await tools.tracker.close_issue({ id })
return { dryRun, plan }`,
    ],
    [
      'upserts by what exists',
      `const existing = new Map((await tools.tracker.list_issues({ perPage: 20 })).items.map((i) => [i.title, i.id]))
const results = {}
for (const title of ['Crash in cart', 'Brand new thing']) results[title] = existing.has(title) ? (await tools.tracker.add_comment({ id: existing.get(title), text: 'again' })).comments : (await tools.tracker.create_issue({ title })).id
return results`,
    ],
    [
      'a file read, changed and written',
      `const path = 'src/cart.ts'
const before = await tools.files.read_file({ path })
const after = before.replace(/\\/\\/ TODO(\\((\\w+)\\))?: (.*)/g, (_, __, who, what) => \`// FIXME \${what}\${who ? ' @' + who : ''}\`)
const said = await tools.files.write_file({ path, content: after })
return { said, after: await tools.files.read_file({ path }) }`,
    ],
    [
      'a version raised in a JSON file',
      `const pkg = await tools.files.read_file({ path: 'package.json' })
const manifest = typeof pkg === 'string' ? JSON.parse(pkg) : pkg
const [major, minor, patch] = manifest.version.split('.').map(Number)
manifest.version = [major, minor, patch + 1].join('.')
await tools.files.write_file({ path: 'package.json', content: JSON.stringify(manifest, null, 2) + '\\n' })
const again = await tools.files.read_file({ path: 'package.json' })
return (typeof again === 'string' ? JSON.parse(again) : again).version`,
    ],
    [
      'messages with mentions and emoji',
      `for (const who of ['ines', 'jon']) await tools.chat.post_message({ channel: 'team', text: \`👋 <@\${who}> — “ready”?\\nline 2\\ttab \\\\ "quoted" 👩‍💻\` })
return await tools.chat.history({ channel: 'team' })`,
    ],
    [
      'a message that is longer than a page',
      `const text = Array.from({ length: 3000 }, (_, i) => 'line ' + i + ' äöü 😀').join('\\n')
await tools.chat.post_message({ channel: 'long', text })
const [back] = await tools.chat.history({ channel: 'long' })
return [back === text, back.length]`,
    ],
    [
      'a plan of steps as data',
      `const steps = [
  { tool: 'create_issue', args: { title: 'From a plan' } },
  { tool: 'add_comment', args: (prev) => ({ id: prev.id, text: 'step 2' }) },
  { tool: 'close_issue', args: ({ id }) => ({ id }) },
]
let prev
for (const { tool, args } of steps) prev = await tools.tracker[tool](typeof args === 'function' ? args(prev) : args)
return prev`,
    ],
    [
      'tools passed to a helper',
      `const safely = async (fn, args, fallback) => { try { return await fn(args) } catch { return fallback } }
const { get_customer: get } = tools.crm
return [await safely(get, { id: 'c-02' }, null), await safely(get, { id: 'x' }, 'none'), await safely(tools.tracker.get_issue, { id: -1 }, 0)]`,
    ],
    [
      'memoised look-ups',
      `const cache = new Map()
const customer = (id) => cache.get(id) ?? cache.set(id, tools.crm.get_customer({ id })).get(id)
const orders = await tools.db.query({ sql: 'select * from orders' })
const names = await Promise.all(orders.slice(0, 12).map(async (o) => (await customer(o.customer_id)).country))
return { names: names.join(), lookups: cache.size }`,
    ],
    [
      'reduce over promises',
      `const total = await ['c-01', 'c-02'].reduce(async (sum, id) => (await sum) + (await tools.db.query({ sql: 'select * from orders where customer_id = $1', params: [id] })).length, Promise.resolve(0))
return total`,
    ],
    [
      'then and catch chains',
      `return tools.tracker.get_issue({ id: 3 })
  .then((issue) => tools.tracker.get_issue({ id: issue.id * 1000 }))
  .then(() => 'found', () => 'not found')
  .then((text) => text.toUpperCase())
  .finally(() => console.log('done'))`,
    ],
  ])
})

describe('programs that make and read texts', () => {
  world.asNode([
    [
      'CSV with quotes and commas',
      `const text = await tools.files.read_file({ path: 'data/sales.csv' })
const parseLine = (line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((m) => m[1].replace(/^"|"$/g, '').replaceAll('""', '"')).slice(0, -1)
const [head, ...rows] = text.trim().split('\\n').map((l) => l.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((c) => c.replace(/^"|"$/g, '')))
const records = rows.map((r) => Object.fromEntries(head.map((h, i) => [h, r[i]])))
return { sum: records.reduce((s, r) => s + Number(r.amount.replace(',', '')), 0), regions: records.map((r) => r.region), fields: parseLine('a,"b,c",d').length }`,
    ],
    [
      'CSV out of rows',
      `const rows = (await tools.db.query({ sql: 'select * from orders' })).slice(0, 3)
const people = await Promise.all(rows.map((r) => tools.crm.get_customer({ id: r.customer_id })))
const quote = (v) => (/[",\\n]/.test(String(v)) ? \`"\${String(v).replace(/"/g, '""')}"\` : String(v ?? ''))
return [['order', 'customer', 'total'], ...rows.map((r, i) => [r.order_id, people[i].name, r.total])].map((l) => l.map(quote).join(',')).join('\\r\\n')`,
    ],
    [
      'tabs and missing values',
      `const [head, ...lines] = (await tools.files.read_file({ path: 'data/people.tsv' })).trimEnd().split('\\n')
const ages = lines.map((l) => l.split('\\t')[1]).map((a) => (a === '' ? null : parseInt(a, 10)))
return { head: head.split('\\t'), ages, mean: ages.filter((a) => a !== null).reduce((a, b, _i, l) => a + b / l.length, 0) }`,
    ],
    [
      'a markdown table',
      `const { items } = await tools.tracker.list_issues({ perPage: 4 })
const head = ['id', 'title', 'who']
const table = [head, head.map(() => '---'), ...items.map((i) => [i.id, i.title.replace(/\\|/g, '\\\\|'), i.assignee?.login ?? ''])]
return table.map((r) => '| ' + r.join(' | ') + ' |').join('\\n')`,
    ],
    [
      'check boxes of markdown',
      `const md = await tools.files.read_file({ path: 'notes/today.md' })
const tasks = [...md.matchAll(/^- \\[( |x)\\] (.+)$/gm)].map(([, mark, text]) => ({ done: mark === 'x', text: text.replace(/[*\`]/g, '') }))
const headings = md.match(/^#+ .*$/gm).map((h) => ({ level: h.match(/^#+/)[0].length, text: h.replace(/^#+ /, '') }))
return { tasks, headings, next: md.replace('- [ ]', '- [x]').split('\\n')[3] }`,
    ],
    [
      'links of HTML',
      `const html = await tools.files.read_file({ path: 'site/index.html' })
const decode = (s) => s.replace(/&(amp|lt|gt|quot|#39);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[e])
return { title: decode(/<title>(.*?)<\\/title>/s.exec(html)[1]), links: [...html.matchAll(/<a\\s+href=(["'])(.*?)\\1[^>]*>(.*?)<\\/a>/g)].map((m) => ({ href: decode(m[2]), text: m[3] })), text: html.replace(/<[^>]+>/g, ' ').replace(/\\s+/g, ' ').trim() }`,
    ],
    [
      'HTML out of data',
      `const esc = (s) => String(s).replace(/[&<>"']/g, (c) => \`&#\${c.charCodeAt(0)};\`)
const c = await tools.crm.get_customer({ id: 'c-05' })
return \`<ul>\${Object.entries(c).map(([k, v]) => \`<li><b>\${esc(k)}</b>: \${esc(v)}</li>\`).join('')}</ul>\``,
    ],
    [
      'an INI file',
      `const ini = await tools.files.read_file({ path: 'app/config.ini' })
let section = ''
const config = {}
for (const raw of ini.split(/\\r?\\n/)) {
  const line = raw.trim()
  if (!line || /^[;#]/.test(line)) continue
  const head = line.match(/^\\[(.+)\\]$/)
  if (head) { section = head[1]; config[section] = {}; continue }
  const [key, ...rest] = line.split('=')
  const value = rest.join('=').trim().replace(/^"(.*)"$/, '$1')
  config[section][key.trim()] = /^\\d+$/.test(value) ? Number(value) : value
}
return config`,
    ],
    [
      'a log summed up',
      `const log = await tools.files.read_file({ path: 'logs/app.log' })
const re = /^(?<time>\\S+) (?<level>[A-Z]+) (?<text>.*?)(?<rest>(?: \\w+=\\S+)*)$/
const entries = log.split('\\n').filter(Boolean).map((line) => { const { time, level, text, rest } = line.match(re).groups; return { time: Date.parse(time), level, text, ...Object.fromEntries(rest.trim().split(' ').map((p) => p.split('='))) } })
const by = entries.reduce((acc, e) => ({ ...acc, [e.level]: (acc[e.level] ?? 0) + 1 }), {})
return { by, downSeconds: (entries.at(-1).time - entries.find((e) => e.level === 'ERROR').time) / 1000, last: entries.at(-1) }`,
    ],
    [
      'words counted',
      `const md = await tools.files.read_file({ path: 'notes/today.md' })
const words = md.toLowerCase().match(/\\p{L}+/gu) ?? []
return Object.entries(words.reduce((c, w) => { c[w] = (c[w] || 0) + 1; return c }, Object.create(null))).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 4)`,
    ],
    [
      'a template with placeholders',
      `const template = 'Dear {{ name }}, your {{tier}} status ({{ missing }}) since {{ year }}.'
const c = await tools.crm.get_customer({ id: 'c-03' })
return template.replace(/\\{\\{\\s*(\\w+)\\s*\\}\\}/g, (all, key) => ({ ...c, year: 2026 })[key] ?? all)`,
    ],
    [
      'a diff of two texts by lines',
      `const a = (await tools.files.read_file({ path: 'notes/today.md' })).split('\\n')
const b = a.filter((l) => !l.startsWith('## ')).map((l) => l.replace('holidays', 'vacation'))
const lcs = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0))
for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) lcs[i][j] = a[i] === b[j] ? lcs[i + 1][j + 1] + 1 : Math.max(lcs[i + 1][j], lcs[i][j + 1])
const out = []
let i = 0, j = 0
while (i < a.length || j < b.length) {
  if (i < a.length && j < b.length && a[i] === b[j]) { i++; j++ }
  else if (j < b.length && (i === a.length || lcs[i][j + 1] >= lcs[i + 1][j])) out.push('+' + b[j++])
  else out.push('-' + a[i++])
}
return out`,
    ],
    [
      'a source file written with imports in it',
      "const name = 'total'\nconst code = `import { ${name} } from './cart.js'\nimport assert from 'node:assert'\n\nexport default async function check() {\n  assert.equal(${name}([1, 2]), 3)\n}\n`\nawait tools.files.write_file({ path: 'test/cart.test.js', content: code })\nreturn await tools.files.read_file({ path: 'test/cart.test.js' })",
    ],
    [
      'a shell script and YAML in templates',
      "const yaml = `on: push\njobs:\n  build:\n    steps:\n      - run: |\n          echo \"\\${{ github.ref }}\" && exit 0\n`\nconst sh = `#!/usr/bin/env bash\nset -euo pipefail\nfor f in *.md; do echo \"\\$f\"; done\n`\nawait tools.files.write_file({ path: 'ci.yml', content: yaml })\nawait tools.files.write_file({ path: 'run.sh', content: sh })\nreturn [await tools.files.read_file({ path: 'ci.yml' }), await tools.files.read_file({ path: 'run.sh' })]",
    ],
    [
      'Python written to a file',
      "await tools.files.write_file({ path: 'a.py', content: `import os\nfrom sys import argv\n\ndef main():\n    print(f\"{argv[0]}\")\n\nif __name__ == '__main__':\n    main()\n` })\nreturn (await tools.files.read_file({ path: 'a.py' })).split('\\n').length",
    ],
    [
      'a query put together',
      `const where = { customer_id: 'c-02', status: ['open', "it's"], missing: undefined }
const parts = Object.entries(where).filter(([, v]) => v !== undefined).map(([k, v]) => Array.isArray(v) ? \`\${k} in (\${v.map((x) => \`'\${x.replace(/'/g, "''")}'\`).join(', ')})\` : \`\${k} = '\${v}'\`)
const sql = \`select * from orders where \${parts.join(' and ')}\`
return { sql, rows: (await tools.db.query({ sql, params: ['c-02'] })).length }`,
    ],
  ])
})
