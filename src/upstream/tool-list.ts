import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { modelText } from '../internal/text.ts'
import type { Connection, RequestOptions } from './connection.ts'
import type { ToolDefinition } from './upstream.ts'

const MAX_PAGES = 100
const MAX_TOOLS = 20_000
const MAX_TOOL_CHARS = 2_000_000
/** Schemas nest some ten levels; what reads them may be recursive. */
const MAX_TOOL_DEPTH = 500

export interface ToolList {
  readonly tools: readonly ToolDefinition[]
  readonly problems: readonly string[]
}

/** All pages of `tools/list`; each tool is judged alone, and what was read before a fault stays. */
export async function fetchToolList(connection: Connection, options: RequestOptions): Promise<ToolList> {
  const tools: ToolDefinition[] = []
  const problems: string[] = []
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; ; page++) {
    const result = await connection.request('tools/list', cursor === undefined ? {} : { cursor }, options)
    const listed = isRecord(result) ? result['tools'] : undefined
    if (!Array.isArray(listed)) {
      if (page === 0) throw new OptimizerError('UPSTREAM_PROTOCOL', 'its answer to tools/list has no array of tools')
      problems.push(`page ${page + 1} of its tools is not an array; what came before is used`)
      break
    }
    for (const tool of listed) addTool(tool, tools, problems)
    const next = isRecord(result) ? result['nextCursor'] : undefined
    if (typeof next !== 'string' || next === '') break
    const fault = pagingFault(next, seen, page, tools.length, listed.length)
    if (fault !== undefined) {
      problems.push(`${fault}; what came before is used`)
      break
    }
    seen.add(next)
    cursor = next
  }
  return { tools: tools.slice(0, MAX_TOOLS), problems }
}

function pagingFault(
  next: string,
  seen: ReadonlySet<string>,
  page: number,
  count: number,
  added: number,
): string | undefined {
  if (seen.has(next)) return 'its tool list repeats a cursor'
  if (page + 1 >= MAX_PAGES) return `its tool list has more than ${MAX_PAGES} pages`
  if (count >= MAX_TOOLS) return `its tool list has more than ${MAX_TOOLS} tools`
  return added === 0 && page > 2 ? 'its tool list goes on with empty pages' : undefined
}

function addTool(tool: unknown, tools: ToolDefinition[], problems: string[]): void {
  const fault = faultOf(tool)
  if (fault === undefined) tools.push(tool as ToolDefinition)
  else if (problems.length < 100) problems.push(fault)
}

function faultOf(tool: unknown): string | undefined {
  if (!isRecord(tool) || typeof tool['name'] !== 'string' || tool['name'] === '')
    return 'left out a tool without a name'
  const { name, description } = tool
  const shown = modelText(name, 60)
  if (description !== undefined && typeof description !== 'string')
    return `left out tool "${shown}": its description is not a text`
  if (isDeeperThan(tool, MAX_TOOL_DEPTH))
    return `left out tool "${shown}": its definition nests deeper than ${MAX_TOOL_DEPTH} levels`
  return JSON.stringify(tool).length > MAX_TOOL_CHARS
    ? `left out tool "${shown}": its definition has more than ${MAX_TOOL_CHARS} characters`
    : undefined
}
