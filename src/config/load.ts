import { basename, dirname, join, resolve } from 'node:path'
import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { LOG_LEVELS, type LogLevel } from '../internal/logger.ts'
import { likeliestName } from '../internal/nearest.ts'
import type { Places } from './clients/client.ts'
import { CLIENTS } from './clients/clients.ts'
import { readText } from './clients/file-reader.ts'
import { readClients } from './clients/read-clients.ts'
import { unsetProblems } from './clients/unset-variables.ts'
import type { ConfigProblem, LoadedConfig, ServerConfig, SkippedServer } from './config.ts'
import { completeConfig } from './complete-config.ts'
import { expandAll, type ExpandContext, unsetProblem } from './expand.ts'
import { mergeFeatures } from './features.ts'
import type { OwnAddress } from './own-address.ts'
import { isOurselves } from './own-gateway.ts'
import { configFolder, homeFolder, SAVED_INTENTS } from './own-folders.ts'
import { type OwnPlace, ownPlaces } from './own-places.ts'
import type { PartialConfig } from './partial-config.ts'
import { readStructured } from './read-file.ts'
import { createSecretSources, type ReadSecret } from './secret-sources.ts'
import { serverIdentity } from './server-identity.ts'
import { fileFaults, serverShape } from './shape.ts'
import { Approvals } from './trust/approvals.ts'
import { type Claim, claimOf, type Part } from './trust/claim.ts'
import { type Gate, type LeftOut, LockedGate, OpenGate } from './trust/gate.ts'
import { admitIntents } from './trust/intents.ts'
import { unapprovedServers } from './trust/left-out.ts'

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
  /** What `${command:…}` and `${keychain:…}` of the user's own file stand for. @default the command, the keychain */
  readonly readSecret?: ReadSecret
}

/**
 * Finds and reads the configuration: `--config` or `MCP_OPTIMIZER_CONFIG`, else `mcp-optimizer.json` here or above, else in the
 * user's folder; with none of them the servers of all clients on this machine. What a project's files would run is left
 * out unless this user approved it. Whatever is wrong is a problem with its place; the rest works. Throws
 * `CONFIG_INVALID` only when a file that was asked for cannot be read.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const gate = new LockedGate(approvalsOf(options), options.env)
  return await new Loader(options, gate, gate.leftOut).load()
}

/** All that files of projects would run if it were approved, in the working folder of the options. Starts nothing. */
export async function projectParts(
  options: LoadOptions,
): Promise<{ readonly parts: readonly Part[]; readonly problems: readonly ConfigProblem[] }> {
  const gate = new OpenGate(options.env)
  const { problems } = await new Loader(options, gate, []).load()
  return { parts: gate.parts, problems }
}

/** What this user has approved. */
export function approvalsOf({ userFolder = configFolder() }: Pick<LoadOptions, 'userFolder'>): Approvals {
  return new Approvals(userFolder)
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
  #expansion: ExpandContext
  readonly #gate: Gate
  readonly #leftOut: readonly LeftOut[]
  readonly #problems: ConfigProblem[] = []
  readonly #sources: string[] = []
  readonly #skipped: SkippedServer[] = []
  #ownAddress: OwnAddress = { host: '127.0.0.1', port: 7_331 }
  readonly #servers = new Map<string, Known>()

  constructor(options: LoadOptions, gate: Gate, leftOut: readonly LeftOut[]) {
    const { cwd, env, platform = process.platform, home = homeFolder() } = options
    this.#options = options
    this.#places = { platform, home, cwd, env }
    this.#expansion = { env, cwd, home, readText, readSecret: options.readSecret ?? createSecretSources(env, cwd) }
    this.#gate = gate
    this.#leftOut = leftOut
  }

  async load(): Promise<LoadedConfig> {
    const { env, flags = {} } = this.#options
    const own = await this.#ownFile()
    const raw = own?.raw ?? {}
    const fileName = own?.path ?? 'defaults'
    this.#ownAddress = { ...this.#ownAddress, ...this.#servedAt(raw['http']) }
    if (own !== undefined) await this.#addOwnServers(own.raw, own.path)
    const wanted = own === undefined ? true : raw['import']
    if (wanted === true || Array.isArray(wanted))
      await this.#addClients(wanted === true ? undefined : wanted.map(String), fileName)
    const { features, problems } = mergeFeatures(isRecord(raw['features']) ? raw['features'] : {}, env, flags, fileName)
    this.#problems.push(...problems)
    const settings = this.#settings(raw, own?.path)
    const servers = Object.fromEntries([...this.#servers].map(([name, { server }]) => [name, server]))
    const wantedConfig = { ...settings, servers, features, ...this.#fromFlags(settings) }
    const intents = own?.level === 'project' ? this.#projectIntents(own.path, wantedConfig) : {}
    const config = completeConfig({ ...wantedConfig, ...intents, unapproved: this.#unapproved() })
    return { config, problems: this.#problems, sources: this.#sources, leftOut: this.#leftOut, skipped: this.#skipped }
  }

  /** A name that another server has is no missing one. */
  #unapproved(): string[] {
    return unapprovedServers(this.#leftOut).filter((name) => !this.#servers.has(name))
  }

  async #ownFile(): Promise<(OwnPlace & { readonly raw: Record<string, unknown> }) | undefined> {
    const { cwd, env, flags = {}, userFolder = configFolder() } = this.#options
    const named = flags['config'] ?? env['MCP_OPTIMIZER_CONFIG']
    const asked = typeof named === 'string' && named !== '' ? named : undefined
    for (const place of ownPlaces({ asked, cwd, home: this.#places.home, userFolder })) {
      const raw = await this.#readOwn(place)
      if (raw === undefined) continue
      this.#sources.push(place.path)
      this.#readBeside(place.path)
      return { ...place, raw: await this.#validated(raw, place.path) }
    }
    if (asked !== undefined) throw new OptimizerError('CONFIG_INVALID', `cannot read ${asked}: no such file`)
    return undefined
  }

  /** `${file:x}` stands beside the file that says so: a working folder must not fill in what the user's own file leaves open. */
  #readBeside(path: string): void {
    const { readText: read } = this.#expansion
    this.#expansion = { ...this.#expansion, readText: (name) => read(resolve(dirname(path), name)) }
  }

  /** The content of a file of our own; undefined where there is none, or none that may be used. */
  async #readOwn({ path, level }: OwnPlace): Promise<Record<string, unknown> | undefined> {
    const content = await readStructured(path, 'json', level === 'asked')
    if (content === undefined) return undefined
    const fault = 'fault' in content ? content.fault : isRecord(content.value) ? undefined : 'found no object'
    const says = 'value' in content && isRecord(content.value) ? content.value : {}
    const claim = claimOf('file', { folder: dirname(path), path, name: basename(path), says: withoutSchema(says) })
    if (fault !== undefined) {
      // A file that nobody here ever approved stops nothing, not even by being broken.
      if (level !== 'project' || approvalsOf(this.#options).hasOther(claim))
        throw new OptimizerError('CONFIG_INVALID', `cannot read ${path}: ${fault}`)
      this.#problem(path, '', `${fault}; the file is left out`, 'JSON')
      return undefined
    }
    if (level === 'project' && !this.#isAdmitted(claim)) return undefined
    if ('repeated' in content) this.#reportRepeated(content.repeated, path)
    return says
  }

  /** From here on variables of this file are its own: what it reads is noted, and its folder is the workspace. */
  #isAdmitted(claim: Claim): boolean {
    const around = this.#gate.admit(claim, (surroundings) => surroundings)
    if (around === undefined) return false
    // A project reads no secrets of its user: its file is somebody else's.
    const { readSecret: _secrets, ...rest } = this.#expansion
    this.#expansion = { ...rest, ...around, cwd: claim.folder }
    return true
  }

  /** Intents that a project brings: each file is approved by its content. */
  #projectIntents(path: string, { intents = [], cacheDir }: PartialConfig): PartialConfig {
    const { userFolder = configFolder() } = this.#options
    const folder = dirname(path)
    const isOfProject = this.#fromFlags({}).cacheDir === undefined && cacheDir !== undefined
    const paths = [...intents, ...(isOfProject ? [join(cacheDir, SAVED_INTENTS)] : [])]
    return { projectIntents: { userFolder, folder, paths, files: admitIntents(paths, folder, this.#gate) } }
  }

  #reportRepeated(names: readonly string[], file: string): void {
    for (const name of names) this.#problem(file, name, 'stands there twice', 'one of them; the last one is used')
  }

  /** Drops what the schema refuses, each with a problem of its own; servers are judged one by one. */
  async #validated(raw: Record<string, unknown>, file: string): Promise<Record<string, unknown>> {
    const { servers, mcpServers, ...rest } = raw
    const kept: Record<string, unknown> = { ...rest }
    for (const { path, message, expected, drops } of fileFaults(rest)) {
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
      const shape = serverShape(expanded)
      if ('server' in shape) this.#addOwn(name, { server: this.#placed(shape.server), from: file })
      else
        for (const { path, message, expected } of shape.faults)
          this.#problem(file, ['servers', name, ...path].join('.'), message, expected)
    }
  }

  #addOwn(name: string, added: Known): void {
    const isOurs = isOurselves(added.server, this.#ownAddress)
    if (isOurs) this.#problem(added.from, `servers.${name}`, 'is this gateway itself', 'the servers behind it')
    else this.#add(name, added, `servers.${name}`)
  }

  /** A server of a project starts in the project's folder, wherever below it the gateway was started. */
  #placed(server: ServerConfig): ServerConfig {
    const { cwd } = this.#expansion
    const isHere = server.type !== 'stdio' || cwd === resolve(this.#places.cwd)
    return isHere ? server : { ...server, cwd: resolve(cwd, server.cwd ?? '.') }
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
    const files = await readClients(wanted, this.#places, this.#gate)
    this.#problems.push(...unsetProblems(files))
    for (const { client, path, hasServers, servers, problems } of files) {
      if (hasServers) this.#sources.push(path)
      this.#problems.push(...problems)
      for (const { name, key, server } of servers)
        if (isOurselves(server, this.#ownAddress)) this.#skipped.push({ file: path, path: key, name, why: 'ourselves' })
        else this.#add(name, { server, from: path, client: client.name }, key)
    }
  }

  #expanded(section: unknown, file: string, key: string): unknown {
    const { value, missing } = expandAll(section, 'own', this.#expansion)
    if (missing.length === 0 || (isRecord(section) && section['disabled'] === true)) return value
    const { message, expected } = unsetProblem(missing)
    this.#problem(file, key, message, expected)
    return undefined
  }

  #add(name: string, added: Known, key: string): void {
    const known = this.#servers.get(name)
    const same = known === undefined ? this.#sameElsewhere(added) : undefined
    if (same !== undefined) this.#skipped.push({ file: added.from, path: key, name, why: 'same', as: same })
    else if (known === undefined) this.#servers.set(name, added)
    else if (serverIdentity(known.server) !== serverIdentity(added.server)) {
      this.#problem(
        added.from,
        key,
        `another server is named "${name}" already`,
        `another name; the one of ${known.from} is used`,
      )
    }
  }

  /** The name under which another file has the very server: it is started once. */
  #sameElsewhere({ server, from, client }: Known): string | undefined {
    if (client === undefined || server.disabled === true) return undefined
    const identity = serverIdentity(server)
    const found = [...this.#servers].find(
      ([, known]) => known.from !== from && known.server.disabled !== true && serverIdentity(known.server) === identity,
    )
    return found?.[0]
  }

  #settings(raw: Record<string, unknown>, file: string | undefined): PartialConfig {
    const folder = file === undefined ? this.#options.cwd : dirname(file)
    const {
      environment,
      firstStarts,
      intents,
      packs,
      sandbox,
      cache,
      http,
      search,
      sessions,
      results,
      toolLists,
      audit,
      telemetry,
      logins,
      logLevel,
      compact,
      pinned,
      profiles,
      cacheDir,
    } = raw as Record<string, never>
    const defined = Object.entries({
      environment,
      firstStarts,
      packs,
      sandbox,
      cache: this.#withSecrets(cache, file, 'cache'),
      http: withTokens(this.#withSecrets(http, file, 'http'), folder),
      search: this.#withSecrets(search, file, 'search'),
      sessions: this.#withSecrets(sessions, file, 'sessions'),
      results: withFolder(results, folder),
      toolLists,
      audit: inFolder(audit, folder),
      logins: inFolder(logins, folder),
      telemetry,
      logLevel,
      compact,
      pinned,
      profiles,
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

  /** Where this gateway would be served; variables in a host are not looked at. */
  #servedAt(http: unknown): Partial<OwnAddress> {
    const { host, port } = isRecord(http) ? http : {}
    const asked = this.#options.flags?.['http']
    return {
      ...(typeof host === 'string' ? { host } : {}),
      ...(typeof port === 'number' ? { port } : {}),
      ...(typeof asked === 'string' ? this.#address(asked) : {}),
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
      throw new OptimizerError('CONFIG_INVALID', `cannot use --http ${text}: wanted PORT or HOST:PORT`, {
        suggestion: 'give a port from 0 to 65535, alone or behind a host',
      })
    }
    return { port, ...(match[1] === undefined ? {} : { host: match[1].replace(/^\[|\]$/g, '') }) }
  }

  #problem(file: string, path: string, message: string, expected: string): void {
    this.#problems.push({ file, path, message, expected })
  }
}

function withoutSchema({ $schema: _schema, ...says }: Record<string, unknown>): Record<string, unknown> {
  return says
}

function withTokens(http: unknown, folder: string): unknown {
  return isRecord(http) && typeof http['tokens'] === 'string'
    ? { ...http, tokens: resolve(folder, http['tokens']) }
    : http
}

function withFolder(results: unknown, folder: string): unknown {
  if (!isRecord(results) || typeof results['exportDir'] !== 'string') return results
  return { ...results, exportDir: resolve(folder, results['exportDir']) }
}

function inFolder(section: unknown, folder: string): unknown {
  if (!isRecord(section) || typeof section['folder'] !== 'string') return section
  return { ...section, folder: resolve(folder, section['folder']) }
}
