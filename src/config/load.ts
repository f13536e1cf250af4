import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { z } from 'zod'
import { OptimizerError } from '../errors.ts'
import { stableJson } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'
import { LOG_LEVELS, type LogLevel } from '../internal/logger.ts'
import { nearestNames } from '../internal/nearest.ts'
import { type Client, CLIENTS, type Places } from './clients.ts'
import type { ConfigProblem, LoadedConfig, ServerConfig } from './config.ts'
import { configFolder, defineConfig, homeFolder, type PartialConfig } from './defaults.ts'
import { isOurselves, readEntry } from './entry.ts'
import { expand, type ExpandContext, type Expansion } from './expand.ts'
import { mergeFeatures } from './features.ts'
import { readStructured } from './read-file.ts'
import { fileSchema, httpServerSchema, stdioServerSchema } from './schema.ts'

/** Where to look for a configuration, and what overrides it. */
export interface LoadOptions {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--name value` pairs by kebab name: features, `config`, `compact`, `http`, `token`, `dashboard`, `cache-dir`. */
  readonly flags?: Readonly<Record<string, unknown>>
  /** @default this machine's */
  readonly platform?: string
  readonly home?: string
  /** The user's configuration folder. */
  readonly userFolder?: string
}

const FILE_NAMES = ['mcp-optimizer.json', 'mcp-optimizer.jsonc']

/**
 * Finds and reads the configuration: `--config` or `MCP_OPTIMIZER_CONFIG`, else `mcp-optimizer.json` here or above, else in the
 * user's folder; with none of them the servers of all clients on this machine. Whatever is wrong is a problem with its
 * place; the rest works. Throws `CONFIG_INVALID` only when a file that was asked for cannot be read.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const loader = new Loader(options)
  return await loader.load()
}

class Loader {
  readonly #options: LoadOptions
  readonly #places: Places
  readonly #expansion: ExpandContext
  readonly #problems: ConfigProblem[] = []
  readonly #sources: string[] = []
  readonly #servers = new Map<string, { readonly server: ServerConfig; readonly from: string }>()

  constructor(options: LoadOptions) {
    const { cwd, env, platform = process.platform, home = homeFolder() } = options
    this.#options = options
    this.#places = { platform, home, cwd, env }
    this.#expansion = { env, cwd, home, readText }
  }

  async load(): Promise<LoadedConfig> {
    const { env, flags = {} } = this.#options
    const own = await this.#ownFile()
    const raw = own?.raw ?? {}
    const fileName = own?.path ?? 'defaults'
    if (own !== undefined) this.#addOwnServers(own.raw, own.path)
    const wanted = own === undefined ? true : raw['import']
    if (wanted === true || Array.isArray(wanted))
      await this.#addClients(wanted === true ? undefined : wanted.map(String), fileName)
    const { features, problems } = mergeFeatures(isRecord(raw['features']) ? raw['features'] : {}, env, flags, fileName)
    this.#problems.push(...problems)
    const settings = this.#settings(raw, own?.path)
    const servers = Object.fromEntries([...this.#servers].map(([name, { server }]) => [name, server]))
    const config = defineConfig({ ...settings, servers, features, ...this.#fromFlags(settings) })
    return { config, problems: this.#problems, sources: this.#sources }
  }

  async #ownFile(): Promise<{ readonly path: string; readonly raw: Record<string, unknown> } | undefined> {
    const { cwd, env, flags = {} } = this.#options
    const asked = flags['config'] ?? env['MCP_OPTIMIZER_CONFIG']
    const paths = typeof asked === 'string' && asked !== '' ? [resolve(cwd, asked)] : this.#candidates()
    for (const path of paths) {
      const content = await readStructured(path, 'json')
      if (content === undefined) continue
      this.#sources.push(path)
      if ('fault' in content) throw new OptimizerError('CONFIG_INVALID', `cannot read ${path}: ${content.fault}`)
      if (!isRecord(content.value)) throw new OptimizerError('CONFIG_INVALID', `cannot read ${path}: found no object`)
      this.#reportRepeated(content.repeated, path)
      return { path, raw: this.#validated(content.value, path) }
    }
    if (asked !== undefined && asked !== '')
      throw new OptimizerError('CONFIG_INVALID', `cannot read ${String(asked)}: no such file`)
    return undefined
  }

  #candidates(): string[] {
    const { cwd, userFolder = configFolder() } = this.#options
    const folders: string[] = []
    for (let folder = resolve(cwd); ; folder = dirname(folder)) {
      folders.push(folder)
      if (folder === this.#places.home || folder === dirname(folder)) break
    }
    return [...folders, userFolder].flatMap((folder) => FILE_NAMES.map((name) => join(folder, name)))
  }

  #reportRepeated(names: readonly string[], file: string): void {
    for (const name of names) this.#problem(file, name, 'stands there twice', 'one of them; the last one is used')
  }

  /** Drops what the schema refuses, each with a problem of its own; servers are judged one by one. */
  #validated(raw: Record<string, unknown>, file: string): Record<string, unknown> {
    const { servers, mcpServers, ...rest } = raw
    const kept: Record<string, unknown> = { ...rest }
    const parsed = fileSchema.safeParse(rest)
    for (const issue of parsed.error?.issues ?? []) {
      this.#report(issue, file, [])
      const [top] = issue.path
      if (issue.code === 'unrecognized_keys' && top === undefined) for (const key of issue.keys) delete kept[key]
      else if (top !== undefined && top !== 'features') delete kept[String(top)]
    }
    // A wrong feature is reported once, where all layers of features are merged.
    return { ...kept, servers: { ...(isRecord(mcpServers) ? mcpServers : {}), ...(isRecord(servers) ? servers : {}) } }
  }

  #report(issue: z.core.$ZodIssue, file: string, prefix: readonly string[]): void {
    if (issue.path[0] === 'features' && issue.code !== 'unrecognized_keys') return
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(issue.path, prefix)
      for (const key of issue.keys) {
        const [nearest] = nearestNames(key, known, 1)
        const expected = nearest === undefined ? `one of ${known.join(', ')}` : `"${nearest}"`
        this.#problem(file, [...prefix, ...issue.path.map(String), key].join('.'), 'is not a known key', expected)
      }
      return
    }
    const expected = 'expected' in issue ? String(issue.expected) : 'what the JSON Schema says'
    this.#problem(file, [...prefix, ...issue.path.map(String)].join('.'), foundIn(issue), expected)
  }

  #addOwnServers(raw: Record<string, unknown>, file: string): void {
    for (const [name, entry] of Object.entries(isRecord(raw['servers']) ? raw['servers'] : {})) {
      const schema = isRecord(entry) && 'url' in entry ? httpServerSchema : stdioServerSchema
      // Variables come first: what an address expands to is what must be an address.
      const expanded = this.#expanded(entry, 'braces', file, `servers.${name}`)
      if (expanded === undefined) continue
      const parsed = schema.safeParse(expanded)
      if (parsed.success)
        this.#add(
          name,
          { type: 'url' in parsed.data ? 'http' : 'stdio', ...parsed.data } as ServerConfig,
          file,
          `servers.${name}`,
        )
      else for (const issue of withoutEchoes(parsed.error.issues)) this.#report(issue, file, ['servers', name])
    }
  }

  async #addClients(names: readonly string[] | undefined, file: string): Promise<void> {
    for (const name of names ?? []) {
      if (CLIENTS.some((client) => client.name === name)) continue
      const [nearest] = nearestNames(
        name,
        CLIENTS.map((client) => client.name),
        1,
      )
      this.#problem(
        file,
        'import',
        `"${name}" is not a known client`,
        nearest ?? `one of ${CLIENTS.map((client) => client.name).join(', ')}`,
      )
    }
    const wanted = CLIENTS.filter(({ name }) => names === undefined || names.includes(name))
    const read = await Promise.all(
      wanted.flatMap((client) =>
        client
          .files(this.#places)
          .map(async (path) => ({ client, path, content: await readStructured(path, client.format) })),
      ),
    )
    const seen = new Set<string>()
    for (const { client, path, content } of read) {
      // In the home folder a project's file and the user's are one.
      if (content === undefined || seen.has(path)) continue
      seen.add(path)
      if ('fault' in content) this.#problem(path, '', content.fault, `the configuration of ${client.title}`)
      else {
        this.#reportRepeated(content.repeated, path)
        this.#addClientFile(client, path, content.value)
      }
    }
  }

  #addClientFile(client: Client, path: string, value: unknown): void {
    const groups: [key: string, servers: unknown][] = [[client.key.join('.'), at(value, client.key)]]
    // Claude Code keeps servers of a project in the user's file as well.
    if (client.name === 'claude-code')
      groups.push([`projects.${this.#places.cwd}.mcpServers`, at(value, ['projects', this.#places.cwd, 'mcpServers'])])
    const misplaced = groups.some(([, servers]) => servers !== undefined) ? undefined : serversElsewhere(value, path)
    if (misplaced !== undefined)
      this.#problem(path, misplaced, 'is not where servers belong', `"${client.key.join('.')}"`)
    const inputs = presetInputs(value)
    for (const [key, servers] of groups) {
      if (isRecord(servers)) this.#sources.push(path)
      else if (servers !== undefined && servers !== null)
        this.#problem(
          path,
          key,
          `found ${Array.isArray(servers) ? 'a list' : `a ${typeof servers}`}`,
          'a map of servers by name',
        )
      for (const [name, entry] of Object.entries(isRecord(servers) ? servers : {}))
        this.#addClientEntry(client, path, `${key}.${name}`, name, entry, inputs)
    }
  }

  #addClientEntry(
    client: Client,
    path: string,
    key: string,
    name: string,
    entry: unknown,
    inputs: Readonly<Record<string, string>>,
  ): void {
    const expanded = this.#expanded(entry, client.expansion, path, key, inputs)
    if (expanded === undefined) return
    const fileName = isRecord(expanded) ? expanded['envFile'] : undefined
    const variables = typeof fileName === 'string' ? readText(resolve(this.#places.cwd, fileName)) : ''
    if (variables === undefined)
      return this.#problem(path, `${key}.envFile`, 'cannot be read', 'a file of lines NAME=value')
    const read = readEntry(expanded, this.#places.env, parseEnv(variables) as Record<string, string>)
    if (read.kind === 'foreign') return
    for (const fault of read.kind === 'server' ? read.faults : [read.fault])
      this.#problem(path, fault.path === '' ? key : `${key}.${fault.path}`, fault.message, fault.expected)
    if (read.kind === 'server' && !isOurselves(read.server)) this.#add(name, read.server, path, key)
  }

  #expanded(
    entry: unknown,
    style: Expansion,
    file: string,
    key: string,
    inputs: Readonly<Record<string, string>> = {},
  ): unknown {
    const missing = new Set<string>()
    const context = { ...this.#expansion, inputs }
    const walk = (value: unknown): unknown => {
      if (typeof value === 'string') return expand(value, style, context, missing)
      if (Array.isArray(value)) return value.map(walk)
      return isRecord(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner)]))
        : value
    }
    const result = walk(entry)
    if (missing.size === 0 || (isRecord(entry) && (entry['disabled'] === true || entry['enabled'] === false)))
      return result
    this.#problem(
      file,
      key,
      `${[...missing].join(', ')} is not set`,
      'an environment variable of this name, or a default: ${NAME:-default}',
    )
    return undefined
  }

  #add(name: string, server: ServerConfig, from: string, key: string): void {
    const known = this.#servers.get(name)
    if (known === undefined) this.#servers.set(name, { server, from })
    else if (stableJson(known.server) !== stableJson(server)) {
      this.#problem(
        from,
        key,
        `another server is named "${name}" already`,
        `another name; the one of ${known.from} is used`,
      )
    }
  }

  #settings(raw: Record<string, unknown>, file: string | undefined): PartialConfig {
    const folder = file === undefined ? this.#options.cwd : dirname(file)
    const {
      intents,
      packs,
      sandbox,
      cache,
      http,
      search,
      sessions,
      results,
      audit,
      telemetry,
      logLevel,
      compact,
      pinned,
      cacheDir,
    } = raw as Record<string, never>
    const defined = Object.entries({
      packs,
      sandbox,
      cache: this.#withSecrets(cache, file, 'cache'),
      http: this.#withSecrets(http, file, 'http'),
      search: this.#withSecrets(search, file, 'search'),
      sessions: this.#withSecrets(sessions, file, 'sessions'),
      results: withFolder(results, folder),
      audit: inFolder(audit, folder),
      telemetry,
      logLevel,
      compact,
      pinned,
      cacheDir: typeof cacheDir === 'string' ? resolve(folder, cacheDir) : undefined,
    })
    const paths = Array.isArray(intents) ? (intents as string[]).map((path) => resolve(folder, path)) : []
    return { ...Object.fromEntries(defined.filter(([, value]) => value !== undefined)), intents: paths }
  }

  #withSecrets(section: unknown, file: string | undefined, key: string): unknown {
    return section === undefined ? undefined : this.#expanded(section, 'braces', file ?? '', key)
  }

  #fromFlags({ http = {}, audit = {} }: PartialConfig): PartialConfig {
    const { env, flags = {}, cwd } = this.#options
    const token = flags['token'] ?? env['MCP_OPTIMIZER_HTTP_TOKEN']
    const cacheDir = flags['cache-dir'] ?? env['MCP_OPTIMIZER_CACHE_DIR']
    const auditFolder = flags['audit-folder'] ?? env['MCP_OPTIMIZER_AUDIT_FOLDER']
    const logLevel = this.#logLevel()
    const dashboard = flags['dashboard'] === true || env['MCP_OPTIMIZER_DASHBOARD'] === 'true'
    const address = typeof flags['http'] === 'string' ? this.#address(flags['http']) : {}
    return {
      http: {
        ...http,
        ...address,
        ...(typeof token === 'string' && token !== '' ? { token } : {}),
        ...(dashboard ? { dashboard } : {}),
      },
      ...(flags['compact'] === true || env['MCP_OPTIMIZER_COMPACT'] === 'true' ? { compact: true } : {}),
      ...(typeof cacheDir === 'string' && cacheDir !== '' ? { cacheDir: resolve(cwd, cacheDir) } : {}),
      ...(typeof auditFolder === 'string' && auditFolder !== ''
        ? { audit: { ...audit, enabled: true, folder: resolve(cwd, auditFolder) } }
        : {}),
      ...(logLevel === undefined ? {} : { logLevel }),
    }
  }

  #logLevel(): LogLevel | undefined {
    const { env, flags = {} } = this.#options
    const [asked, path] =
      flags['log-level'] === undefined
        ? [env['MCP_OPTIMIZER_LOG_LEVEL'], 'MCP_OPTIMIZER_LOG_LEVEL']
        : [flags['log-level'], '--log-level']
    if (asked === undefined || asked === '') return undefined
    const level = LOG_LEVELS.find((name) => name === asked)
    if (level === undefined)
      this.#problem(
        path.startsWith('--') ? 'flags' : 'environment',
        path,
        `found ${JSON.stringify(asked)}`,
        `one of ${LOG_LEVELS.join(', ')}`,
      )
    return level
  }

  /** `PORT` or `HOST:PORT`. */
  #address(text: string): { readonly host?: string; readonly port?: number } {
    const match = /^(?:(\[[\da-fA-F:]+\]|[^:]+):)?(\d{1,5})$/.exec(text)
    const port = Number(match?.[2])
    if (match === null || port > 65_535) {
      throw new OptimizerError('CONFIG_INVALID', `cannot use --http ${text}: wanted PORT or HOST:PORT`)
    }
    return { port, ...(match[1] === undefined ? {} : { host: match[1].replace(/^\[|\]$/g, '') }) }
  }

  #problem(file: string, path: string, message: string, expected: string): void {
    this.#problems.push({ file, path, message, expected })
  }
}

/** A misspelt key is one mistake: that the right one is missing too is not said. */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const misspelt = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  const meant = (key: string): boolean => misspelt.some((odd) => nearestNames(odd, [key], 1).length > 0)
  return issues.filter((issue) => !isMissing(issue) || !meant(String(issue.path.at(-1))))
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

/** What zod found, without its "expected", which is told apart. */
function foundIn(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is missing'
  const received = issue.code === 'invalid_type' ? /received (.+)$/.exec(issue.message)?.[1] : undefined
  return received === undefined ? issue.message : `found ${received}`
}

function withFolder(results: unknown, folder: string): unknown {
  if (!isRecord(results) || typeof results['exportDir'] !== 'string') return results
  return { ...results, exportDir: resolve(folder, results['exportDir']) }
}

function knownKeys(path: readonly PropertyKey[], prefix: readonly string[]): string[] {
  if (prefix[0] === 'servers')
    return [...new Set([...Object.keys(stdioServerSchema.shape), ...Object.keys(httpServerSchema.shape)])]
  const { shape } = fileSchema
  const [top] = path
  if (top === undefined) return Object.keys(shape)
  const inner = (shape as Record<string, { unwrap?: () => { shape?: object } }>)[String(top)]?.unwrap?.().shape
  return Object.keys(inner ?? {})
}

function inFolder(audit: unknown, folder: string): unknown {
  if (!isRecord(audit) || typeof audit['folder'] !== 'string') return audit
  return { ...audit, folder: resolve(folder, audit['folder']) }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)
}

/** Where a file holds servers that its client does not look for there; undefined when it holds none. */
function serversElsewhere(value: unknown, path: string): string | undefined {
  if (Array.isArray(value)) return value.some(isServerLike) ? '(list)' : undefined
  if (!isRecord(value)) return undefined
  const wrapper = WRAPPERS.find((key) => isRecord(value[key]) && Object.values(value[key]).some(isServerLike))
  if (wrapper !== undefined) return wrapper
  // Files of all settings have much that looks like a server.
  return /mcp[^/\\]*$/i.test(path) ? Object.keys(value).find((key) => isServerLike(value[key])) : undefined
}

const WRAPPERS = ['mcpServers', 'servers', 'mcp_servers', 'context_servers', 'mcp', 'extensions']

function isServerLike(entry: unknown): boolean {
  return isRecord(entry) && ['command', 'url', 'serverUrl', 'httpUrl'].some((key) => typeof entry[key] === 'string')
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

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
