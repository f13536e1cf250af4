import { join } from 'node:path'
import { isRecord } from '../../internal/json.ts'
import type { Content, Group, Level, PlacedFile, Places } from './client.ts'
import { entriesIn, placed } from './folders.ts'
import { at } from './groups.ts'
import { byName } from './lists.ts'

// https://docs.continue.dev/customize/deep-dives/mcp, https://docs.continue.dev/reference

/** The workspace's folder of servers, then the user's files. */
export async function continueFiles({ cwd, home }: Places): Promise<PlacedFile[]> {
  const user = join(home, '.continue')
  return [
    ...(await serverFiles('project', join(cwd, '.continue', 'mcpServers'))),
    ...placed('user', [join(user, 'config.yaml')]),
    ...(await serverFiles('user', join(user, 'mcpServers'))),
    ...placed('user', [join(user, 'config.json')], {
      format: 'json',
      key: ['experimental', 'modelContextProtocolServers'],
    }),
  ]
}

async function serverFiles(level: Level, folder: string): Promise<PlacedFile[]> {
  return (await entriesIn(folder)).flatMap((path) => {
    if (/\.ya?ml$/i.test(path)) return placed(level, [path], { key: ['mcpServers'], format: 'yaml' })
    return /\.jsonc?$/i.test(path) ? placed(level, [path], { key: ['mcpServers'], format: 'json', bare: true }) : []
  })
}

/** Servers are a list of entries with names; other clients' files may lie in the folder as they are. */
export function continueGroups({ file, value }: Content, { home }: Places): Group[] {
  const path = file.key === false || file.key === undefined ? ['mcpServers'] : file.key
  const servers = at(value, path) ?? (file.bare === true ? value : undefined)
  // A project's secrets are for servers of the project: who made the project wrote them.
  const ofProject = file.level === 'project' ? [join('.continue', '.env'), '.env'] : []
  const variableFiles = [...ofProject, join(home, '.continue', '.env')]
  return [{ path, servers: withVariables(Array.isArray(servers) ? byName(servers) : servers), variableFiles }]
}

/** `${{ secrets.NAME }}` is a variable of the files that the client keeps for it, else of the environment. */
function withVariables(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(
      /\$\{\{\s*(?:secrets|inputs)\.([\w.-]+)\s*\}\}/g,
      (_match, name: string) => `\${${name.replace(/\W/g, '_')}}`,
    )
  if (Array.isArray(value)) return value.map(withVariables)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withVariables(inner)]))
}
