import { existsSync, realpathSync } from 'node:fs'
import { entryPath } from '../internal/entry.ts'
import { isRecord } from '../internal/json.ts'
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

/**
 * Reads a server entry of any client leniently: every spelling the clients use. `fileVariables` are those of the file that
 * the entry names; its own take precedence.
 */
export function readEntry(entry: unknown, env: Variables, fileVariables: Readonly<Record<string, string>>): Entry {
  if (!isRecord(entry)) return wrong('', 'is not a server', 'an object')
  if (isForeign(entry)) return { kind: 'foreign' }
  const url = firstText(entry['url'], entry['serverUrl'], entry['httpUrl'], entry['baseUrl'], entry['uri'])
  return url === undefined ? readCommand(entry, env, fileVariables) : readAddress(url, entry, env)
}

/** True for an entry that starts this program: importing it would make it start itself. */
export function isOurselves(server: ServerConfig): boolean {
  if (server.type !== 'stdio') return false
  const own = entryPath('../cli.js', import.meta.url)
  return [server.command, ...(server.args ?? [])].some(
    (part) => /(^|[\\/@])mcp-optimizer(@[\w.-]+|\.js)?$/.test(part) || (part.endsWith('cli.js') && isFile(part, own)),
  )
}

function isFile(path: string, other: string): boolean {
  try {
    return realpathSync(path) === realpathSync(other)
  } catch {
    return false
  }
}

/** Zed's extensions, what Goose runs inside itself, and entries that only switch a server of another file on or off. */
function isForeign(entry: Record<string, unknown>): boolean {
  if (entry['source'] === 'extension') return true
  if (['builtin', 'platform', 'frontend', 'inline_python'].includes(String(entry['type']))) return true
  const keys = Object.keys(entry)
  return keys.length > 0 && keys.every((key) => key === 'enabled' || key === 'disabled' || key === 'settings')
}

function readAddress(url: string, entry: Record<string, unknown>, env: Variables): Entry {
  if (!/^https?:\/\//i.test(url))
    return wrong('url', `found "${url}"`, /^[\w-]+:\/\//.test(url) ? 'http:// or https://' : `http://${url}`)
  const type = String(entry['type'] ?? entry['transport'] ?? '').toLowerCase() === 'sse' ? 'sse' : 'http'
  const headers = {
    ...texts(entry['headers']),
    ...texts(entry['http_headers']),
    ...namedHeaders(entry['env_http_headers'], env),
    ...bearer(entry, env),
  }
  const server = { type, url, ...(Object.keys(headers).length === 0 ? {} : { headers }), ...options(entry) } as const
  return { kind: 'server', server, faults: withoutEffect(entry) }
}

function readCommand(
  entry: Record<string, unknown>,
  env: Variables,
  fileVariables: Readonly<Record<string, string>>,
): Entry {
  // Zed once wrote `command: {path, args, env}`.
  const { path, ...inner } = isRecord(entry['command']) ? entry['command'] : {}
  const line = isRecord(entry['command']) ? path : (entry['command'] ?? entry['cmd'])
  const given = entry['args'] ?? inner['args'] ?? []
  if (!isTextList(given)) {
    const expected = typeof given === 'string' ? JSON.stringify(words(given)) : 'a list of texts'
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
  const cwd = firstText(entry['cwd'])
  const server: ServerConfig = {
    type: 'stdio',
    command,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(variables).length === 0 ? {} : { env: variables }),
    ...(cwd === undefined ? {} : { cwd }),
    ...options(entry),
  }
  return { kind: 'server', server, faults: withoutEffect(entry) }
}

/** A command that has its arguments in it (`npx -y server`) in its parts, unless a file of that very name is there. */
function commandLine(text: string): readonly string[] {
  if (!/\s/.test(text.trim()) || existsSync(text)) return [text]
  const parts = words(text)
  const [first = ''] = parts
  // A path with spaces whose file is not there stays one path: what is missing is named as the user wrote it.
  return /[\\/]/.test(first) && !existsSync(first) ? [text] : parts
}

/** Words of a command line: quotes hold spaces together. */
function words(text: string): string[] {
  const found = text.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g)
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '')
}

/** Keys that change what a client would start or send, and that are not followed here. */
function withoutEffect(entry: Record<string, unknown>): Fault[] {
  return UNHEEDED.filter(([key]) => entry[key] !== undefined && entry[key] !== null).map(([path, expected]) => ({
    path,
    message: 'has no effect here',
    expected,
  }))
}

const UNHEEDED: readonly (readonly [key: string, expected: string])[] = [
  ['headersHelper', 'headers with their values, or ${NAME} of the environment'],
  ['oauth', 'a token in headers'],
  ['auth', 'a token in headers'],
]

function options(entry: Record<string, unknown>): SharedOptions {
  const shown = strings(entry['includeTools'] ?? entry['enabled_tools'] ?? entry['tools'])
  const include = shown?.includes('*') === true ? undefined : shown
  const exclude = strings(entry['excludeTools'] ?? entry['disabled_tools'] ?? entry['disabledTools'])
  const timeoutMs = milliseconds(entry['tool_timeout_sec'], entry['toolTimeoutMs'])
  const startTimeoutMs = milliseconds(entry['startup_timeout_sec'], entry['startup_timeout_ms'])
  return {
    ...(entry['disabled'] === true || entry['enabled'] === false ? { disabled: true } : {}),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    ...(typeof entry['description'] === 'string' ? { description: entry['description'] } : {}),
  }
}

function milliseconds(seconds: unknown, ms: unknown): number | undefined {
  const value = typeof seconds === 'number' ? seconds * 1_000 : ms
  return typeof value === 'number' && value > 0 ? Math.ceil(value) : undefined
}

function bearer(entry: Record<string, unknown>, env: Variables): Record<string, string> {
  const name = entry['bearer_token_env_var']
  const token = typeof name === 'string' ? env[name] : undefined
  return token === undefined ? {} : { Authorization: `Bearer ${token}` }
}

/** Headers whose values are those of variables. */
function namedHeaders(names: unknown, env: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts(names)).flatMap(([header, name]) => (env[name] === undefined ? [] : [[header, env[name]]])),
  )
}

function named(names: unknown, env: Variables): Record<string, string> {
  return Object.fromEntries(
    (strings(names) ?? []).flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
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
