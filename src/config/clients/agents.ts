import { isRecord } from '../../internal/json.ts'
import type { Content, Level, PlacedFile, Switches } from './client.ts'
import { entriesIn, placed } from './folders.ts'
import { at } from './groups.ts'

// Agents of Amazon Q and Kiro: https://github.com/aws/amazon-q-developer-cli/blob/main/docs/agent-format.md

/** Files of agents, which may bring servers of their own. */
export async function agentFiles(level: Level, ...folders: readonly string[]): Promise<PlacedFile[]> {
  const files = await Promise.all(folders.map(async (folder) => await entriesIn(folder)))
  return placed(
    level,
    files.flat().filter((path) => path.endsWith('.json')),
    { key: ['mcpServers'], owner: 'agent' },
  )
}

/** An agent has the tools that it lists: `*`, `@server`, `@server/tool`. */
export function agentSwitches(contents: readonly Content[]): Switches {
  return (name, _entry, file) => {
    const agent = file.owner === 'agent' ? contents.find((content) => content.file === file)?.value : undefined
    const tools: unknown = at(agent, ['tools'])
    if (!isRecord(agent) || !Array.isArray(tools)) return {}
    if (tools.includes('*') || tools.includes(`@${name}`) || tools.includes(`@${name}/*`)) return {}
    const prefix = `@${name}/`
    const include = tools.flatMap((tool) =>
      typeof tool === 'string' && tool.startsWith(prefix) ? [tool.slice(prefix.length)] : [],
    )
    return include.length === 0 ? { off: true } : { include }
  }
}
