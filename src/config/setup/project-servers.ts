import { isRecord } from '../../internal/json.ts'
import type { Client, Places } from '../clients/client.ts'
import { contentsOf, type Read } from '../clients/contents.ts'
import { groupsOf } from '../clients/groups.ts'
import { readStructured } from '../read-file.ts'

/** Servers that a client has for one project alone. */
export interface ProjectServers {
  /** The project's folder or file. */
  readonly place: string
  readonly names: readonly string[]
}

/** Setup leaves servers of projects where they are: whoever works on a project shares them, or wants them only there. */
export async function projectServers(client: Client, places: Places): Promise<ProjectServers[]> {
  const contents = (await contentsOf(client, places)).filter(({ file }) => file.level === 'project')
  const ofFiles = await Promise.all(
    contents.map(async (content) => ({ place: content.file.path, names: await namesIn(client, content, places) })),
  )
  const ofUser = client.name === 'claude-code' ? await projectsIn(client.userFile(places)) : []
  return [...ofFiles, ...ofUser].filter(({ names }) => names.length > 0)
}

async function namesIn(client: Client, content: Read, places: Places): Promise<string[]> {
  if ('fault' in content) return []
  const groups = await groupsOf(client, content, places)
  return groups.flatMap(({ servers }) => (isRecord(servers) ? Object.keys(servers) : []))
}

/** Claude Code keeps servers of each project in the user's file. */
async function projectsIn(path: string): Promise<ProjectServers[]> {
  const content = await readStructured(path, 'json')
  const { projects }: { projects?: unknown } = content !== undefined && 'value' in content ? Object(content.value) : {}
  return Object.entries(isRecord(projects) ? projects : {}).map(([place, project]) => {
    const servers = isRecord(project) ? project['mcpServers'] : undefined
    return { place, names: isRecord(servers) ? Object.keys(servers) : [] }
  })
}
