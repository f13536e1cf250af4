import { realpathSync } from 'node:fs'
import { entryPath } from '../internal/entry.ts'
import { isRecord } from '../internal/json.ts'
import type { ServerConfig, StdioServerConfig } from './config.ts'

type SharedOptions = Omit<Partial<StdioServerConfig>, 'type' | 'command' | 'args' | 'env' | 'cwd'>

/**
 * A server entry of any client, read leniently: every spelling the clients use. `fileVariables` are those of the file that
 * the entry names; its own take precedence. A text says what was expected instead.
 */
export function readEntry(
  entry: unknown,
  env: Readonly<Record<string, string | undefined>>,
  fileVariables: Readonly<Record<string, string>>,
): ServerConfig | string {
  if (!isRecord(entry)) return 'an object'
  const url = firstText(entry['url'], entry['serverUrl'], entry['httpUrl'], entry['uri'])
  const shared = options(entry)
  if (url !== undefined) {
    const type = String(entry['type'] ?? entry['transport'] ?? '').toLowerCase() === 'sse' ? 'sse' : 'http'
    const headers = { ...texts(entry['headers']), ...texts(entry['http_headers']), ...bearer(entry, env) }
    return { type, url, ...(Object.keys(headers).length === 0 ? {} : { headers }), ...shared }
  }
  const [command, ...rest] = Array.isArray(entry['command'])
    ? entry['command'].map(String)
    : [firstText(entry['command'], entry['cmd'])]
  if (command === undefined) return 'a command or a url'
  const args = [
    ...rest.filter((part) => part !== undefined),
    ...(Array.isArray(entry['args']) ? entry['args'].map(String) : []),
  ]
  const variables = {
    ...named(entry['env_vars'], env),
    ...fileVariables,
    ...texts(entry['env'] ?? entry['envs'] ?? entry['environment']),
  }
  const cwd = firstText(entry['cwd'])
  return {
    type: 'stdio',
    command,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(variables).length === 0 ? {} : { env: variables }),
    ...(cwd === undefined ? {} : { cwd }),
    ...shared,
  }
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

function options(entry: Record<string, unknown>): SharedOptions {
  const include = strings(entry['includeTools'] ?? entry['enabled_tools'])
  const exclude = strings(entry['excludeTools'] ?? entry['disabled_tools'])
  const seconds = entry['tool_timeout_sec']
  const milliseconds = entry['toolTimeoutMs']
  const timeoutMs = typeof seconds === 'number' ? seconds * 1_000 : milliseconds
  return {
    ...(entry['disabled'] === true || entry['enabled'] === false ? { disabled: true } : {}),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(typeof timeoutMs === 'number' && timeoutMs > 0 ? { timeoutMs } : {}),
    ...(typeof entry['description'] === 'string' ? { description: entry['description'] } : {}),
  }
}

function bearer(
  entry: Record<string, unknown>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const name = entry['bearer_token_env_var']
  const token = typeof name === 'string' ? env[name] : undefined
  return token === undefined ? {} : { Authorization: `Bearer ${token}` }
}

function named(names: unknown, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
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

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
