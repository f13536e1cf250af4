import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Level, PlacedFile, Places } from './client.ts'

/** A folder that a variable names; an empty one names none. */
export function named({ env }: Places, variable: string): string | undefined {
  const path = env[variable]
  return path === undefined || path.trim() === '' ? undefined : path
}

/** Application data: `~/Library/Application Support`, `%APPDATA%` or `~/.config`. */
export function appData(places: Places): string {
  const { platform, home } = places
  if (platform === 'darwin') return join(home, 'Library', 'Application Support')
  if (platform === 'win32') return named(places, 'APPDATA') ?? join(home, 'AppData', 'Roaming')
  return dotConfig(places)
}

/** `%LOCALAPPDATA%` */
export function localAppData(places: Places): string {
  return named(places, 'LOCALAPPDATA') ?? join(places.home, 'AppData', 'Local')
}

/** `~/.config` on every platform, as programs from Linux keep it. */
export function dotConfig(places: Places): string {
  return named(places, 'XDG_CONFIG_HOME') ?? join(places.home, '.config')
}

/** Folder of what the administrator of this machine configures. */
export function systemFolder(
  { platform, systemRoot = '' }: Places,
  linux: string,
  mac: string,
  windows: string,
): string {
  const path = platform === 'darwin' ? mac : platform === 'win32' ? windows : linux
  return systemRoot === '' ? path : join(systemRoot, path.replace(/^[A-Z]:/, ''))
}

/** The working folder and those above it, nearest first, up to the home folder, which is no project. */
export function foldersAbove({ cwd, home }: Places): string[] {
  const folders = [resolve(cwd)]
  for (let folder = dirname(resolve(cwd)); folder !== home && folder !== dirname(folder); folder = dirname(folder)) {
    if (folders[0] === home) break
    folders.push(folder)
  }
  return folders
}

/** The nearest folder with a `.git`; undefined outside of repositories. */
export function repositoryOf(places: Places): string | undefined {
  return foldersAbove(places).find((folder) => existsSync(join(folder, '.git')))
}

/** Paths of what a folder holds, in the order of their names; none where there is no such folder. */
export async function entriesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.toSorted().map((name) => join(folder, name))
}

/** Files at some paths. */
export function placed(
  level: Level,
  paths: readonly string[],
  more: Omit<PlacedFile, 'path' | 'level'> = {},
): PlacedFile[] {
  return paths.map((path) => ({ path, level, ...more }))
}

/** The first of some paths that is there, or the first. */
export function existing(paths: readonly string[]): string {
  return paths.find((path) => existsSync(path)) ?? paths[0] ?? ''
}

/** User folders of Visual Studio Code and the editors made from it. */
export function editorFolders(places: Places): string[] {
  return ['Code', 'Code - Insiders', 'VSCodium', 'Cursor', 'Windsurf', 'Trae', 'Antigravity'].map((editor) =>
    join(appData(places), editor, 'User'),
  )
}
