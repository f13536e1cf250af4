// The list, detail and analysis scenarios and three more on real MCP servers, through the gateway as an MCP client would,
// beside agents that have all definitions and such that search for tools; counted as bench/tasks.mjs counts, by the same code.
// Exits with 1 when an answer is wrong.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base'
import { createConversation } from '../bench/lib/agents.mjs'
import { definitions } from '../bench/lib/catalogs.mjs'
import { conversationTokens } from '../dist/tokens/conversation.js'
import { sentryServerArguments, startFakeSentry } from './fake-sentry.mjs'
import { lookOf } from '../dist/cli/look.js'
import { tableText } from '../dist/cli/table.js'

const server = (name) => fileURLToPath(new URL(`../node_modules/${name}/dist/index.js`, import.meta.url))
const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const tokensOf = (text) => countTokens(text, { disallowedSpecial: new Set() })
const count = (text) => ({ cl100k_base: tokensOf(text) })

const folder = await mkdtemp(join(tmpdir(), 'mcp-optimizer-demo-'))
const sentry = await startFakeSentry()
/** Each agent has a memory of its own: what another one wrote is no part of its answers. */
const serversOf = (agent) => ({
  filesystem: { command: process.execPath, args: [server('@modelcontextprotocol/server-filesystem'), folder] },
  memory: {
    command: process.execPath,
    args: [server('@modelcontextprotocol/server-memory')],
    env: { MEMORY_FILE_PATH: join(folder, `memory-${agent}.jsonl`) },
  },
  everything: { command: process.execPath, args: [server('@modelcontextprotocol/server-everything'), 'stdio'] },
  sentry: { command: process.execPath, args: [server('@sentry/mcp-server'), ...sentryServerArguments(sentry.port)] },
})

/**
 * Each: the request of a person, what an agent calls that has the tools themselves (`rounds`: calls of one round side by side),
 * what it searches for and asks of us, and whether the answer is right.
 */
const webIssue = sentry.issues.find(
  (issue) => issue.shortId.startsWith('WEB-') && issue.metadata.type === 'TypeError',
).shortId
const organizations = [['sentry.find_organizations', {}]]
const issue = [
  ['sentry.get_sentry_resource', { organizationSlug: 'acme', resourceType: 'issue', resourceId: webIssue }],
]
const issues = (query, more) => [['sentry.search_issues', { organizationSlug: 'acme', query, ...more }]]
const people = Array.from({ length: 120 }, (_, index) => ({
  name: `person ${index}`,
  team: ['red', 'green', 'blue', 'grey'][index % 4],
}))
const peopleFile = join(folder, 'people.json')
const scenarios = [
  {
    name: 'list: top 5 errors of a project',
    ask: 'Which 5 unresolved errors of project web happen most often?',
    rounds: [organizations, issues('is:unresolved project:web', { sort: 'freq', limit: 5 })],
    search: 'sentry list errors',
    found: ['list_errors'],
    ours: ['execute_intent', { intent: 'list_errors', params: { project: 'web', limit: 5 } }],
    right: (data) => data.length === 5 && data.every(({ id }) => id.startsWith('WEB-')),
  },
  {
    name: 'detail: one error with stack trace',
    ask: `Where in the code does ${webIssue} come from?`,
    rounds: [organizations, issue],
    search: 'sentry error details',
    found: ['get_error'],
    ours: ['execute_intent', { intent: 'get_error', params: { id: webIssue } }],
    right: (data) => data.frame.line === 42 && data.stack.length === 2,
  },
  {
    name: 'analysis: culprit, similar, cause',
    ask: `Analyse ${webIssue}: where it happens, which errors are like it, and the likely cause.`,
    rounds: [organizations, issue, issues('is:unresolved renderSummary', { limit: 20 })],
    search: 'sentry analyze error',
    found: ['analyze_error'],
    ours: ['execute_intent', { intent: 'analyze_error', params: { id: webIssue } }],
    right: (data) => data.likely_cause.kind === 'missing_value' && data.similar.shown > 0,
  },
  {
    name: 'fix: a suggested patch',
    ask: `Suggest a patch for ${webIssue}.`,
    rounds: [organizations, issue],
    search: 'sentry fix error',
    found: ['fix_error'],
    ours: ['execute_intent', { intent: 'fix_error', params: { id: webIssue } }],
    right: (data) => data.status === 'suggested' && data.patch.includes('invoice?.total'),
  },
  {
    name: 'batch: two servers at once',
    ask: `What is 2 + 3, and what is in ${folder}?`,
    rounds: [
      [
        ['everything.get_sum', { a: 2, b: 3 }],
        ['filesystem.list_directory', { path: folder }],
      ],
    ],
    search: ['sum of numbers', 'list directory'],
    found: ['everything.get_sum', 'filesystem.list_directory'],
    ours: [
      'execute_batch',
      {
        requests: [
          { intent: 'everything.get_sum', params: { a: 2, b: 3 } },
          { intent: 'filesystem.list_directory', params: { path: folder } },
        ],
      },
    ],
    right: (data) =>
      data.length === 2 && data.every(({ status }) => status === 'ok') && JSON.stringify(data[0]).includes('5'),
  },
  {
    name: 'code: files into memory, count back',
    ask: `Put the people of ${peopleFile} into memory, their team as type, and count what is there.`,
    rounds: [
      [['filesystem.read_text_file', { path: peopleFile }]],
      [
        [
          'memory.create_entities',
          { entities: people.map(({ name, team }) => ({ name, entityType: team, observations: [] })) },
        ],
      ],
      [['memory.read_graph', {}]],
    ],
    search: ['filesystem read text file', 'memory create entities', 'memory read graph'],
    found: ['filesystem.read_text_file', 'memory.create_entities', 'memory.read_graph'],
    ours: [
      'execute_code',
      {
        code: `const { content } = await tools.filesystem.read_text_file({ path: ${JSON.stringify(peopleFile)} })
const people: { name: string; team: string }[] = JSON.parse(content)
await tools.memory.create_entities({ entities: people.map(({ name, team }) => ({ name, entityType: team, observations: [] })) })
const { entities } = await tools.memory.read_graph({})
return { people: entities.length, teams: [...new Set(entities.map((entity: any) => entity.entityType))] }`,
      },
    ],
    right: (data) => data.people === 120 && data.teams.length === 4,
  },
]

await writeFile(peopleFile, JSON.stringify(people))
let wrong = 0
try {
  const agents = {
    // Ours first: what it answers is what the others say in the end, too.
    ours: await ourAgent(),
    all: await directAgent(),
    search: await toolSearchAgent(),
  }
  await run(agents)
  for (const { close } of Object.values(agents)) await close()
} finally {
  await sentry.close()
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = wrong > 0 ? 1 : 0

async function run({ ours, all, search }) {
  const rows = []
  const sums = [0, 0, 0]
  for (const scenario of scenarios) {
    const { tokens, data, ms, stages, isError } = await ours.work(scenario)
    const isRight = !isError && scenario.right(data)
    if (!isRight) wrong++
    const counted = [await all.work(scenario, data), await search.work(scenario, data), tokens]
    counted.forEach((value, index) => (sums[index] += value))
    const spent = Object.entries(stages).map(([stage, value]) => `${stage} ${value.toFixed(1)}`)
    rows.push([
      isRight ? scenario.name : `WRONG ${scenario.name}`,
      ...figures(counted),
      ms.toFixed(1),
      spent.join(', '),
    ])
  }
  rows.push(['all', ...figures(sums), '', ''])
  const heads = ['all tools', 'tool search', 'with us', 'saved: all', 'saved: search']
  const columns = [
    { head: 'scenario' },
    ...heads.map((head) => ({ head, isFigure: true })),
    { head: 'ms', isFigure: true, isOptional: true },
    { head: 'ms a stage', isOptional: true },
  ]
  console.log(tableText(columns, rows, lookOf(process)))
  console.log(
    `Tokens of whole conversations, cl100k_base, measured: definitions, request, searches, calls, answers and the last word, all of it sent again with every turn, on all sides, without prompt caching. "All tools": all definitions, always. "Tool search": an agent that lists names and reads the definitions that it needs (our own execution mode lazy_loading). "With us": surface (${ours.surface}), search, one call.`,
  )
  const { catalog, definitionTokens } = all
  console.log(
    `Catalog: ${catalog}: ${definitionTokens} tokens of definitions. A small one: savings beside all definitions grow with it, those beside tool search hardly. Prompt caching lowers the price of all sides, most that of the side that resends most.`,
  )
  console.log(
    `The agents follow a script; no model was asked. Node ${process.version}, ${new Date().toISOString().slice(0, 10)}. The first call to a server includes its start.`,
  )
}

function figures([all, search, ours]) {
  return [String(all), String(search), String(ours), percent(all, ours), percent(search, ours)]
}

/** Searches once, again for what was not found, and asks for the work in one call. */
async function ourAgent() {
  const { client, shown, close } = await openGateway('ours', {})
  await client.callTool({ name: 'search', arguments: { query: 'warm up' } })
  return {
    surface: tokensOf(shown),
    close,
    async work({ ask, search, found, ours: [name, input] }) {
      const talk = createConversation(count, shown + ask)
      const [text] = await turn(client, talk, [['search', { query: search }]])
      const missing = found.filter((one) => !text.includes(one))
      if (missing.length > 0) await turn(client, talk, [['search', { query: missing }]])
      talk.model(JSON.stringify([{ name, arguments: input }]))
      const start = performance.now()
      const result = await client.callTool({ name, arguments: input, _meta: { 'mcp-optimizer/metadata': true } })
      const ms = performance.now() - start
      const answer = textOf(result)
      talk.answer(answer)
      const data = answer.startsWith('{"status"') ? JSON.parse(answer).data : answer
      talk.model(JSON.stringify(data))
      const { stages } = result._meta['mcp-optimizer/metadata']
      return { tokens: totalOf(talk), data, ms, stages, isError: result.isError === true }
    },
  }
}

/** Lists names of servers, reads definitions of what it needs, then calls. */
async function toolSearchAgent() {
  const { client, shown, close } = await openGateway('search', {
    executionMode: 'lazy_loading',
    maxTokensPerRequest: 1_000_000,
  })
  await client.callTool({ name: 'list_tools', arguments: {} })
  return {
    close,
    async work({ ask, rounds }, data) {
      const talk = createConversation(count, shown + ask)
      const names = [...new Set(rounds.flat().map(([id]) => id))]
      const list = [...new Set(names.map((id) => id.split('.')[0]))].map((server) => ['list_tools', { server }])
      await turn(client, talk, list)
      await turn(client, talk, [['describe_tools', { names }]])
      for (const calls of rounds)
        await turn(
          client,
          talk,
          calls.map(([name, input]) => ['call_tool', { name, arguments: input }]),
        )
      talk.model(JSON.stringify(data))
      return totalOf(talk)
    },
  }
}

/** Has every definition before it, and is connected to the servers themselves. */
async function directAgent() {
  const direct = await connectAll()
  const all = [...direct.values()]
  const shown = JSON.stringify(all.flatMap(({ definitions: list }) => list))
  return {
    catalog: [...direct]
      .map(([name, one]) => `${name} ${one.version} (${one.definitions.length} tools, ${one.tokens} tokens)`)
      .join(', '),
    definitionTokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
    close: async () => void (await Promise.all(all.map(async ({ client }) => await client.close()))),
    async work({ ask, rounds }, data) {
      const talk = createConversation(count, shown + ask)
      for (const calls of rounds) {
        talk.model(JSON.stringify(calls.map(([id, input]) => ({ name: id.replace('.', '__'), arguments: input }))))
        const results = await Promise.all(calls.map(async ([id, input]) => await callDirectly(direct, id, input)))
        for (const result of results) talk.answer(textOf(result))
      }
      talk.model(JSON.stringify(data))
      return totalOf(talk)
    },
  }
}

async function callDirectly(direct, id, input) {
  const [server, tool] = id.split('.')
  const { client, definitions: list } = direct.get(server)
  // A server's own name may have signs that none of ours has.
  const { name } = list.find((one) => one.name.replaceAll('-', '_') === tool)
  const result = await client.callTool({ name, arguments: input })
  if (result.isError) throw new Error(`${id}: ${textOf(result).slice(0, 200)}`)
  return result
}

/** One request to the model, and the answers that the next one brings. */
async function turn(client, talk, calls) {
  talk.model(JSON.stringify(calls.map(([name, input]) => ({ name, arguments: input }))))
  const results = await Promise.all(calls.map(([name, input]) => client.callTool({ name, arguments: input })))
  return results.map((result) => {
    const text = textOf(result)
    if (result.isError) throw new Error(`${calls[0][0]}: ${text.slice(0, 200)}`)
    talk.answer(text)
    return text
  })
}

async function openGateway(name, features) {
  const config = join(folder, `${name}.json`)
  await writeFile(config, JSON.stringify({ servers: serversOf(name), features, cacheDir: join(folder, name) }))
  const client = await connect({ command: process.execPath, args: [cli, 'serve', '--config', config] })
  const { tools } = await client.listTools()
  const shown = JSON.stringify(definitions(tools)) + (client.getInstructions() ?? '')
  return { client, shown, close: async () => await client.close() }
}

async function connectAll() {
  const entries = await Promise.all(
    Object.entries(serversOf('direct')).map(async ([name, { command, args, env }]) => {
      const client = await connect({ command, args, ...(env === undefined ? {} : { env: { ...process.env, ...env } }) })
      const { tools } = await client.listTools()
      return [
        name,
        {
          client,
          definitions: definitions(tools),
          tokens: tokensOf(JSON.stringify(definitions(tools))),
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

function textOf({ content }) {
  return content.map(({ text }) => text ?? '').join('\n')
}

function totalOf({ turns }) {
  return conversationTokens(turns.cl100k_base)
}

function percent(before, after) {
  return `${((1 - after / before) * 100).toFixed(1)} %`
}
