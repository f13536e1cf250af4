import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { isRecord } from '../../internal/json.ts'
import type { ConfigProblem } from '../config.ts'
import { readEntry } from '../entry.ts'
import { expandAll, unsetProblem } from '../expand.ts'
import { readStructured } from '../read-file.ts'
import type { Client, ClientFile, FoundServer, PlacedFile, Places } from './client.ts'
import { serversElsewhere } from './misplaced.ts'
import { at, isOff } from './user-servers.ts'

/** Reads all files of some clients, in the order of precedence. Never throws: what is wrong is a problem of its file. */
export async function readClients(clients: readonly Client[], places: Places): Promise<ClientFile[]> {
  const placed = await Promise.all(
    clients.map(async (client) => (await client.files(places)).map((file) => ({ client, file }))),
  )
  const wanted = onceEach(placed.flat())
  const read = await Promise.all(wanted.map(async ({ client, file }) => await readClientFile(client, file, places)))
  return read.filter((file) => file !== undefined)
}

/** Each file once: in the home folder a project's file and the user's are one, and the user's own. */
function onceEach(placed: readonly { readonly client: Client; readonly file: PlacedFile }[]): typeof placed {
  const ofUser = new Set(placed.flatMap(({ file }) => (file.level === 'user' ? [file.path] : [])))
  const first = new Map(placed.toReversed().map((entry) => [entry.file.path, entry]))
  return placed
    .filter((entry) => first.get(entry.file.path) === entry)
    .map(({ client, file }) => ({ client, file: ofUser.has(file.path) ? { ...file, level: 'user' } : file }))
}

async function readClientFile(client: Client, file: PlacedFile, places: Places): Promise<ClientFile | undefined> {
  const content = await readStructured(file.path, client.format)
  if (content === undefined) return undefined
  const reader = new FileReader(client, file.path, places)
  if ('fault' in content) reader.problem('', content.fault, `the configuration of ${client.title}`)
  else {
    for (const name of content.repeated) reader.problem(name, 'stands there twice', 'one of them; the last one is used')
    reader.read(content.value)
  }
  return { client, ...file, hasServers: reader.hasServers, servers: reader.servers, problems: reader.problems }
}

class FileReader {
  readonly servers: FoundServer[] = []
  readonly problems: ConfigProblem[] = []
  hasServers = false
  readonly #client: Client
  readonly #path: string
  readonly #places: Places

  constructor(client: Client, path: string, places: Places) {
    this.#client = client
    this.#path = path
    this.#places = places
  }

  problem(path: string, message: string, expected: string): void {
    this.problems.push({ file: this.#path, path, message, expected })
  }

  read(value: unknown): void {
    const { key: keys, name: client } = this.#client
    const { cwd } = this.#places
    const groups: [key: string, servers: unknown][] = [[keys.join('.'), at(value, keys)]]
    // Claude Code keeps servers of a project in the user's file as well.
    if (client === 'claude-code')
      groups.push([`projects.${cwd}.mcpServers`, at(value, ['projects', cwd, 'mcpServers'])])
    const misplaced = groups.some(([, servers]) => servers !== undefined)
      ? undefined
      : serversElsewhere(value, this.#path)
    if (misplaced !== undefined) this.problem(misplaced, 'is not where servers belong', `"${keys.join('.')}"`)
    const inputs = presetInputs(value)
    for (const [key, servers] of groups) this.#readGroup(key, servers, inputs)
  }

  #readGroup(key: string, servers: unknown, inputs: Readonly<Record<string, string>>): void {
    if (isRecord(servers)) {
      this.hasServers = true
      for (const [name, entry] of Object.entries(servers)) this.#readServer(`${key}.${name}`, name, entry, inputs)
    } else if (servers !== undefined && servers !== null) {
      const found = Array.isArray(servers) ? 'a list' : `a ${typeof servers}`
      this.problem(key, `found ${found}`, 'a map of servers by name')
    }
  }

  #readServer(key: string, name: string, entry: unknown, inputs: Readonly<Record<string, string>>): void {
    const { env, cwd, home } = this.#places
    const { value, missing } = expandAll(entry, this.#client.expansion, { env, cwd, home, readText, inputs })
    if (missing.length > 0 && !isOff(entry)) {
      const { message, expected } = unsetProblem(missing)
      return this.problem(key, message, expected)
    }
    const fileName = isRecord(value) ? value['envFile'] : undefined
    const variables = typeof fileName === 'string' ? readText(resolve(cwd, fileName)) : ''
    if (variables === undefined) return this.problem(`${key}.envFile`, 'cannot be read', 'a file of lines NAME=value')
    const read = readEntry(value, env, parseEnv(variables) as Record<string, string>)
    if (read.kind === 'foreign') return
    for (const fault of read.kind === 'server' ? read.faults : [read.fault])
      this.problem(fault.path === '' ? key : `${key}.${fault.path}`, fault.message, fault.expected)
    if (read.kind === 'server') this.servers.push({ name, key, server: read.server })
  }
}

/** Values that VS Code's `inputs` give by themselves. */
function presetInputs(value: unknown): Record<string, string> {
  const inputs: unknown[] = isRecord(value) && Array.isArray(value['inputs']) ? value['inputs'] : []
  return Object.fromEntries(
    inputs.flatMap((input) =>
      isRecord(input) && typeof input['id'] === 'string' && typeof input['default'] === 'string'
        ? [[input['id'], input['default']]]
        : [],
    ),
  )
}

/** The text of a file; undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
