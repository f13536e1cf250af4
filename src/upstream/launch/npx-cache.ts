import { createHash } from 'node:crypto'
import { access, readFile, rmdir, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isRecord } from '../../internal/json.ts'
import type { Launch } from './launch.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** npm touches its own lock every second. A new npx waits a minute for one that was left behind. */
const LOCK_SILENT_MS = 5_000

/** The folder that npx installs these packages into: one for each set of packages, whichever server they belong to. */
export async function npxEntry({ packages, options }: Launch, env: Variables, isWindows: boolean): Promise<string> {
  const names = packages.toSorted((a, b) => a.localeCompare(b, 'en')).join('\n')
  const hash = createHash('sha512').update(names).digest('hex').slice(0, 16)
  return join(options.get('cache') ?? (await cacheFolder(env, isWindows)), '_npx', hash)
}

/** True once npm has finished there: it writes the list of what it installed last, and holds its lock until then. */
export async function isWhole(entry: string): Promise<boolean> {
  const modules = join(entry, 'node_modules')
  if (!(await exists(join(modules, '.package-lock.json')))) return false
  if ((await lockTouchedAt(entry)) !== undefined) return false
  const wanted = await dependencies(join(entry, 'package.json'))
  const found = await Promise.all(wanted.map(async (name) => await exists(join(modules, name, 'package.json'))))
  return found.every(Boolean)
}

/**
 * Waits for an npx that installs there already, whoever started it, and removes the lock of one that was killed: it is
 * not touched for five times as long as npm takes for it.
 */
export async function removeDeadLock(entry: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const seen = await lockTouchedAt(entry)
    if (seen === undefined) return
    await pause(LOCK_SILENT_MS, undefined, { signal }).catch(() => undefined)
    signal.throwIfAborted()
    if ((await lockTouchedAt(entry)) === seen) await rmdir(join(entry, LOCK)).catch(() => undefined)
  }
}

const LOCK = 'concurrency.lock'

async function lockTouchedAt(entry: string): Promise<number | undefined> {
  return (await stat(join(entry, LOCK)).catch(() => undefined))?.mtimeMs
}

async function dependencies(file: string): Promise<string[]> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    return isRecord(parsed) && isRecord(parsed['dependencies']) ? Object.keys(parsed['dependencies']) : []
  } catch {
    return []
  }
}

async function cacheFolder(env: Variables, isWindows: boolean): Promise<string> {
  const set = Object.entries(env).find(([name]) => name.toLowerCase() === 'npm_config_cache')?.[1]
  if (set !== undefined && set !== '') return set
  const home = homeOf(env)
  const file = env['npm_config_userconfig'] ?? env['NPM_CONFIG_USERCONFIG'] ?? join(home, '.npmrc')
  const [, written] = /^\s*cache\s*=\s*(\S.*?)\s*$/m.exec(await readFile(file, 'utf8').catch(() => '')) ?? []
  if (written !== undefined) {
    const folder = written.replaceAll(/\$\{(\w+)\}/g, (match, name: string) => env[name] ?? match)
    if (isAbsolute(folder)) return folder
    if (folder.startsWith('~/')) return join(home, folder.slice(2))
  }
  if (isWindows) return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'npm-cache')
  return join(home, '.npm')
}

export function homeOf(env: Variables): string {
  return env['HOME'] ?? env['USERPROFILE'] ?? ''
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
