import { dirname, join, resolve } from 'node:path'
import { OptimizerError } from '../errors.ts'
import { stableJson } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'
import { LOG_LEVELS, type LogLevel } from '../internal/logger.ts'
import { likeliestName } from '../internal/nearest.ts'
import type { Places } from './clients/client.ts'
import { CLIENTS } from './clients/clients.ts'
import { readText } from './clients/file-reader.ts'
import { readClients } from './clients/read-clients.ts'
import { unsetProblems } from './clients/unset-variables.ts'
import type { ConfigProblem, LoadedConfig, ServerConfig } from './config.ts'
import { configFolder, defineConfig, homeFolder, type PartialConfig } from './defaults.ts'
import { isOurselves } from './entry.ts'
import { expandAll, type ExpandContext, unsetProblem } from './expand.ts'
import { mergeFeatures } from './features.ts'
import { readStructured } from './read-file.ts'
import { fileFaults, serverShape } from './shape.ts'

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

/** A server by its name, and where it came from. */
interface Known {
  readonly server: ServerConfig
  readonly from: string
  readonly client?: string
}

class Loader {
  readonly #options: LoadOptions
  readonly #places: Places
  readonly #expansion: ExpandContext
  readonly #problems: ConfigProblem[] = []
  readonly #sources: string[] = []
  readonly #servers = new Map<string, Known>()

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
    if (own !== undefined) await this.#addOwnServers(own.raw, own.path)
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
      return { path, raw: await this.#validated(content.value, path) }
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
  async #validated(raw: Record<string, unknown>, file: string): Promise<Record<string, unknown>> {
    const { servers, mcpServers, ...rest } = raw
    const kept: Record<string, unknown> = { ...rest }
    for (const { path, message, expected, drops } of await fileFaults(rest)) {
      this.#problem(file, path.join('.'), message, expected)
      if (drops !== undefined) delete kept[drops]
    }
    return { ...kept, servers: { ...(isRecord(mcpServers) ? mcpServers : {}), ...(isRecord(servers) ? servers : {}) } }
  }

  async #addOwnServers(raw: Record<string, unknown>, file: string): Promise<void> {
    for (const [name, entry] of Object.entries(isRecord(raw['servers']) ? raw['servers'] : {})) {
      // Variables come first: what an address expands to is what must be an address.
      const expanded = this.#expanded(entry, file, `servers.${name}`)
      if (expanded === undefined) continue
      const shape = await serverShape(expanded)
      if ('server' in shape) this.#add(name, { server: shape.server, from: file }, `servers.${name}`)
      else
        for (const { path, message, expected } of shape.faults)
          this.#problem(file, ['servers', name, ...path].join('.'), message, expected)
    }
  }

  async #addClients(names: readonly string[] | undefined, file: string): Promise<void> {
    for (const name of names ?? []) {
      if (CLIENTS.some((client) => client.name === name)) continue
      const nearest = likeliestName(
        name,
        CLIENTS.map((client) => client.name),
      )
      this.#problem(
        file,
        'import',
        `"${name}" is not a known client`,
        nearest ?? `one of ${CLIENTS.map((client) => client.name).join(', ')}`,
      )
    }
    const wanted = CLIENTS.filter(({ name }) => names === undefined || names.includes(name))
    const files = await readClients(wanted, this.#places)
    this.#problems.push(...unsetProblems(files))
    for (const { client, path, hasServers, servers, problems } of files) {
      if (hasServers) this.#sources.push(path)
      this.#problems.push(...problems)
      for (const { name, key, server } of servers)
        if (!isOurselves(server)) this.#add(name, { server, from: path, client: client.name }, key)
    }
  }

  #expanded(section: unknown, file: string, key: string): unknown {
    const { value, missing } = expandAll(section, 'braces', this.#expansion)
    if (missing.length === 0 || (isRecord(section) && section['disabled'] === true)) return value
    const { message, expected } = unsetProblem(missing)
    this.#problem(file, key, message, expected)
    return undefined
  }

  #add(name: string, added: Known, key: string): void {
    const known = this.#servers.get(name)
    if (known === undefined) this.#servers.set(name, added)
    // A client's nearer file takes the place of its farther one.
    else if (known.client !== added.client && stableJson(known.server) !== stableJson(added.server)) {
      this.#problem(
        added.from,
        key,
        `another server is named "${name}" already`,
        `another name; the one of ${known.from} is used`,
      )
    }
  }

  #settings(raw: Record<string, unknown>, file: string | undefined): PartialConfig {
    const folder = file === undefined ? this.#options.cwd : dirname(file)
    const {
      environment,
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
      environment,
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
    return section === undefined ? undefined : this.#expanded(section, file ?? '', key)
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

function withFolder(results: unknown, folder: string): unknown {
  if (!isRecord(results) || typeof results['exportDir'] !== 'string') return results
  return { ...results, exportDir: resolve(folder, results['exportDir']) }
}

function inFolder(audit: unknown, folder: string): unknown {
  if (!isRecord(audit) || typeof audit['folder'] !== 'string') return audit
  return { ...audit, folder: resolve(folder, audit['folder']) }
}
