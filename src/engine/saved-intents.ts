import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalog, Intent } from '../catalog/catalog.ts'
import { createNameIndex } from '../catalog/resolve-name.ts'
import type { Clock } from '../internal/clock.ts'
import { shortHash, stableJson } from '../internal/hash.ts'
import { within } from '../internal/within.ts'
import { loadIntent, type IntentLoader } from './intent-files.ts'
import type { LiveCatalog } from './live-catalog.ts'

/**
 * Intents that agents saved. Those of the local user stand in the folder itself and are everybody's, like other files
 * of the user; those of any other principal stand in a folder of its own, and nobody else sees them.
 */
export interface SavedIntents {
  /** Where a principal's intents are kept; undefined: nowhere. */
  folderOf(principal: string): string | undefined
  /** The catalog with what this principal saved, as far as it was looked at. */
  seenBy(catalog: Catalog, principal: string): Catalog
  /** Looks for what other gateways saved; not again so soon, unless `isNeeded`. Never rejects. */
  look(principal: string, isNeeded?: boolean): Promise<void>
  /** The intent of a source text, which is not kept yet. Throws `CONFIG_INVALID` or `INVALID_CODE`. */
  read(source: string, name: string): Promise<Intent>
  /** An intent whose file has its place now. */
  keep(intent: Intent, principal: string): void
}

export interface SavedIntentsOptions {
  readonly folder: string | undefined
  readonly live: Pick<LiveCatalog, 'current' | 'changeIntents'>
  readonly loader: IntentLoader
  /** Key of a configured server by its name. */
  readonly server: (name: string) => string | undefined
  readonly clock: Clock
}

/** Who the gateway belongs to, where nobody has to show a token. */
const LOCAL = 'local'
/** What another gateway saved is seen so soon by whoever does not ask for it by its name. */
const LOOK_EVERY_MS = 1_000
/** Milliseconds that a request waits for a look: reading takes some, a file that never ends the whole limit of programs. */
const LOOK_MS = 250
/** The same for one that names what is not known. */
const NEEDED_MS = 5_000
/** File systems tell times in ticks: within one, a later change looks like the one before. */
const TICK_MS = 50

/** Files of a folder as they were read. */
interface Shelf {
  readonly files: Map<string, { readonly text: string; readonly intent: Intent | undefined }>
  /** Of the folder, when it was read. */
  changedAt: number | undefined
  lookedAt: number
  looking: Promise<void> | undefined
}

export function createSavedIntents(options: SavedIntentsOptions): SavedIntents {
  const { folder, live, loader, clock } = options
  const shelves = new Map<string, Shelf>()
  const views = new WeakMap<Catalog, Map<string, View>>()
  const shelfOf = (principal: string): Shelf => {
    const known = shelves.get(principal)
    if (known !== undefined) return known
    const shelf = { files: new Map(), changedAt: undefined, lookedAt: Number.NEGATIVE_INFINITY, looking: undefined }
    shelves.set(principal, shelf)
    return shelf
  }
  const folderOf = (principal: string): string | undefined =>
    folder === undefined || principal === LOCAL ? folder : join(folder, `of-${shortHash(principal)}`)
  const read = async (source: string, name: string): Promise<Intent> => {
    const intent = await loadIntent(source, { path: '', origin: 'file', server: options.server }, `${name}.ts`, loader)
    if (intent === undefined) throw new TypeError('an intent of a file is never left out')
    return intent
  }
  const readFolder = async (principal: string, shelf: Shelf): Promise<void> => {
    shelf.lookedAt = clock.now()
    const path = folderOf(principal)
    const changedAt = path === undefined ? undefined : await changeOf(path)
    if (path === undefined || (changedAt !== undefined && changedAt === shelf.changedAt)) return
    const before = new Map(shelf.files)
    const texts = await textsIn(path)
    for (const name of shelf.files.keys()) if (!texts.has(name)) shelf.files.delete(name)
    const changed = [...texts].filter(([name, text]) => shelf.files.get(name)?.text !== text)
    // Side by side: one that never ends costs the others nothing.
    const found = await Promise.all(
      changed.map(async ([name, text]) => {
        const isAdmitted = loader.admits?.(join(path, name), text) !== false
        // A broken file is told of at the start; here it is as though it were not there.
        const intent = isAdmitted ? await read(text, name.slice(0, -3)).catch(() => undefined) : undefined
        return [name, { text, intent }] as const
      }),
    )
    for (const [name, file] of found) shelf.files.set(name, file)
    shelf.changedAt = changedAt !== undefined && clock.wall() - changedAt > TICK_MS ? changedAt : undefined
    if (principal === LOCAL) live.changeIntents((intents) => withFiles(intents, before, shelf.files))
  }

  return {
    folderOf,
    read,
    seenBy(catalog, principal) {
      const own = principal === LOCAL ? undefined : shelves.get(principal)
      if (own === undefined || own.files.size === 0) return catalog
      const known = views.get(catalog) ?? new Map<string, View>()
      views.set(catalog, known)
      const intents = [...own.files.values()].flatMap(({ intent }) => intent ?? [])
      const key = shortHash(stableJson(intents))
      const view = known.get(principal)
      if (view?.key === key) return view.catalog
      const made = withIntents(catalog, intents, key)
      known.set(principal, { key, catalog: made })
      return made
    },
    async look(principal, isNeeded = false) {
      const shelf = shelfOf(principal)
      if (!isNeeded && clock.now() - shelf.lookedAt < LOOK_EVERY_MS) return
      shelf.looking ??= readFolder(principal, shelf)
        .catch(() => undefined)
        .finally(() => {
          shelf.looking = undefined
        })
      await within(isNeeded ? NEEDED_MS : LOOK_MS, shelf.looking)
    },
    keep(intent, principal) {
      const { files } = shelfOf(principal)
      files.set(`${intent.name}.ts`, { text: intent.source ?? '', intent })
      if (principal === LOCAL)
        live.changeIntents((intents) => [...intents.filter(({ name }) => name !== intent.name), intent])
    },
  }
}

interface View {
  readonly key: string
  readonly catalog: Catalog
}

/** Names that the gateway or its user has given stay theirs. */
function withIntents(catalog: Catalog, own: readonly Intent[], key: string): Catalog {
  const added = own.filter(({ name }) => !catalog.intents.has(name)).map((intent) => [intent.name, intent] as const)
  const all = [...catalog.intents, ...added].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const intents = new Map(all)
  const names = createNameIndex({ ...catalog, intents })
  return Object.freeze({ ...catalog, version: shortHash(`${catalog.version}\n${key}`), intents, names })
}

/** Changes of files, where the intent in use is that of the file: another folder may have one of the same name. */
function withFiles(intents: readonly Intent[], before: Shelf['files'], now: Shelf['files']): readonly Intent[] {
  const byName = new Map(intents.map((intent) => [intent.name, intent]))
  let changed = false
  for (const [file, { intent }] of before) {
    if (intent === undefined || now.get(file)?.intent === intent) continue
    if (byName.get(intent.name)?.source === intent.source) changed = byName.delete(intent.name) || changed
  }
  for (const { intent } of now.values()) {
    if (intent === undefined || byName.has(intent.name)) continue
    byName.set(intent.name, intent)
    changed = true
  }
  return changed ? [...byName.values()] : intents
}

async function changeOf(path: string): Promise<number | undefined> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  )
}

async function textsIn(path: string): Promise<Map<string, string>> {
  const names = await readdir(path).catch(() => [])
  const texts = new Map<string, string>()
  for (const name of names.filter((one) => one.endsWith('.ts') && !one.endsWith('.d.ts')).toSorted()) {
    const text = await readFile(join(path, name), 'utf8').catch(() => undefined)
    if (text !== undefined) texts.set(name, text)
  }
  return texts
}
