import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isRecord } from '../internal/json.ts'
import type { Timeout } from './clients/client.ts'
import { readAuth } from './clients/entry-auth.ts'
import { unheededFaults } from './clients/entry-keys.ts'
import { shapeFaults } from './clients/entry-shape.ts'
import { commandWords } from './command-words.ts'
import type { ServerConfig, StdioServerConfig } from './config.ts'

type SharedOptions = Omit<Partial<StdioServerConfig>, 'type' | 'command' | 'args' | 'env' | 'cwd'>
type Variables = Readonly<Record<string, string | undefined>>

/** What an entry of a client's file says. */
export type Entry =
  /** A server; `faults` are parts of the entry that have no effect here. */
  | { readonly kind: 'server'; readonly server: ServerConfig; readonly faults: readonly Fault[] }
  /** Something that only the client itself can start, or a switch for a server of another file. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'wrong'; readonly fault: Fault }

export interface Fault {
  /** Below the entry: `args`; empty for the entry itself. */
  readonly path: string
  readonly message: string
  readonly expected: string
}

/** What an entry is read with. */
export interface EntryContext {
  readonly env: Variables
  /** Variables of the file that the entry names; its own take precedence. */
  readonly fileVariables?: Readonly<Record<string, string>>
  /** What the key `timeout` of this client means. @default unknown: told, not followed */
  readonly timeout?: Timeout | undefined
  readonly home?: string
  /** Folder that a relative working folder is below. @default this process's */
  readonly folder?: string | undefined
}

/** Reads a server entry of any client leniently: every spelling the clients use. */
export function readEntry(whole: unknown, context: EntryContext): Entry {
  if (!isRecord(whole)) return wrong('', 'is not a server', 'an object')
  // Some people write the address one level down.
  const { transport, ...rest } = whole
  const entry = isRecord(transport) ? { ...rest, ...transport } : whole
  if (isForeign(entry)) return { kind: 'foreign' }
  const type = typeof entry['type'] === 'string' ? entry['type'].toLowerCase() : undefined
  if (type !== undefined && UNSPOKEN.has(type)) return wrong('type', `found "${type}"`, 'stdio, http or sse')
  const { command, cmd, executable } = entry
  const isLocal = (type === 'stdio' || type === 'local') && (command ?? cmd ?? executable) !== undefined
  const url = isLocal ? undefined : firstText(...ADDRESSES.map((key) => entry[key]))
  return url === undefined ? readCommand(entry, context) : readAddress(url, entry, context)
}

/** Roads to a server that are not spoken here. */
const UNSPOKEN: ReadonlySet<string> = new Set(['ws', 'websocket', 'ws-ide', 'sse-ide', 'claudeai-proxy'])

const ADDRESSES = ['httpUrl', 'url', 'serverUrl', 'server_url', 'baseUrl', 'base_url', 'uri']

/** Zed's extensions, what clients run inside themselves, and entries that only switch a server of another file on or off. */
function isForeign(entry: Record<string, unknown>): boolean {
  if (entry['source'] === 'extension') return true
  if (
    ['builtin', 'platform', 'frontend', 'inline_python', 'sdk', 'inmemory'].includes(
      String(entry['type']).toLowerCase(),
    )
  )
    return true
  return isSwitch(entry)
}

/** True for an entry that says nothing but whether a server of another file is on. */
export function isSwitch(entry: unknown): boolean {
  if (!isRecord(entry)) return false
  const keys = Object.keys(entry)
  return keys.length > 0 && keys.every((key) => key === 'enabled' || key === 'disabled' || key === 'settings')
}

/** True where the switch of an entry itself is off. */
export function isOff(entry: unknown): boolean {
  if (!isRecord(entry)) return false
  const { disabled, enabled, isActive } = entry
  return [disabled, negated(enabled), negated(isActive)].some((off) => off === true || off === 'true')
}

function negated(value: unknown): unknown {
  return value === false || value === 'false'
}

function readAddress(text: string, entry: Record<string, unknown>, context: EntryContext): Entry {
  // Copied from a page: a URL's own reader drops such spaces too.
  const url = text.trim()
  if (!/^https?:\/\//i.test(url))
    return wrong('url', `found "${url}"`, /^(?:[\w-]+:)?\//.test(url) ? 'http:// or https://' : `http://${url}`)
  const type = String(entry['type'] ?? entry['transport'] ?? entry['transportType'] ?? '').toLowerCase()
  const request = isRecord(entry['requestOptions']) ? entry['requestOptions'] : {}
  const headers = {
    ...bearer(entry, context.env),
    ...texts(request['headers']),
    ...texts(entry['headers']),
    ...texts(entry['http_headers']),
    ...namedHeaders(entry['env_http_headers'], context.env),
  }
  const auth = readAuth(entry, context.env)
  const server = {
    type: type === 'sse' ? 'sse' : 'http',
    url,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(auth === undefined ? {} : { auth }),
    ...options(entry, context),
  } as const
  return { kind: 'server', server, faults: faultsOf(entry, context) }
}

function readCommand(entry: Record<string, unknown>, context: EntryContext): Entry {
  const { env, fileVariables = {} } = context
  // Zed once wrote `command: {path, args, env}`.
  const { path, ...inner } = isRecord(entry['command']) ? entry['command'] : {}
  const line = isRecord(entry['command']) ? path : (entry['command'] ?? entry['cmd'] ?? entry['executable'])
  const given = entry['args'] ?? inner['args'] ?? []
  if (!isTextList(given)) {
    const expected = typeof given === 'string' ? JSON.stringify(commandWords(given)) : 'a list of texts'
    return wrong('args', `found ${typeof given === 'string' ? JSON.stringify(given) : kindOf(given)}`, expected)
  }
  const parts = Array.isArray(line)
    ? line.map(String)
    : typeof line === 'string' && line !== ''
      ? commandLine(line)
      : []
  const [command, ...rest] = parts
  if (command === undefined) return wrong('', 'is not a server', 'a command or a url')
  const args = [...rest, ...given.map(String)]
  const variables = {
    ...named(entry['env_vars'], env),
    ...named(entry['env_keys'], env),
    ...fileVariables,
    ...texts(entry['env'] ?? entry['envs'] ?? entry['environment'] ?? inner['env']),
  }
  const cwd = workingFolder(entry, context)
  const server: ServerConfig = {
    type: 'stdio',
    command,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(variables).length === 0 ? {} : { env: variables }),
    ...(cwd === undefined ? {} : { cwd }),
    ...options(entry, context),
  }
  return { kind: 'server', server, faults: faultsOf(entry, context) }
}

function workingFolder(entry: Record<string, unknown>, { home, folder }: EntryContext): string | undefined {
  const given = firstText(entry['cwd'], entry['working_directory'], entry['workingDirectory'])
  if (given === undefined) return undefined
  const path = home === undefined ? given : given.replace(/^~(?=$|[\\/])/, home)
  return folder === undefined || isAbsolute(path) ? path : join(folder, path)
}

/** A command that has its arguments in it (`npx -y server`) in its parts, unless a file of that very name is there. */
function commandLine(text: string): readonly string[] {
  if (!/\s/.test(text.trim()) || existsSync(text)) return [text]
  const parts = commandWords(text)
  const [first = ''] = parts
  // A path with spaces whose file is not there stays one path: what is missing is named as the user wrote it.
  return /[\\/]/.test(first) && !existsSync(first) ? [text] : parts
}

/** Parts of an entry that have no effect here. */
function faultsOf(entry: Record<string, unknown>, { timeout, env }: EntryContext): Fault[] {
  const hasUnit = timeout !== undefined || entry['timeout'] === undefined || entry['timeout'] === null
  return [
    ...unheededFaults(entry),
    ...(hasUnit
      ? []
      : [{ path: 'timeout', message: 'has no effect here', expected: 'a timeout that this client documents' }]),
    ...shapeFaults(entry),
    ...keptElsewhere(entry['env_keys'], env),
  ]
}

/** Goose keeps the values of such variables in the keychain. */
function keptElsewhere(names: unknown, env: Variables): Fault[] {
  const unset = (strings(names) ?? []).filter((name) => env[name] === undefined)
  const expected = 'an environment variable of this name: the keychain of the client is not read'
  return unset.length === 0 ? [] : [{ path: 'env_keys', message: `${unset.join(', ')} is not set`, expected }]
}

function options(entry: Record<string, unknown>, { timeout: unit }: EntryContext): SharedOptions {
  const include = allowedTools(entry)
  const exclude = [
    ...(listed(entry['excludeTools']) ?? []),
    ...(listed(entry['disabledTools']) ?? []),
    ...(listed(entry['disabled_tools']) ?? []),
    ...(listed(entry['blockedTools'] ?? entry['blocked_tools']) ?? []),
    ...deniedTools(entry),
  ]
  const plain = isRecord(entry['timeout']) ? undefined : entry['timeout']
  const timeoutMs = firstMilliseconds(
    [entry['tool_timeout_sec'], 1_000],
    [entry['toolTimeoutMs'], 1],
    [entry['request_timeout_ms'], 1],
    [entry['requestTimeoutMs'], 1],
    [entry['timeoutMs'], 1],
    [unit === 'call-seconds' ? plain : undefined, 1_000],
    [unit === 'call-milliseconds' || unit === 'both-milliseconds' ? plain : undefined, 1],
  )
  const startTimeoutMs = firstMilliseconds(
    [entry['startup_timeout_sec'], 1_000],
    [entry['startup_timeout_ms'], 1],
    [entry['startupTimeoutMs'], 1],
    [entry['discoveryTimeoutMs'], 1],
    [entry['connectionTimeout'], 1],
    [entry['connectTimeout'], 1],
    [unit === 'start-seconds' ? plain : undefined, 1_000],
    [unit === 'start-milliseconds' || unit === 'both-milliseconds' ? plain : undefined, 1],
  )
  const idleMs = idleOf(entry['lifecycle'])
  return {
    ...(isOff(entry) ? { disabled: true } : {}),
    ...(include === undefined ? {} : { include }),
    ...(exclude.length === 0 ? {} : { exclude }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(idleMs === undefined ? {} : { idleMs }),
    ...(typeof entry['description'] === 'string' && entry['description'] !== ''
      ? { description: entry['description'] }
      : {}),
  }
}

function allowedTools(entry: Record<string, unknown>): readonly string[] | undefined {
  const {
    includeTools,
    enabledTools,
    enabled_tools,
    allowedTools: allowed,
    allowed_tools,
    available_tools,
    tools,
  } = entry
  const shown = listed(includeTools ?? enabledTools ?? enabled_tools ?? allowed ?? allowed_tools ?? textsAlone(tools))
  if (shown !== undefined) return shown.includes('*') ? undefined : shown
  // For Goose an empty list is no list.
  const available = listed(available_tools) ?? []
  return available.length === 0 ? undefined : available
}

/** Names of tools; objects say how tools are approved. */
function textsAlone(value: unknown): unknown {
  return typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    ? value
    : undefined
}

/** A list of names, also written as one text with commas. */
function listed(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string') return strings(value)
  return value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** Tools that Claude Code never lets through. */
function deniedTools({ tools, toolPermissions }: Record<string, unknown>): string[] {
  const listed = (Array.isArray(tools) ? tools : []).filter(
    (tool) => isRecord(tool) && tool['permission_policy'] === 'always_deny' && typeof tool['name'] === 'string',
  ) as { name: string }[]
  const blocked = Object.entries(isRecord(toolPermissions) ? toolPermissions : {}).filter(
    ([, may]) => may === 'blocked',
  )
  return [...listed.map(({ name }) => name), ...blocked.map(([name]) => name)]
}

/** What mcporter calls `keep-alive` is never stopped here. */
function idleOf(lifecycle: unknown): number | undefined {
  if (lifecycle === 'keep-alive') return 0
  if (!isRecord(lifecycle) || lifecycle['mode'] !== 'keep-alive') return undefined
  return typeof lifecycle['idleTimeoutMs'] === 'number' ? lifecycle['idleTimeoutMs'] : 0
}

function firstMilliseconds(...values: readonly (readonly [value: unknown, factor: number])[]): number | undefined {
  for (const [value, factor] of values) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value.replace(/s$/, '')) : value
    if (typeof number === 'number' && number > 0) return Math.ceil(number * factor)
  }
  return undefined
}

function bearer(entry: Record<string, unknown>, env: Variables): Record<string, string> {
  const name = firstText(entry['bearer_token_env_var'], entry['bearerTokenEnv'], entry['bearer_token_env'])
  const token =
    firstText(entry['bearerToken'], entry['bearer_token'], entry['apiKey'], entry['authorization_token']) ??
    (name === undefined ? undefined : env[name])
  return token === undefined ? {} : { Authorization: `Bearer ${token}` }
}

/** Headers whose values are those of variables. */
function namedHeaders(names: unknown, env: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts(names)).flatMap(([header, name]) => (env[name] === undefined ? [] : [[header, env[name]]])),
  )
}

/** Variables that are passed on; Codex also writes `{name}`. */
function named(names: unknown, env: Variables): Record<string, string> {
  const listed: unknown[] = Array.isArray(names) ? names : []
  return Object.fromEntries(
    listed
      .map((item) => (isRecord(item) ? item['name'] : item))
      .flatMap((name) => (typeof name === 'string' && env[name] !== undefined ? [[name, env[name]]] : [])),
  )
}

function texts(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === null || typeof inner === 'object' ? [] : [[key, String(inner)]],
    ),
  )
}

function isTextList(value: unknown): value is readonly (string | number | boolean)[] {
  return Array.isArray(value) && value.every((item) => item !== null && typeof item !== 'object')
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list that holds more than texts' : `a ${typeof value}`
}

function wrong(path: string, message: string, expected: string): Entry {
  return { kind: 'wrong', fault: { path, message, expected } }
}
