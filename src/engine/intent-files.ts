import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CatalogProblem, Intent } from '../catalog/catalog.ts'
import { OptimizerError } from '../errors.ts'
import { writeAtomically } from '../internal/atomic-file.ts'
import { shortHash } from '../internal/hash.ts'
import { seal, unseal } from '../internal/seal.ts'
import { messageOf } from '../internal/text.ts'
import { within } from '../internal/within.ts'
import { DEFAULT_LIMITS, type SandboxBackend } from '../sandbox/sandbox.ts'

/** A folder of intents. */
export interface IntentFolder {
  readonly path: string
  /** `pack:<name>` or `file`. */
  readonly origin: string
  /** Name of a server in the programs → key of the configured server; undefined: not configured. */
  readonly server: (name: string) => string | undefined
}

export interface LoadedIntents {
  readonly intents: readonly Intent[]
  readonly problems: readonly CatalogProblem[]
}

export interface IntentLoader {
  readonly sandbox: SandboxBackend
  /** Folder where metadata is kept by content hash, so that a sandbox starts only for new files. */
  readonly cacheDir?: string
  /** False for a file that must not be evaluated with this text. @default all may be */
  readonly admits?: (file: string, text: string) => boolean
}

/** Reads all folders; a broken file is a problem, not an exception. The first of two equal names stays. */
export async function loadIntents(folders: readonly IntentFolder[], loader: IntentLoader): Promise<LoadedIntents> {
  const problems: CatalogProblem[] = []
  const files: IntentFile[] = []
  for (const folder of folders) {
    const found = await filesOf(folder, problems)
    files.push(...found.map((file) => ({ file, folder, where: `${folder.origin}/${basename(file)}` })))
  }
  const byName = new Map<string, Intent>()
  // Side by side: one that never ends costs the others nothing but the place that it holds.
  for (const { where, ...read } of await sideBySide(files, async (file) => await readIntent(file, loader))) {
    if ('what' in read) problems.push({ where, what: read.what })
    else if (read.intent === undefined) continue
    else if (byName.has(read.intent.name))
      problems.push({ where, what: `intent "${read.intent.name}" exists already; this one is left out` })
    else byName.set(read.intent.name, read.intent)
  }
  return { intents: [...byName.values()], problems }
}

interface IntentFile {
  readonly file: string
  readonly folder: IntentFolder
  readonly where: string
}

/** Files that are read at once, where some take long. */
const AT_ONCE = 8
/** Milliseconds after which the next file is begun: reading one takes microseconds, and one sandbox is enough for all. */
const SOON_MS = 1_000

async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: Promise<R>[] = []
  const open = new Set<Promise<unknown>>()
  for (const item of items) {
    const result = work(item)
    results.push(result)
    const ended = result.finally(() => open.delete(ended))
    open.add(ended)
    await (open.size < AT_ONCE ? within(SOON_MS, ended) : Promise.race(open))
  }
  return await Promise.all(results)
}

async function readIntent(
  { file, folder, where }: IntentFile,
  loader: IntentLoader,
): Promise<{ readonly where: string } & ({ readonly intent: Intent | undefined } | { readonly what: string })> {
  try {
    const text = await readFile(file, 'utf8')
    if (loader.admits?.(file, text) === false)
      return { where, what: 'it belongs to the project here and was not approved: mcp-optimizer trust' }
    return { where, intent: await loadIntent(text, folder, where, loader) }
  } catch (thrown) {
    return { where, what: messageOf(thrown) }
  }
}

/** The intent of one source text; undefined when a pack's server is not configured. Throws `CONFIG_INVALID` or `INVALID_CODE`. */
export async function loadIntent(
  source: string,
  folder: IntentFolder,
  where: string,
  loader: IntentLoader,
): Promise<Intent | undefined> {
  const { parseIntentMetadata } = await import('../catalog/intents.ts')
  const metadata = parseIntentMetadata(JSON.parse(await metadataJson(source, where, loader)), where)
  const aliases: Record<string, string> = {}
  for (const server of metadata.servers) {
    const key = folder.server(server)
    if (key === undefined) {
      if (folder.origin.startsWith('pack:')) return undefined
      throw new OptimizerError(
        'CONFIG_INVALID',
        `cannot offer intent "${metadata.name}": server "${server}" is not configured`,
      )
    }
    aliases[server] = key
  }
  return { ...metadata, origin: folder.origin, source, aliases }
}

async function filesOf(folder: IntentFolder, problems: CatalogProblem[]): Promise<string[]> {
  try {
    if (folder.path.endsWith('.ts')) return [folder.path]
    const names = await readdir(folder.path)
    return names
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .toSorted()
      .map((name) => join(folder.path, name))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || folder.origin.startsWith('pack:')) {
      problems.push({ where: folder.origin, what: messageOf(thrown) })
    }
    return []
  }
}

const METADATA_MS = 10_000

async function metadataJson(source: string, where: string, { sandbox, cacheDir }: IntentLoader): Promise<string> {
  const file = cacheDir === undefined ? undefined : join(cacheDir, 'intents', `${shortHash(source)}.json`)
  const known = file === undefined ? undefined : await readKnown(file)
  if (known !== undefined) return known
  const json = await evaluateMetadata(source, where, sandbox)
  if (file !== undefined) await writeAtomically(file, seal(json)).catch(() => undefined)
  return json
}

async function evaluateMetadata(source: string, where: string, backend: SandboxBackend): Promise<string> {
  await using sandbox = await backend.create({ version: 'metadata', functions: [], modules: [] })
  // Microseconds of work, but an intent that misses its time is missing from then on: a busy machine must not take it away.
  const limits = { ...DEFAULT_LIMITS, timeoutMs: METADATA_MS }
  const outcome = await sandbox.run({ kind: 'metadata', source, name: where }, refuse, limits)
  if (outcome.status !== 'ok' || outcome.value === undefined) {
    const { message = outcome.status, line, column } = outcome.error ?? {}
    throw new OptimizerError(
      'INVALID_CODE',
      `cannot read the metadata of ${where}: ${message}${line === undefined ? '' : ` (line ${line}:${column ?? 1})`}`,
    )
  }
  const { hasDefault, metadata } = JSON.parse(outcome.value) as { hasDefault: boolean; metadata: unknown }
  if (!hasDefault)
    throw new OptimizerError(
      'INVALID_CODE',
      `cannot use ${where}: it has no default export, wanted "export default async (input, tools) => …"`,
    )
  return JSON.stringify(metadata)
}

async function refuse(): Promise<string> {
  throw new OptimizerError('INVALID_REQUEST', 'metadata is a literal: it cannot call tools')
}

async function readKnown(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : unseal(text)
}
