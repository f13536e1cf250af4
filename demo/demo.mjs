// The list, detail and analysis scenarios and four more on real MCP servers, through the gateway as an MCP client would,
// beside what a client pays that hands over all definitions. Exits with 1 when an answer is wrong.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { sentryServerArguments, startFakeSentry } from './fake-sentry.mjs'
import { lookOf } from '../dist/cli/look.js'
import { tableText } from '../dist/cli/table.js'

const server = (name) => fileURLToPath(new URL(`../node_modules/${name}/dist/index.js`, import.meta.url))
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const tokensOf = (value) =>
  countTokens(typeof value === 'string' ? value : JSON.stringify(value), { disallowedSpecial: new Set() })

const folder = await mkdtemp(join(tmpdir(), 'mcp-optimizer-demo-'))
const sentry = await startFakeSentry()
const servers = {
  filesystem: { command: process.execPath, args: [server('@modelcontextprotocol/server-filesystem'), folder] },
  memory: {
    command: process.execPath,
    args: [server('@modelcontextprotocol/server-memory')],
    env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
  },
  everything: { command: process.execPath, args: [server('@modelcontextprotocol/server-everything'), 'stdio'] },
  sentry: { command: process.execPath, args: [server('@sentry/mcp-server'), ...sentryServerArguments(sentry.port)] },
}

/** Each: what the agent asks of us, what it would have to call itself, and whether the answer is right. */
const webIssue = sentry.issues.find(
  (issue) => issue.shortId.startsWith('WEB-') && issue.metadata.type === 'TypeError',
).shortId
const organizations = ['sentry', 'find_organizations', {}]
const scenarios = [
  {
    name: 'list: top 5 errors of a project',
    ours: ['execute_intent', { intent: 'list_errors', params: { project: 'web', limit: 5 } }],
    direct: [
      organizations,
      [
        'sentry',
        'search_issues',
        { organizationSlug: 'acme', query: 'is:unresolved project:web', sort: 'freq', limit: 5 },
      ],
    ],
    right: (data) => data.length === 5 && data.every(({ id }) => id.startsWith('WEB-')),
  },
  {
    name: 'detail: one error with stack trace',
    ours: ['execute_intent', { intent: 'get_error', params: { id: webIssue } }],
    direct: [
      organizations,
      ['sentry', 'get_sentry_resource', { organizationSlug: 'acme', resourceType: 'issue', resourceId: webIssue }],
    ],
    right: (data) => data.frame.line === 42 && data.stack.length === 2,
  },
  {
    name: 'analysis: culprit, similar, cause',
    ours: ['execute_intent', { intent: 'analyze_error', params: { id: webIssue } }],
    direct: [
      organizations,
      ['sentry', 'get_sentry_resource', { organizationSlug: 'acme', resourceType: 'issue', resourceId: webIssue }],
      ['sentry', 'search_issues', { organizationSlug: 'acme', query: 'is:unresolved renderSummary', limit: 20 }],
    ],
    right: (data) => data.likely_cause.kind === 'missing_value' && data.similar.shown > 0,
  },
  {
    name: 'fix: a suggested patch',
    ours: ['execute_intent', { intent: 'fix_error', params: { id: webIssue } }],
    direct: [
      organizations,
      ['sentry', 'get_sentry_resource', { organizationSlug: 'acme', resourceType: 'issue', resourceId: webIssue }],
    ],
    right: (data) => data.status === 'suggested' && data.patch.includes('invoice?.total'),
  },
  {
    name: 'batch: two servers at once',
    ours: [
      'execute_batch',
      {
        requests: [
          { intent: 'everything.get_sum', params: { a: 2, b: 3 } },
          { intent: 'filesystem.list_directory', params: { path: folder } },
        ],
      },
    ],
    direct: [
      ['everything', 'get-sum', { a: 2, b: 3 }],
      ['filesystem', 'list_directory', { path: folder }],
    ],
    right: (data) =>
      data.length === 2 && data.every(({ status }) => status === 'ok') && JSON.stringify(data[0]).includes('5'),
  },
  {
    name: 'code: files into memory, count back',
    ours: [
      'execute_code',
      {
        code: `const { content } = await tools.filesystem.read_text_file({ path: ${JSON.stringify(join(folder, 'people.json'))} })
const people: { name: string; team: string }[] = JSON.parse(content)
await tools.memory.create_entities({ entities: people.map(({ name, team }) => ({ name, entityType: team, observations: [] })) })
const { entities } = await tools.memory.read_graph({})
return { people: entities.length, teams: [...new Set(entities.map((entity: any) => entity.entityType))] }`,
      },
    ],
    direct: (people) => [
      ['filesystem', 'read_text_file', { path: join(folder, 'people.json') }],
      [
        'memory',
        'create_entities',
        { entities: people.map(({ name, team }) => ({ name: `${name} `, entityType: team, observations: [] })) },
      ],
      ['memory', 'read_graph', {}],
    ],
    right: (data) => data.people === 120 && data.teams.length === 4,
  },
  {
    name: 'search: a tool by keywords',
    ours: ['search', { query: 'filesystem search files' }],
    // Whoever has all definitions in context need not search: this one is our cost alone.
    direct: undefined,
    right: (text) => text.includes('filesystem.search_files'),
  },
]

const people = Array.from({ length: 120 }, (_, index) => ({
  name: `person ${index}`,
  team: ['red', 'green', 'blue', 'grey'][index % 4],
}))
await writeFile(join(folder, 'people.json'), JSON.stringify(people))
const config = join(folder, 'mcp-optimizer.json')
await writeFile(config, JSON.stringify({ servers, cacheDir: join(folder, 'cache') }))

let wrong = 0
try {
  const direct = await connectAll()
  const gateway = await connect({ command: process.execPath, args: [cli, 'serve', '--config', config] })
  const { tools } = await gateway.listTools()
  const surface = tokensOf(definitions(tools)) + tokensOf(gateway.getInstructions() ?? '')
  await gateway.callTool({ name: 'search', arguments: { query: 'warm up' } })
  await run(scenarios, gateway, direct, surface)
  await gateway.close()
  for (const { client } of direct.values()) await client.close()
} finally {
  await sentry.close()
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = wrong > 0 ? 1 : 0

async function run(all, gateway, direct, surface) {
  const definitionTokens = [...direct.values()].reduce((sum, { tokens }) => sum + tokens, 0)
  const rows = []
  let [sumDirect, sumOurs] = [0, 0]
  for (const scenario of all) {
    const [name, input] = scenario.ours
    const start = performance.now()
    const _meta = { 'mcp-optimizer/metadata': true }
    const result = await gateway.callTool({ name, arguments: input, _meta })
    const ms = performance.now() - start
    const [{ text }] = result.content
    const data = text.startsWith('{"status"') ? JSON.parse(text).data : text
    const isRight = result.isError !== true && scenario.right(data)
    if (!isRight) wrong++
    const ours = surface + tokensOf({ name, arguments: input }) + tokensOf(text)
    const steps = typeof scenario.direct === 'function' ? scenario.direct(people) : scenario.direct
    const theirs = steps === undefined ? 0 : await directTokens(steps, direct, definitionTokens)
    sumDirect += theirs
    sumOurs += ours
    const { stages } = result._meta['mcp-optimizer/metadata']
    rows.push([
      isRight ? scenario.name : `WRONG ${scenario.name}`,
      String(theirs),
      String(ours),
      theirs === 0 ? '' : percent(theirs, ours),
      ms.toFixed(1),
      Object.entries(stages)
        .map(([stage, value]) => `${stage} ${value.toFixed(1)}`)
        .join(', '),
    ])
  }
  rows.push(['all', String(sumDirect), String(sumOurs), percent(sumDirect, sumOurs), '', ''])
  const catalog = [...direct]
    .map(([name, { tools, tokens, version }]) => `${name} ${version} (${tools} tools, ${tokens} tokens)`)
    .join(', ')
  const figures = ['all definitions', 'with us', 'saved', 'ms'].map((head) => ({ head, isFigure: true }))
  console.log(tableText([{ head: 'scenario' }, ...figures, { head: 'ms a stage' }], rows, lookOf(process)))
  console.log(
    `Tokens: cl100k_base, measured. "All definitions": every definition once a request, each call and its raw answer; "with us": our surface (${surface}), the call, the answer.`,
  )
  console.log(
    `Catalog: ${catalog}: ${definitionTokens} tokens of definitions. A small one: savings grow with the catalog, and prompt caching lowers the price of both sides.`,
  )
  console.log(
    `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}. The first call to a server includes its start.`,
  )
}

/** Definitions with every request of the conversation, the calls so far and their answers resent as context. */
async function directTokens(steps, direct, definitionTokens) {
  let context = 0
  let total = definitionTokens * Math.max(1, steps.length)
  for (const [name, tool, input] of steps) {
    const result = await direct.get(name).client.callTool({ name: tool, arguments: input })
    if (result.isError) throw new Error(`${name}.${tool}: ${JSON.stringify(result.content).slice(0, 200)}`)
    total += context
    context +=
      tokensOf({ name: tool, arguments: input }) + tokensOf(result.content.map(({ text }) => text ?? '').join('\n'))
  }
  return total + context
}

async function connectAll() {
  const entries = await Promise.all(
    Object.entries(servers).map(async ([name, { command, args, env }]) => {
      const client = await connect({ command, args, ...(env === undefined ? {} : { env: { ...process.env, ...env } }) })
      const { tools } = await client.listTools()
      return [
        name,
        {
          client,
          tools: tools.length,
          tokens: tokensOf(definitions(tools)),
          version: client.getServerVersion()?.version ?? '',
        },
      ]
    }),
  )
  return new Map(entries)
}

async function connect(parameters) {
  const client = new Client({ name: 'demo', version: '1.0.0' })
  await client.connect(new StdioClientTransport({ ...parameters, stderr: 'ignore' }))
  return client
}

function definitions(tools) {
  return tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
}

function percent(before, after) {
  return `${((1 - after / before) * 100).toFixed(1)} %`
}
