import { homedir, userInfo } from 'node:os'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'

/** Where the folders of a program are looked for. */
export interface FolderPlaces {
  readonly platform: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
}

const NAME = 'mcp-optimizer'

/** Our folders, where each platform keeps those of a user's programs; `XDG_*`, `APPDATA` and `LOCALAPPDATA` come first. */
export function ownFolders(
  { platform, env, home }: FolderPlaces = { platform: process.platform, env: process.env, home: homedir() },
): { readonly config: string; readonly cache: string; readonly data: string } {
  // An empty variable names no folder.
  const from = (variable: string, ...otherwise: string[]): string => env[variable] || join(home, ...otherwise)
  switch (platform) {
    case 'darwin':
      return {
        config: join(home, 'Library', 'Preferences', NAME),
        cache: join(home, 'Library', 'Caches', NAME),
        data: join(home, 'Library', 'Application Support', NAME),
      }
    case 'win32':
      return {
        config: join(from('APPDATA', 'AppData', 'Roaming'), NAME, 'Config'),
        cache: join(from('LOCALAPPDATA', 'AppData', 'Local'), NAME, 'Cache'),
        data: join(from('LOCALAPPDATA', 'AppData', 'Local'), NAME, 'Data'),
      }
    default:
      return {
        config: join(from('XDG_CONFIG_HOME', '.config'), NAME),
        cache: join(from('XDG_CACHE_HOME', '.cache'), NAME),
        data: join(from('XDG_DATA_HOME', '.local', 'share'), NAME),
      }
  }
}

/** Folder below `cacheDir` that agents save intents in, unless `intents` names one. */
export const SAVED_INTENTS = 'saved-intents'

/** The user's folder for configuration; never one that is looked for in the working folder. */
export function configFolder(): string {
  const folder = ownFolders().config
  return isAbsolute(folder) ? folder : join(homeFolder(), '.config', NAME)
}

/** The user's folder for data; never one that is looked for in the working folder. */
export function dataFolder(): string {
  const folder = ownFolders().data
  return isAbsolute(folder) ? folder : join(homeFolder(), '.local', 'share', NAME)
}

/** The user's home folder; an empty or relative `HOME` is none: it would be looked for in the working folder. */
export function homeFolder(): string {
  const home = homedir()
  return isAbsolute(home) ? home : userInfo().homedir
}
