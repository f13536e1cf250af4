import { compact, type CompactText, HOW_TO_READ } from '../context/compact.ts'
import type { Answer } from '../engine/engine.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'
import { wellFormedJson } from '../internal/text.ts'
import { estimateTokenizer } from '../tokens/estimate.ts'
import type { ExactCounter } from '../tokens/exact-counter.ts'

/** `tools/call` result. */
export interface CallResult {
  readonly content: readonly ContentBlock[]
  readonly structuredContent?: unknown
  readonly isError?: true
  readonly _meta: Readonly<Record<string, unknown>>
}

/** How answers are written. */
export interface AnswerStyle {
  /** True: lists of records as tables, where that saves tokens. */
  readonly compactAnswers: boolean
  /** Counts what a table saves in answers that are counted exactly. */
  readonly exactTokens?: ExactCounter | undefined
}

/** For answers that have no lists of records. */
const PLAIN: AnswerStyle = { compactAnswers: false }
/** Where the whole metadata of an answer is, out of the model's sight. */
const METADATA_KEY = 'mcp-optimizer/metadata'

/**
 * An answer as the agent gets it: JSON `{status, data, metadata}`, beside it the error of one that is incomplete, with the three figures that matter to it, the rest in
 * `_meta`; the text of a search as it is. With `compactAnswers` data that is much shorter as a table comes in a second
 * text, and `data` of the first one says how to read it.
 */
export async function toCallResult(answer: Answer, { compactAnswers, exactTokens }: AnswerStyle): Promise<CallResult> {
  if (answer.status === 'error') {
    const body = { status: 'error', error: answer.error, ...logs(answer) }
    return { content: text(body), isError: true, _meta: { [METADATA_KEY]: answer.metadata } }
  }
  const table = compactAnswers ? await compact(answer.data, estimateTokenizer) : undefined
  if (table === undefined) return dataResult(answer, answer.metadata)
  const { saved, tokenizer } = await savedBy(table, answer, exactTokens)
  const metadata = {
    ...answer.metadata,
    tokens_used: answer.metadata.tokens_used - saved,
    tokenizer,
    format: 'toon',
    tokens_saved: saved,
  }
  const result = dataResult({ ...answer, data: HOW_TO_READ }, metadata)
  return { ...result, content: [...result.content, { type: 'text', text: table.text }] }
}

/** Tokens that a table saves, and what the whole count is then: exact only if all of it is. */
async function savedBy(
  { text: tableText, tokens, jsonTokens }: CompactText,
  { data, metadata }: WithData,
  exactTokens: ExactCounter | undefined,
): Promise<{ readonly saved: number; readonly tokenizer: string }> {
  const isExact = exactTokens !== undefined && metadata.tokenizer === exactTokens.name
  const counted = isExact ? await exactTokens.count([JSON.stringify(data), HOW_TO_READ, tableText]) : undefined
  if (counted === undefined) return { saved: jsonTokens - tokens, tokenizer: estimateTokenizer.name }
  const [asJson = 0, how = 0, asTable = 0] = counted
  return { saved: asJson - how - asTable, tokenizer: metadata.tokenizer }
}

/** An answer that has data, whether or not all that belongs to it is there. */
type WithData = Exclude<Answer, { readonly status: 'error' }>

function dataResult(answer: WithData, metadata: Answer['metadata']): CallResult {
  const { tokens_used, execution_time_ms, cache_hit, session, note } = metadata
  return {
    content: text({
      status: answer.status,
      data: answer.data,
      ...(answer.status === 'incomplete' && { error: answer.error }),
      ...(note === undefined ? {} : { note }),
      ...logs(answer),
      metadata: {
        tokens_used,
        execution_time_ms: Math.round(execution_time_ms * 10) / 10,
        cache_hit,
        ...(session === undefined ? {} : { session }),
      },
    }),
    ...(answer.status === 'incomplete' && { isError: true }),
    _meta: { [METADATA_KEY]: metadata },
  }
}

/** The result of a call that was passed through, as the server gave it. */
export async function toWholeResult(answer: Answer): Promise<CallResult> {
  if (answer.status !== 'ok') return await toCallResult(answer, PLAIN)
  const { content, structuredContent, _meta } = answer.data as ToolResult
  return {
    content,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    _meta: { ..._meta, [METADATA_KEY]: answer.metadata },
  }
}

/** A search's answer is text for reading; as JSON it would only grow. */
export async function toTextResult(answer: Answer): Promise<CallResult> {
  if (answer.status !== 'ok' || typeof answer.data !== 'string') return await toCallResult(answer, PLAIN)
  return { content: [{ type: 'text', text: answer.data }], _meta: { [METADATA_KEY]: answer.metadata } }
}

function logs({ metadata }: Answer): { readonly logs?: readonly string[] } {
  return metadata.logs === undefined ? {} : { logs: shortened(metadata.logs) }
}

/** Console lines are help for the agent, not its result: the last ones, within bounds. */
function shortened(lines: readonly string[]): readonly string[] {
  const kept: string[] = []
  let chars = 0
  for (const line of lines.toReversed()) {
    chars += line.length
    if (chars > 2_000 || kept.length >= 40)
      return [`… ${lines.length - kept.length} lines before`, ...kept.toReversed()]
    kept.push(line)
  }
  return lines
}

function text(value: unknown): CallResult['content'] {
  return [{ type: 'text', text: wellFormedJson(JSON.stringify(value)) }]
}
