import { createFits } from '../../context/budget.ts'
import { toStored } from '../../context/binary.ts'
import { OptimizerError } from '../../errors.ts'
import { toNumbers } from '../../internal/bigints.ts'
import { isRecord, parseExact, toJson } from '../../internal/json.ts'
import { cutText } from '../../internal/text.ts'
import { estimateTokenizer } from '../../tokens/estimate.ts'
import { cleanLine } from '../../upstream/clean-line.ts'
import { findMessages } from '../../upstream/find-messages.ts'
import type { LargeMessage, LargePage, Wanted } from '../../upstream/large-messages.ts'
import { toolFault } from '../../upstream/tool-list.ts'
import { readToolResult } from '../../upstream/tool-result.ts'
import type { ToolResult } from '../../upstream/upstream.ts'
import { fitsWhole } from '../shown-blocks.ts'
import { plainValue, toolErrorText, toolValue } from '../tool-value.ts'

/** What a thread is asked about large messages and results: data. */
export type MessageTask =
  | {
      readonly kind: 'messages'
      readonly bytes: Uint8Array
      readonly wanted: ReadonlyMap<string, Wanted>
      readonly server: string
      /** Characters of one tool's definition. */
      readonly maxToolChars: number
    }
  | { readonly kind: 'value'; readonly json: string }
  | { readonly kind: 'fits'; readonly json: string; readonly maxTokens: number }

/** The value of a result as JSON text, with marks in place of the handles of what has to be stored. */
export interface LargeValue {
  readonly json: string
  readonly kept: readonly { readonly mark: string; readonly json: string }[]
  /** The result is an error: its words. */
  readonly failure?: ToolResult
}

export async function readMessages(
  task: MessageTask,
): Promise<readonly LargeMessage[] | LargeValue | boolean | undefined> {
  switch (task.kind) {
    case 'messages':
      return findMessages(cleanLine(new TextDecoder().decode(task.bytes)))?.map((message) => toLarge(message, task))
    case 'value':
      return await valueOf(parseExact(task.json) as ToolResult)
    case 'fits':
      return fitsWhole(task.json, createFits({ tokenizer: estimateTokenizer, maxTokens: task.maxTokens }))
  }
}

type Reading = Extract<MessageTask, { readonly kind: 'messages' }>

function toLarge(message: unknown, { wanted, server, maxToolChars }: Reading): LargeMessage {
  if (!isRecord(message)) return asItIs(null)
  const { id, method, result, error } = message
  if (typeof method === 'string') return asItIs(unasked(message))
  const key = typeof id === 'string' || typeof id === 'number' ? String(id) : ''
  const form = wanted.get(key)
  const isResult = isRecord(result) && (error === undefined || error === null)
  if (form === undefined || !isResult) return asItIs(message)
  try {
    if (form === 'result') return { kind: 'result', id: key, result: toResult(readToolResult(result, server)) }
    const page = pageOf(result, maxToolChars)
    return page === undefined ? asItIs(message) : { kind: 'page', id: key, page }
  } catch (thrown) {
    if (OptimizerError.is(thrown)) return { kind: 'error', id: key, error: thrown.toJSON() }
    throw thrown
  }
}

function asItIs(message: unknown): LargeMessage {
  return { kind: 'message', json: toJson(message) }
}

/** Characters of what a server says of its progress; nobody is shown more. */
const MAX_SAID_CHARS = 4_000

/** A notification or request with no more than what is looked at. */
function unasked({ jsonrpc, id, method, params }: Record<string, unknown>): object {
  const head = { jsonrpc, ...(id === undefined ? {} : { id }), method }
  if (method !== 'notifications/progress' || !isRecord(params)) return head
  const { progressToken, progress, total, message } = params
  const said = typeof message === 'string' ? { message: cutText(message, MAX_SAID_CHARS) } : {}
  return { ...head, params: { progressToken, progress, total, ...said } }
}

function toResult(result: ToolResult): ToolResult {
  const { isError, ttlMs } = result
  return {
    // The words of an error are told; the rest of it only to whoever wants the result whole.
    content: isError === true ? [{ type: 'text', text: toolErrorText(result) }] : [],
    ...(isError === true ? { isError } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    large: { json: toJson(result) },
  }
}

function pageOf({ tools, nextCursor }: Record<string, unknown>, maxToolChars: number): LargePage | undefined {
  if (!Array.isArray(tools)) return undefined
  const problems: string[] = []
  const kept = tools.flatMap((tool) => {
    const fault = toolFault(tool, maxToolChars)
    if (fault !== undefined) problems.push(fault)
    return fault === undefined ? [toJson(toNumbers(tool))] : []
  })
  return { tools: kept, problems, ...(typeof nextCursor === 'string' ? { nextCursor } : {}) }
}

async function valueOf(result: ToolResult): Promise<LargeValue> {
  const { large: _large, ...failure } = toResult(result)
  if (result.isError === true) return { json: '', kept: [], failure }
  const kept: { readonly mark: string; readonly json: string }[] = []
  const { json } =
    plainValue(result) ??
    (await toolValue(result, (block, data) => {
      const mark = crypto.randomUUID()
      kept.push({ mark, json: toStored(block, data) })
      return Promise.resolve(mark)
    }))
  return { json: asJson(json), kept }
}

/** A text that is no JSON becomes one here, where nobody waits for it. */
function asJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}
