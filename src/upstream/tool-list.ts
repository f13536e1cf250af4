import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { cleanText, clip } from '../internal/text.ts'
import type { Connection, RequestOptions } from './connection.ts'
import type { ToolDefinition } from './upstream.ts'

const MAX_PAGES = 100
const MAX_TOOLS = 20_000
const MAX_TOOL_CHARS = 2_000_000
/** Ten times the largest list known; each page and each tool have caps of their own, whose product is gigabytes. */
const MAX_LIST_CHARS = 32_000_000
/** Schemas nest some ten levels; what reads them may be recursive. */
const MAX_TOOL_DEPTH = 500

export interface ToolList {
  readonly tools: readonly ToolDefinition[]
  readonly problems: readonly string[]
}

/** All pages of `tools/list`; each tool is judged alone, and what was read before a fault stays. */
export async function fetchToolList(
  connection: Pick<Connection, 'request' | 'offersTools'>,
  options: RequestOptions,
): Promise<ToolList> {
  const tools: ToolDefinition[] = []
  const problems: string[] = []
  const seen = new Set<string>()
  let cursor: string | undefined
  let chars = 0
  for (let page = 0; ; page++) {
    const params = cursor === undefined ? {} : { cursor }
    const result = await connection.request('tools/list', params, options).catch((thrown: unknown) => {
      if (page > 0 && OptimizerError.is(thrown)) problems.push(`page ${page + 1} of its tools: ${thrown.message}`)
      else if (connection.offersTools === false && isUnknownMethod(thrown))
        problems.push(`it offers no tools: ${thrown.message}`)
      else throw thrown
    })
    if (result === undefined) break
    const listed = isRecord(result)
      ? (result['tools'] ?? (page === 0 && 'tools' in result ? [] : undefined))
      : undefined
    if (!Array.isArray(listed)) {
      if (page === 0) throw new OptimizerError('UPSTREAM_PROTOCOL', 'its answer to tools/list has no array of tools')
      problems.push(`page ${page + 1} of its tools is not an array; what came before is used`)
      break
    }
    for (const tool of listed) {
      chars += addTool(tool, tools, problems)
      if (chars > MAX_LIST_CHARS) break
    }
    if (chars > MAX_LIST_CHARS) {
      problems.push(`its tool list has more than ${MAX_LIST_CHARS} characters; what came before is used`)
      tools.pop()
      break
    }
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

function isUnknownMethod(thrown: unknown): thrown is OptimizerError {
  return OptimizerError.is(thrown) && thrown.details?.['rpcCode'] === -32601
}

/** Characters of the tool that was added; 0 where it is left out. */
function addTool(tool: unknown, tools: ToolDefinition[], problems: string[]): number {
  const told = (what: string): void => void (problems.length < 100 && problems.push(what))
  const judged = faultOf(tool)
  if (typeof judged === 'string') {
    told(judged)
    return 0
  }
  tools.push(meant(withSchema(tool as ToolDefinition), told))
  return judged
}

/** Other APIs have other names for the schema of arguments, and some servers write it as JSON text. */
function withSchema(tool: ToolDefinition): ToolDefinition {
  const others = tool as unknown as Readonly<Record<string, unknown>>
  const given = tool.inputSchema ?? others['input_schema'] ?? others['parameters']
  const inputSchema = typeof given === 'string' ? (dataIn(given) ?? given) : given
  return inputSchema === tool.inputSchema || inputSchema === undefined ? tool : { ...tool, inputSchema }
}

function dataIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why a tool is left out, or the characters of its definition. */
function faultOf(tool: unknown): string | number {
  if (!isRecord(tool) || typeof tool['name'] !== 'string' || tool['name'] === '')
    return 'left out a tool without a name'
  const shown = shownName(tool['name'])
  if (isDeeperThan(tool, MAX_TOOL_DEPTH))
    return `left out tool ${shown}: its definition nests deeper than ${MAX_TOOL_DEPTH} levels`
  const chars = JSON.stringify(tool).length
  return chars > MAX_TOOL_CHARS
    ? `left out tool ${shown}: its definition has more than ${MAX_TOOL_CHARS} characters`
    : chars
}

const TEXTS: ReadonlySet<string> = new Set(['title', 'description'])
const RECORDS: ReadonlySet<string> = new Set(['annotations', '_meta'])

/** The definition as it was meant: null stands for nothing, and a field that cannot be read does not cost the tool. */
function meant(tool: ToolDefinition, told: (what: string) => void): ToolDefinition {
  const wrong = Object.entries(tool).filter(([key, value]) => value === null || isUnreadable(key, value))
  for (const [key, value] of wrong)
    if (value !== null) told(`tool ${shownName(tool.name)}: its ${key} cannot be read and is left out`)
  const { annotations } = tool
  const hasNulls = isRecord(annotations) && Object.values(annotations).includes(null)
  if (wrong.length === 0 && !hasNulls) return tool
  const left = new Set(wrong.map(([key]) => key))
  const kept = Object.fromEntries(Object.entries(tool).filter(([key]) => !left.has(key))) as unknown as ToolDefinition
  return hasNulls ? { ...kept, annotations: withoutNulls(annotations) } : kept
}

function isUnreadable(key: string, value: unknown): boolean {
  return (TEXTS.has(key) && typeof value !== 'string') || (RECORDS.has(key) && !isRecord(value))
}

function withoutNulls(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null))
}

function shownName(name: string): string {
  return `"${clip(cleanText(name.slice(0, 200)), 60)}"`
}
