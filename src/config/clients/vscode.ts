import { join } from 'node:path'
import type { Content, Group, PlacedFile, Places, Switches } from './client.ts'
import { appData, entriesIn, placed } from './folders.ts'
import { at, groupAt } from './groups.ts'

// https://code.visualstudio.com/docs/copilot/reference/mcp-configuration, https://code.visualstudio.com/docs/configure/profiles

/** Settings once held servers, below `mcp.servers`; the key is also written flat. */
const SETTINGS = { key: ['mcp', 'servers'] } as const

/** Files of the workspace, then those of the user and of the user's profiles. */
export async function vscodeFiles(editor: string, places: Places): Promise<PlacedFile[]> {
  const { cwd, home } = places
  const user = join(appData(places), editor, 'User')
  const profiles = await entriesIn(join(user, 'profiles'))
  const workspaces = (await entriesIn(cwd)).filter((path) => path.endsWith('.code-workspace'))
  const remote = join(home, editor === 'Code' ? '.vscode-server' : '.vscode-server-insiders', 'data')
  return [
    ...placed('project', [join(cwd, '.vscode', 'mcp.json')]),
    ...placed('project', [join(cwd, '.vscode', 'settings.json')], SETTINGS),
    ...placed('project', workspaces, { key: ['settings', 'mcp', 'servers'] }),
    ...[user, ...profiles].flatMap((folder) => [
      ...placed('user', [join(folder, 'mcp.json')]),
      ...placed('user', [join(folder, 'settings.json')], SETTINGS),
    ]),
    ...placed('user', [join(remote, 'User', 'mcp.json')]),
    ...placed('user', [join(remote, 'Machine', 'settings.json')], SETTINGS),
  ]
}

export function vscodeUserFile(editor: string, places: Places): string {
  return join(appData(places), editor, 'User', 'mcp.json')
}

export function vscodeGroups(content: Content): Group[] {
  const { file, value } = content
  const key = file.key === false || file.key === undefined ? ['servers'] : file.key
  const flat = at(value, ['mcp.servers'])
  return [groupAt(content, key), ...(flat === undefined ? [] : [{ path: ['mcp.servers'], servers: flat }])]
}

/** A setting may take all servers away. */
export function vscodeSwitches(contents: readonly Content[]): Switches {
  const off = contents.some(
    ({ value }) => at(value, ['chat.mcp.access']) === 'none' || at(value, ['chat.mcp.enabled']) === false,
  )
  return () => ({ off })
}
