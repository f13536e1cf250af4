import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { isRecord } from '../../internal/json.ts'
import type { ConfigProblem, ServerConfig } from '../config.ts'
import { type Entry, type EntryContext, isOff, readEntry } from '../entry.ts'
import { expandAll, inputVariable } from '../expand.ts'
import { isOurselves } from '../own-gateway.ts'
import { claimOf } from '../trust/claim.ts'
import { isHome } from '../trust/folders.ts'
import type { Gate, Surroundings } from '../trust/gate.ts'
import { readSmallText } from '../trust/small-text.ts'
import type { Client, FoundServer, Group, PlacedFile, Places, Switches, Unset, Verdict } from './client.ts'
import { meantBy, unknownKeys } from './entry-keys.ts'
import { at, keyOf } from './groups.ts'
import { askedInputs, type AskedInput } from './inputs.ts'
import { serversElsewhere } from './misplaced.ts'
import { fillIn } from './placeholders.ts'
import { MISPLACED } from './words.ts'

export interface ReaderContext {
  readonly places: Places
  readonly switches: Switches
  /** Decides which servers of a project are evaluated. */
  readonly gate: Gate
}

/** Reads the servers of one file of a client, and gathers what is wrong with it. */
export class FileReader {
  readonly servers: FoundServer[] = []
  readonly unset: Unset[] = []
  readonly problems: ConfigProblem[] = []
  hasServers = false
  readonly #client: Client
  readonly #file: PlacedFile
  readonly #places: Places
  readonly #switches: Switches
  readonly #gate: Gate
  /** Servers by the key of theirs that nobody knows. */
  readonly #unknown = new Map<string, { readonly key: string; readonly names: string[] }>()

  constructor(client: Client, file: PlacedFile, { places, switches, gate }: ReaderContext) {
    this.#client = client
    this.#file = file
    this.#places = places
    this.#switches = switches
    this.#gate = gate
  }

  get #folder(): string {
    return this.#file.folder ?? this.#places.cwd
  }

  problem(path: string, message: string, expected: string): void {
    this.problems.push({ file: this.#file.path, path, message, expected })
  }

  read(value: unknown, groups: readonly Group[]): void {
    this.#tellMisplaced(value, groups)
    const inputs = askedInputs(value)
    for (const group of groups) this.#readGroup(group, [...inputs, ...(group.inputs ?? [])])
    for (const path of this.#client.unheededKeys ?? [])
      if (at(value, path) !== undefined)
        this.problem(path.join('.'), 'has no effect here', 'disabled, include or exclude in mcp-optimizer.json')
    for (const [name, { key, names }] of this.#unknown) {
      const others = names.length === 1 ? '' : ` (in ${names.map((other) => `"${other}"`).join(', ')})`
      this.problem(`${key}.${name}`, `is not read${others}`, meantBy(name))
    }
  }

  #tellMisplaced(value: unknown, groups: readonly Group[]): void {
    if (this.#file.key !== undefined || groups.some(({ servers }) => servers !== undefined)) return
    const misplaced = serversElsewhere(value, this.#file.path)
    const right = keyOf(this.#client, this.#file).join('.')
    if (misplaced !== undefined && misplaced !== right) this.problem(misplaced, MISPLACED, `"${right}"`)
  }

  #readGroup(group: Group, inputs: readonly AskedInput[]): void {
    const { path, servers } = group
    if (isRecord(servers)) {
      this.hasServers = true
      for (const [name, entry] of Object.entries(servers)) this.#readServer(group, name, entry, inputs)
    } else if (servers !== undefined && servers !== null) {
      const found = Array.isArray(servers) ? 'a list' : `a ${typeof servers}`
      this.problem(path.join('.'), `found ${found}`, 'a map of servers by name')
    }
  }

  #readServer(group: Group, name: string, entry: unknown, inputs: readonly AskedInput[]): void {
    const key = [...group.path, name].join('.')
    const verdict = this.#switches(group.knownAs?.(name) ?? name, entry, this.#file)
    const filled = fillIn(entry, group.placeholders ?? {})
    const found: Found = { name, key, entry: filled, inputs, verdict, variableFiles: group.variableFiles ?? [] }
    if (this.#file.level === 'user' && !this.#readsWorkspace(found))
      return this.#evaluate(found, { env: this.#places.env, readText })()
    // As it stands: what would be started is known from it, and nothing was looked at for it.
    const raw = this.#entry(filled, { env: {} })
    if (raw.kind !== 'server' || raw.server.disabled === true || verdict.off === true || isOurselves(raw.server))
      return this.#take(found, filled, raw)
    // Switches only take away: one that changes is nothing new to approve.
    const says = { client: this.#client.name, key, entry: filled, inputs }
    const claim = claimOf('server', { folder: this.#folder, path: this.#file.path, name, says })
    this.#gate.admit(claim, (around) => this.#evaluate(found, around))?.()
  }

  /**
   * True where an entry of the user names a file by the working folder: who made that folder wrote what the server would get.
   * Found by looking from another folder; a file that the entry names there as well was chosen by the user.
   */
  #readsWorkspace(found: Found): boolean {
    const { cwd, env, home } = this.#places
    if (isHome(cwd, home)) return false
    const named = new Map<string, string | undefined>()
    const read = (path: string): string | undefined => named.set(path, readSmallText(path)).get(path)
    this.#evaluate(found, { env, readText: read })
    const here = [...named.keys()].filter((path) => existsSync(path))
    return here.some((path) => !this.#namedElsewhere(found).has(path))
  }

  #namedElsewhere(found: Found): ReadonlySet<string> {
    const cwd = join(parse(this.#places.cwd).root, '.elsewhere')
    const env: Places['env'] = { ...this.#places.env, PWD: cwd, OLDPWD: cwd, INIT_CWD: cwd }
    const named = new Set<string>()
    const { folder: _folder, ...file } = this.#file
    const places = { ...this.#places, cwd, env }
    const reader = new FileReader(this.#client, file, { places, switches: this.#switches, gate: this.#gate })
    const note = (path: string): undefined => void named.add(path)
    reader.#evaluate(found, { env, readText: note })
    return named
  }

  /** What is to be taken from an entry; nothing is taken before the gate has seen what the entry reads. */
  #evaluate(found: Found, around: Surroundings): () => void {
    const { name, key, entry, inputs, verdict } = found
    const { value, missing: unset } = this.#expanded(entry, inputs, this.#withFiles(found, around))
    const missing = [...unset, ...tokensUnset(value, around.env)]
    if (missing.length > 0 && !isOff(entry) && verdict.off !== true) {
      const prompts = inputs
        .filter(({ id }) => missing.includes(inputVariable(id)))
        .map(({ id, prompt }) => [inputVariable(id), prompt])
      const prompted = Object.fromEntries(prompts) as Record<string, string>
      return () => void this.unset.push({ name, key, variables: missing, prompts: prompted })
    }
    const fileVariables = this.#fileVariables(value, around)
    if (fileVariables === undefined)
      return () => this.problem(`${key}.envFile`, 'cannot be read', 'a file of lines NAME=value')
    const read = this.#entry(value, { env: around.env, fileVariables })
    return () => this.#take(found, value, read)
  }

  /** The environment, and before it what files of variables say: those are read where a gate sees it, and only for variables. */
  #withFiles({ entry, variableFiles }: Found, around: Surroundings): Surroundings {
    if (variableFiles.length === 0 || !JSON.stringify(entry).includes('${')) return around
    const read = variableFiles
      .toReversed()
      .map((path) => Object.entries(parseEnv(around.readText(resolve(this.#folder, path)) ?? '')))
    const variables = read.flat().map(([name, value]) => [name.replace(/\W/g, '_'), value])
    // Not spread: a gate notes each variable that is looked at.
    const env = Object.assign(Object.create(around.env) as typeof around.env, Object.fromEntries(variables))
    return { ...around, env }
  }

  #entry(value: unknown, context: Pick<EntryContext, 'env' | 'fileVariables'>): Entry {
    const folder = this.#file.level === 'project' ? this.#folder : undefined
    return readEntry(value, { ...context, timeout: this.#client.timeout, home: this.#places.home, folder })
  }

  #take({ name, key, verdict }: Found, value: unknown, read: Entry): void {
    if (read.kind === 'foreign') return
    for (const fault of read.kind === 'server' ? read.faults : [read.fault])
      this.problem(fault.path === '' ? key : `${key}.${fault.path}`, fault.message, fault.expected)
    if (read.kind !== 'server') return
    this.#noteUnknown(name, key, value)
    this.servers.push({ name, key, server: judged(this.#placed(read.server), verdict) })
  }

  /** A server of a project starts in the project's folder, wherever below it the gateway was started. */
  #placed(server: ServerConfig): ServerConfig {
    const { level, owner } = this.#file
    const isHere = level === 'user' || owner !== undefined || this.#folder === resolve(this.#places.cwd)
    return isHere || server.type !== 'stdio' || server.cwd !== undefined ? server : { ...server, cwd: this.#folder }
  }

  #expanded(
    entry: unknown,
    inputs: readonly AskedInput[],
    { env, readText: read }: Surroundings,
  ): { value: unknown; missing: readonly string[] } {
    const { home } = this.#places
    const presets = Object.fromEntries(
      inputs.flatMap(({ id, preset }) => (preset === undefined ? [] : [[id, preset]])),
    ) as Record<string, string>
    const style = this.#file.expansion ?? this.#client.expansion
    const context = {
      env,
      cwd: this.#folder,
      home,
      readText: (path: string) => read(resolve(this.#folder, path)),
      inputs: presets,
    }
    const whole = expandAll(entry, style, context)
    const { headerExpansion } = this.#client
    if (headerExpansion === undefined || !isRecord(entry) || !isRecord(whole.value)) return whole
    const headers = expandAll(entry['headers'], headerExpansion, {
      ...context,
      // Not spread: a gate notes each variable that is looked at.
      env: Object.assign(Object.create(env) as typeof env, ownVariables(entry)),
    })
    return { value: { ...whole.value, headers: headers.value }, missing: [...whole.missing, ...headers.missing] }
  }

  #fileVariables(entry: unknown, { readText: read }: Surroundings): Record<string, string> | undefined {
    const name = isRecord(entry) ? entry['envFile'] : undefined
    if (typeof name !== 'string') return {}
    const path = name.replace(/^~(?=[\\/])/, this.#places.home)
    const bases = this.#file.level === 'project' ? [this.#folder] : [this.#places.cwd, dirname(this.#file.path)]
    const text = bases.map((base) => read(resolve(base, path))).find((found) => found !== undefined)
    return text === undefined ? undefined : (parseEnv(text) as Record<string, string>)
  }

  #noteUnknown(name: string, key: string, entry: unknown): void {
    for (const unknown of isRecord(entry) ? unknownKeys(entry) : []) {
      const known = this.#unknown.get(unknown)
      if (known === undefined) this.#unknown.set(unknown, { key, names: [name] })
      else known.names.push(name)
    }
  }
}

/** A server as it was found, with what goes for it alone. */
interface Found {
  readonly name: string
  readonly key: string
  readonly entry: unknown
  readonly inputs: readonly AskedInput[]
  readonly verdict: Verdict
  readonly variableFiles: readonly string[]
}

/** Variables that hold the token of a server and are not set: no client goes on without. */
function tokensUnset(entry: unknown, env: Surroundings['env']): string[] {
  if (!isRecord(entry) || entry['bearerToken'] !== undefined || entry['bearer_token'] !== undefined) return []
  const names = ['bearer_token_env_var', 'bearerTokenEnv', 'bearer_token_env'].map((key) => entry[key])
  return names.filter((name): name is string => typeof name === 'string' && name !== '' && env[name] === undefined)
}

/** Variables of an entry itself, which its headers may name. */
function ownVariables(entry: Record<string, unknown>): Record<string, string> {
  const own = entry['envs'] ?? entry['env']
  return Object.fromEntries(
    Object.entries(isRecord(own) ? own : {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

/** A server as the client's switches leave it: what they hide is hidden on top of what the entry hides. */
function judged(server: ServerConfig, { off, include, exclude }: Verdict): ServerConfig {
  const hidden = [...(server.exclude ?? []), ...(exclude ?? [])]
  return {
    ...server,
    ...(off === true ? { disabled: true } : {}),
    ...(include === undefined ? {} : { include: both(server.include, include) }),
    ...(hidden.length === 0 ? {} : { exclude: hidden }),
  }
}

/** Tools that two lists let through. */
function both(own: readonly string[] | undefined, switched: readonly string[]): readonly string[] {
  return own === undefined ? switched : own.filter((name) => switched.includes(name))
}

/** The text of a file; undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
