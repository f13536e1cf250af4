import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { cleanText, clip } from '../internal/text.ts'
import { inTurns } from '../internal/json-slices.ts'
import type { Connection, RequestOptions } from './connection.ts'
import { type LargePage, ReadResult } from './large-messages.ts'
import { createListBudget, type ListBudget, type ListLimits } from './list-budget.ts'
import type { ToolDefinition } from './upstream.ts'

const MAX_PAGES = 100
/** Of one list. */
const MAX_PROBLEMS = 100
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
  budget: ListBudget = createListBudget().of(''),
): Promise<ToolList> {
  const { limits, others } = budget
  const most = Math.min(limits.maxChars, limits.maxAllChars - others())
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
    const read = pageOf(result)
    if (read !== undefined) problems.push(...read.problems.slice(0, MAX_PROBLEMS - problems.length))
    const listed = read?.tools ?? toolsIn(result, page)
    if (!Array.isArray(listed)) {
      if (page === 0) throw new OptimizerError('UPSTREAM_PROTOCOL', 'its answer to tools/list has no array of tools')
      problems.push(`page ${page + 1} of its tools is not an array; what came before is used`)
      break
    }
    let at = 0
    // A large one takes milliseconds.
    await inTurns(() => {
      if (at >= listed.length || chars > most) return true
      const tool: unknown = listed[at++]
      chars += addTool(read === undefined ? tool : JSON.parse(tool as string), tools, problems, limits)
      return false
    })
    if (chars > most) {
      problems.push(beyond(limits, others()))
      tools.pop()
      break
    }
    const next = read === undefined && isRecord(result) ? result['nextCursor'] : read?.nextCursor
    if (typeof next !== 'string' || next === '') break
    const fault = pagingFault(next, seen, page, { count: tools.length, added: listed.length, limits })
    if (fault !== undefined) {
      problems.push(`${fault}; what came before is used`)
      break
    }
    seen.add(next)
    cursor = next
  }
  if (tools.length > limits.maxTools && !problems.some((problem) => problem.includes('maxTools')))
    problems.push(`${tooMany(limits)}; what came before is used`)
  budget.took(Math.min(chars, most))
  return { tools: tools.slice(0, limits.maxTools), problems }
}

function tooMany({ maxTools }: ListLimits): string {
  return `its tool list has more than ${maxTools} tools (toolLists.maxTools)`
}

function beyond({ maxChars, maxAllChars }: ListLimits, others: number): string {
  return maxAllChars - others < maxChars
    ? `all tool lists together have more than ${maxAllChars} characters (toolLists.maxAllChars); what came before is used`
    : `its tool list has more than ${maxChars} characters (toolLists.maxChars); what came before is used`
}

function pageOf(result: unknown): LargePage | undefined {
  return result instanceof ReadResult ? (result.made as LargePage) : undefined
}

function toolsIn(result: unknown, page: number): unknown {
  return isRecord(result) ? (result['tools'] ?? (page === 0 && 'tools' in result ? [] : undefined)) : undefined
}

function pagingFault(
  next: string,
  seen: ReadonlySet<string>,
  page: number,
  { count, added, limits }: { readonly count: number; readonly added: number; readonly limits: ListLimits },
): string | undefined {
  if (seen.has(next)) return 'its tool list repeats a cursor'
  if (page + 1 >= MAX_PAGES) return `its tool list has more than ${MAX_PAGES} pages`
  if (count > limits.maxTools) return tooMany(limits)
  return added === 0 && page > 2 ? 'its tool list goes on with empty pages' : undefined
}

function isUnknownMethod(thrown: unknown): thrown is OptimizerError {
  return OptimizerError.is(thrown) && thrown.details?.['rpcCode'] === -32601
}

/** Characters of the tool that was added; 0 where it is left out. */
function addTool(tool: unknown, tools: ToolDefinition[], problems: string[], limits: ListLimits): number {
  const told = (what: string): void => void (problems.length < MAX_PROBLEMS && problems.push(what))
  const judged = faultOf(tool, limits.maxToolChars)
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
function faultOf(tool: unknown, maxChars: number): string | number {
  if (!isRecord(tool) || typeof tool['name'] !== 'string' || tool['name'] === '')
    return 'left out a tool without a name'
  const shown = shownName(tool['name'])
  if (isDeeperThan(tool, MAX_TOOL_DEPTH))
    return `left out tool ${shown}: its definition nests deeper than ${MAX_TOOL_DEPTH} levels`
  const chars = JSON.stringify(tool).length
  return chars > maxChars
    ? `left out tool ${shown}: its definition has more than ${maxChars} characters (toolLists.maxToolChars)`
    : chars
}

/** Why a tool is left out of the list of its server; undefined: it is not. */
export function toolFault(tool: unknown, maxChars: number): string | undefined {
  const judged = faultOf(tool, maxChars)
  return typeof judged === 'string' ? judged : undefined
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
