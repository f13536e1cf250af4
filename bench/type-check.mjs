// The check of types before a program runs: its process, warm, against 200 tools, half of the programs with a mistake.
//   node bench/type-check.mjs [--json FILE] [--quick]
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createReport, jsonFile, quantile } from './report.mjs'

Symbol.asyncDispose ??= Symbol('asyncDispose')
const { createTypeChecker } = await import('../dist/catalog/type-check/checker.js')
const { createCatalog } = await import('../dist/catalog/snapshot.js')
const { declarations } = await import('../dist/catalog/declarations.js')
const require = createRequire(import.meta.url)
const checks = process.argv.includes('--quick') ? 50 : 300
const report = createReport()

const text = (description) => ({ type: 'string', description })
const tools = Array.from({ length: 200 }, (_, index) => ({
  name: `tool_${index}`,
  description: `Does thing ${index} to a record, and tells what became of it.`,
  inputSchema: {
    type: 'object',
    properties: {
      project: text('The project that the record belongs to'),
      [`field_${index}`]: text('What is to be changed'),
      state: { enum: ['open', 'closed', 'all'] },
      limit: { type: 'integer', description: 'At most so many', default: 20 },
      labels: { type: 'array', items: { type: 'string' } },
      filter: { type: 'object', properties: { author: text('Login'), since: text('ISO date') } },
    },
    required: ['project'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      total: { type: 'number' },
      items: { type: 'array', items: { type: 'object', properties: { id: { type: 'number' }, title: text('Title') } } },
    },
  },
}))
const catalog = createCatalog({ servers: [{ name: 'records', state: 'ready', tools }], intents: [] })

const source = (index) => `interface Line { id: number; title: string }
const found = await tools.records.tool_${index % 200}({ project: params.project, state: 'open', limit: ${index} })
const lines: Line[] = []
for (const { id, title } of found.items) {
  if (title.startsWith('x')) continue
  const more = await tools.records.tool_${(index + 1) % 200}({ project: params.project, labels: [title] })
  lines.push({ id, title: \`\${title} (\${more.total})\` })
}
const byId = new Map(lines.map((line) => [line.id, line]))
return { n: byId.size, lines: lines.slice(0, 5).map(({ id, title }) => ({ id, title })) }`
const wrong = (index) => source(index).replace('labels: [title]', 'lables: [title]')

async function measure(checker, program) {
  const start = performance.now()
  const { status } = await checker.check({ source: program }, catalog)
  return { status, ms: performance.now() - start }
}

const start = performance.now()
const size = declarations(catalog, { untyped: 'any' }).length
report.note(`typings of 200 tools (${Math.round(size / 1_000)} KB), once a catalog`, performance.now() - start, 'ms')
const checker = createTypeChecker()
report.note('first check, start of the process included', (await measure(checker, source(0))).ms, 'ms')
for (let index = 0; index < 30; index++) await measure(checker, index % 2 === 0 ? source(index) : wrong(index))
const right = []
const mistaken = []
for (let index = 0; index < checks; index++) {
  const good = await measure(checker, source(index))
  const bad = await measure(checker, wrong(index))
  if (good.status !== 'ok' || bad.status !== 'errors') throw new Error(`found ${good.status} and ${bad.status}`)
  right.push(good.ms)
  mistaken.push(bad.ms)
}
const all = [...right, ...mistaken]
report.most('warm check, half with a mistake: P50', quantile(all, 0.5), 'ms', 10)
report.note('  P95', quantile(all, 0.95), 'ms')
report.note('  right programs: P50', quantile(right, 0.5), 'ms')
report.note('  mistaken ones, explained with the fields there are: P50', quantile(mistaken, 0.5), 'ms')
if (process.platform === 'linux') report.note('check process and compiler, resident', descendants(process.pid), 'MB')
await checker[Symbol.asyncDispose]()
const byCommand = createTypeChecker({ compiler: 'command' })
await measure(byCommand, source(0))
const times = []
for (let index = 0; index < 5; index++) times.push((await measure(byCommand, source(index))).ms)
report.note('the way out, tsc -p: P50', quantile(times, 0.5), 'ms')
await byCommand[Symbol.asyncDispose]()
report.finish({ typescript: require('../node_modules/typescript/package.json').version }, jsonFile())

function descendants(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return children.reduce((sum, child) => {
    const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]) / 1_000
    return sum + own + descendants(child)
  }, 0)
}
