import { join } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import { matchesGlob } from '../../internal/glob.ts'
import type { Content, Group, PlacedFile, Places, Switches } from './client.ts'
import { dotConfig, editorFolders, foldersAbove, named, placed } from './folders.ts'
import { at, groupAt } from './groups.ts'
import { isServerLike } from './misplaced.ts'

// https://opencode.ai/docs/config, https://opencode.ai/docs/mcp-servers

const NAMES = ['opencode.jsonc', 'opencode.json']

/** From the nearest folder on; files further away are filled up by nearer ones. */
export function opencodeFiles(places: Places): PlacedFile[] {
  const { home } = places
  const [file, folder] = [named(places, 'OPENCODE_CONFIG'), named(places, 'OPENCODE_CONFIG_DIR')]
  return [
    ...foldersAbove(places).flatMap((above) =>
      placed(
        'project',
        ['.opencode', '.'].flatMap((below) => NAMES.map((name) => join(above, below, name))),
        { folder: above },
      ),
    ),
    ...(folder === undefined
      ? []
      : placed(
          'user',
          NAMES.map((name) => join(folder, name)),
        )),
    ...(file === undefined ? [] : placed('user', [file])),
    ...placed(
      'user',
      NAMES.map((name) => join(home, '.opencode', name)),
    ),
    ...placed('user', opencodeUserFiles(places)),
  ]
}

export function opencodeUserFiles(places: Places): string[] {
  return ['opencode.json', 'opencode.jsonc', 'config.json'].map((name) => join(dotConfig(places), 'opencode', name))
}

// https://kilo.ai/docs/automate/mcp/using-in-kilo-code
const KILO = ['kilo.jsonc', 'kilo.json']
const LEGACY = { key: ['mcpServers'], expansion: 'braces' } as const

/** Kilo's own files, and those of its extension before it was rebuilt on opencode. */
export function kiloFiles(places: Places): PlacedFile[] {
  return [
    ...foldersAbove(places).flatMap((above) => [
      ...placed(
        'project',
        ['.kilo', '.kilocode', '.'].flatMap((below) => KILO.map((name) => join(above, below, name))),
        { folder: above },
      ),
      ...placed('project', [join(above, '.kilocode', 'mcp.json')], { folder: above, ...LEGACY }),
    ]),
    ...placed('user', kiloUserFiles(places)),
    ...placed('user', [join(places.home, '.kilocode', 'cli', 'global', 'settings', 'mcp_settings.json')], LEGACY),
    ...placed(
      'user',
      editorFolders(places).map((folder) =>
        join(folder, 'globalStorage', 'kilocode.kilo-code', 'settings', 'mcp_settings.json'),
      ),
      LEGACY,
    ),
  ]
}

export function kiloUserFiles(places: Places): string[] {
  return [...KILO, 'config.json'].map((name) => join(dotConfig(places), 'kilo', name))
}

/** Servers stand below `mcp`, and in files of version 2 below `mcp.servers`. */
export function opencodeGroups(content: Content): Group[] {
  if (content.file.key !== undefined && content.file.key !== false) return [groupAt(content, content.file.key)]
  const { servers, timeout, ...legacy } = asRecord(at(content.value, ['mcp']))
  const plain = {
    ...legacy,
    ...(isServerLike(servers) ? { servers } : {}),
    ...(isServerLike(timeout) ? { timeout } : {}),
  }
  const native: Group[] = isRecord(servers) && !isServerLike(servers) ? [{ path: ['mcp', 'servers'], servers }] : []
  const whole = at(content.value, ['mcp'])
  return [...native, { path: ['mcp'], servers: isRecord(whole) ? plain : whole }]
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

/** `tools` and `permission` name tools as SERVER_TOOL; a pattern for all tools of a server switches it off. */
export function opencodeSwitches(contents: readonly Content[]): Switches {
  const patterns = contents.flatMap(({ value }) => [
    ...keysWith(at(value, ['tools']), false),
    ...keysWith(at(value, ['permission']), 'deny'),
  ])
  return (name) => {
    const prefix = `${name.replace(/[^\w-]/g, '_')}_`
    const off = patterns.some(
      (pattern) => pattern === name || (pattern !== '*' && pattern.endsWith('*') && matchesGlob(pattern, prefix)),
    )
    const exclude = patterns
      .filter((pattern) => pattern.startsWith(prefix))
      .map((pattern) => pattern.slice(prefix.length))
    return { off, ...(exclude.length === 0 ? {} : { exclude }) }
  }
}

function keysWith(map: unknown, wanted: unknown): string[] {
  return Object.entries(asRecord(map)).flatMap(([key, value]) => (value === wanted ? [key] : []))
}
