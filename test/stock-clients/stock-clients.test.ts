import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/internal/json.ts'
import { type Machine, startMachine, whyNotStarted } from './machine.ts'
import type { ModelRequest, ScriptedCall } from './model-api.ts'
import { STOCK_CLIENTS, type StockClient } from './stock-clients.ts'

/** Where `test/stock-clients/install.mjs` installed the clients. */
const folder = process.env['MCP_STOCK_CLIENTS'] ?? ''
/** A file for what was measured; `bench/stock-clients.mjs` gives one. */
const resultFile = process.env['MCP_STOCK_CLIENTS_RESULT']

const MOVED = ['filesystem', 'sentry']
const OURS = 'mcp-optimizer'
const OUR_TOOLS = ['execute_batch', 'execute_code', 'execute_intent', 'search']
const MIN_FEWER_PERCENT = 95
/** What a client writes into its terminal when it dislikes a server or a schema. */
const STRANGE = /strict ?(?:mode|types)|schema|(?:failed|unable|cannot) (?:to )?(?:start|connect)/i

interface Row {
  readonly client: string
  readonly version: string
  /** Characters of definitions of the servers' tools, and of the whole request. */
  readonly before: Size
  readonly after: Size
  /** Of the definitions; a client that sends them on demand sends none before. */
  readonly fewerPercent?: number
  readonly sameAfterUndo: boolean
}

interface Size {
  readonly tools: number
  readonly definitions: number
  readonly request: number
}

const rows: Row[] = []

afterAll(() => {
  if (rows.length > 0) console.log(rows.map(line).join('\n'))
  if (resultFile !== undefined) writeFileSync(resultFile, JSON.stringify(rows))
})

for (const client of STOCK_CLIENTS) {
  const missing = whyMissing(client)
  if (missing !== undefined) console.log(`skipped: ${client.title}: ${missing}`)

  describe.skipIf(missing !== undefined)(client.title, { timeout: 400_000 }, () => {
    it('sends our tools alone after setup, uses them, and sends its former request after undo', async () => {
      await using machine = await startMachine(client, join(folder, client.pins))
      const isOnDemand = client.onDemand === true

      const before = await requestOf(machine, client, MOVED)
      for (const server of MOVED) expect(before.text, server).toContain(sign(client, server))
      const sizeBefore = sizeOf(client, before, MOVED)
      if (!isOnDemand) expect(sizeBefore.tools).toBeGreaterThan(30)

      const file = machine.fileText()
      await setUp(machine, client)
      expect(Object.keys(client.entries(machine.fileText()) as object)).toEqual([OURS])
      await undo(machine, client)
      expect(machine.fileText(), 'the file after setup and undo').toBe(file)

      await setUp(machine, client)
      const after = await requestOf(machine, client, [OURS], callsOf(machine))
      for (const server of MOVED) expect(after.text, server).not.toContain(sign(client, server))
      expect(namesIn(client, after)).toEqual(
        expect.arrayContaining(OUR_TOOLS.map((tool) => client.toolName(OURS, tool))),
      )
      expect(refusals(client, after), 'refused by the vendor').toEqual([])
      const [found = '', listed = '', failed = ''] = answersIn(client, machine.model.requests).slice(-3)
      expect(found).toContain('filesystem.list_directory')
      expect(listed).toContain('shopping.txt')
      expect(failed).toContain('UNKNOWN_INTENT')
      expect(found + listed, 'what is not for the model').not.toMatch(/metadata|execution_time/)
      // Some clients show a failure whole: then the id of the operation is in it, and nothing more.
      expect(failed).not.toMatch(/execution_time|tokens|stages/)

      await undo(machine, client)
      expect(client.entries(machine.fileText())).toEqual(client.entries(file))
      const undone = await requestOf(machine, client, MOVED)

      const sizeAfter = sizeOf(client, after, [OURS])
      const fewerPercent = Math.round((1 - sizeAfter.definitions / sizeBefore.definitions) * 1_000) / 10
      rows.push({
        client: client.title,
        version: versionOf(client),
        before: sizeBefore,
        after: sizeAfter,
        ...(!isOnDemand && { fewerPercent }),
        sameAfterUndo: undone.text === before.text,
      })
      expect(undone.text).toBe(before.text)
      if (!isOnDemand) expect(fewerPercent).toBeGreaterThanOrEqual(MIN_FEWER_PERCENT)
    })
  })
}

function callsOf({ work }: Machine): ScriptedCall[] {
  const params = { path: work }
  return [
    { server: OURS, tool: 'search', arguments: { query: 'list what a directory holds' } },
    { server: OURS, tool: 'execute_intent', arguments: { intent: 'filesystem.list_directory', params } },
    { server: OURS, tool: 'execute_intent', arguments: { intent: 'filesystem.list_direktory', params } },
  ]
}

async function setUp(machine: Machine, { client }: StockClient): Promise<void> {
  await ownCommand(machine, 'setup', '--client', client, '--yes')
}

async function undo(machine: Machine, { client }: StockClient): Promise<void> {
  await ownCommand(machine, 'setup', '--undo', '--client', client)
}

async function ownCommand(machine: Machine, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await machine.own(...args)
  expect(code, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
}

/**
 * What the client sends to its model when the tools of all servers are there, in a conversation with these calls. A client
 * that does not wait for its servers is given time: its tools then stand in a later request, without the pauses before it.
 */
async function requestOf(
  machine: Machine,
  client: StockClient,
  servers: readonly string[],
  calls: readonly ScriptedCall[] = [],
): Promise<ModelRequest> {
  const isComplete = (names: readonly string[]): boolean =>
    servers.every((server) => names.some((name) => name.startsWith(client.toolName(server, ''))))
  const ended = await machine.prompt({ calls, pause: client.pause, isComplete })
  expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0)
  expect(ended.stderr).not.toMatch(STRANGE)
  expect(machine.model.unknown).toEqual([])
  const [first, ...later] = machine.model.requests
  if (first === undefined) throw new Error(`${client.title} asked its model nothing: ${ended.stdout}${ended.stderr}`)
  const { tools = [] } = [first, ...later].find((one) => isComplete(namesIn(client, one)))?.body ?? first.body
  // Codex's notes on its session, in random order.
  const { client_metadata: _notes, ...body }: JsonObject = { ...first.body, tools }
  return { body, text: lasting(textOf(client, body)) }
}

/** A request with its definitions in one order: servers are asked at once, and some clients list the quickest first. */
function textOf({ wire }: StockClient, { tools = [], ...rest }: JsonObject): string {
  const texts = wire.items({ tools }).map(({ text }) => text)
  return [JSON.stringify(rest), ...texts.toSorted()].join('\n')
}

/** What a request holds wherever a tool of a server is named or defined. */
function sign(client: StockClient, server: string): string {
  return client.toolName(server, '').replace(/\.$/, '"')
}

function namesIn(client: StockClient, { body }: ModelRequest): string[] {
  return client.wire.items(body).flatMap(({ definitions }) => definitions.map(({ name }) => name))
}

function answersIn(client: StockClient, requests: readonly ModelRequest[]): readonly string[] {
  return client.wire.answers(requests.at(-1)?.body ?? {})
}

function sizeOf(client: StockClient, { text, body }: ModelRequest, servers: readonly string[]): Size {
  const isTheirs = (name: string): boolean => servers.some((server) => name.startsWith(client.toolName(server, '')))
  const items = client.wire.items(body).filter(({ definitions }) => definitions.some(({ name }) => isTheirs(name)))
  return {
    tools: items.flatMap(({ definitions }) => definitions).length,
    definitions: items.reduce((sum, item) => sum + item.text.length, 0),
    request: text.length,
  }
}

function refusals(client: StockClient, { body }: ModelRequest): string[] {
  return client.wire
    .items(body)
    .flatMap(({ definitions }) => definitions)
    .filter(({ name }) => name.startsWith(client.toolName(OURS, '')))
    .flatMap((definition) => {
      const reason = client.wire.refusal(definition)
      return reason === undefined ? [] : [`${definition.name}: ${reason}`]
    })
}

/** A request without the names and times of its session. */
function lasting(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})/g, '<time>')
}

function whyMissing(client: StockClient): string | undefined {
  if (folder === '') return 'MCP_STOCK_CLIENTS names no folder (node bench/stock-clients.mjs installs them)'
  const reason = join(folder, `${client.pins}.reason`)
  if (existsSync(reason)) return readFileSync(reason, 'utf8')
  const installed = join(folder, client.pins)
  return existsSync(join(installed, 'node_modules')) ? whyNotStarted(client, installed) : `${installed} is not there`
}

function versionOf({ pins }: StockClient): string {
  const file = new URL(`clients/${pins}/package.json`, import.meta.url)
  const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> }
  return Object.values(dependencies)[0] ?? 'unknown'
}

function line({ client, version, before, after, fewerPercent, sameAfterUndo }: Row): string {
  const size = ({ tools, definitions, request }: Size): string =>
    `${tools} tools, ${definitions} of ${request} characters`
  const undone = sameAfterUndo ? 'the same after undo' : 'ANOTHER REQUEST AFTER UNDO'
  const fewer = fewerPercent === undefined ? '' : ` (${fewerPercent} % fewer)`
  return `${client} ${version}: ${size(before)} → ${size(after)}${fewer}; ${undone}`
}
