import { compact, type CompactText, HOW_TO_READ } from '../context/compact.ts'
import type { Answer } from '../engine/engine.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'
import { wellFormedJson } from '../internal/text.ts'
import { estimateTokenizer } from '../tokens/estimate.ts'
import type { ExactCounter } from '../tokens/exact-counter.ts'
import { lift, onlyText } from './lifted-texts.ts'
import { wholeResult } from './whole-result.ts'

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
  /** True: `_meta` has the whole metadata, not the id alone. Some clients show `_meta` to the model. @default false */
  readonly metadata?: boolean
}

/** Metadata of an answer in its `_meta`; `true` in the `_meta` of a request asks for all of it. */
export const METADATA_KEY = 'mcp-optimizer/metadata'

/**
 * An answer as the agent gets it: a text as it is, all else as JSON `{status, data}`, with the error of one that is
 * incomplete, and what the agent should know beside it; then the long texts of the data, as they are; then images. With
 * `compactAnswers` data that is much shorter as a table comes in a second text, and `data` of the first one says how to read it.
 */
export async function toCallResult(answer: Answer, style: AnswerStyle): Promise<CallResult> {
  if (answer.status === 'error') return errorResult(answer, style)
  const text = onlyText(answer.data)
  if (text !== undefined) return textResult(answer, text, style)
  const { value, blocks } = lift(answer.data) ?? { value: answer.data, blocks: [] }
  const table = style.compactAnswers ? await compact(value, estimateTokenizer) : undefined
  if (table === undefined)
    return dataResult(answer, [jsonBlock(frameOf(answer, value)), ...blocks], answer.metadata, style)
  const { saved, tokenizer } = await savedBy(table, value, answer, style.exactTokens)
  const metadata = {
    ...answer.metadata,
    tokens_used: answer.metadata.tokens_used - saved,
    tokenizer,
    format: 'toon',
    tokens_saved: saved,
  }
  const content = [jsonBlock(frameOf(answer, HOW_TO_READ)), textBlock(table.text), ...blocks]
  return dataResult(answer, content, metadata, style)
}

function errorResult(answer: Extract<Answer, { readonly status: 'error' }>, style: AnswerStyle): CallResult {
  const { value: error, blocks } = lift(answer.error) ?? { value: answer.error, blocks: [] }
  const content = [jsonBlock({ status: 'error', error, ...logs(answer) }), ...blocks]
  return { content, isError: true, _meta: metaOf(answer.metadata, style) }
}

/** A text as it is: inside JSON it would only grow. APIs of models refuse a text of nothing. */
function textResult(answer: WithData, text: string, style: AnswerStyle): CallResult {
  const { status, data: _text, ...more } = frameOf(answer, text)
  const isPlain = text.trim() !== ''
  const rest = Object.keys(more).length === 0 && status === 'ok' ? [] : [jsonBlock({ status, ...more })]
  const content = isPlain ? [textBlock(text), ...rest] : [jsonBlock(frameOf(answer, answer.data))]
  return dataResult(answer, content, answer.metadata, style)
}

/** Tokens that a table saves, and what the whole count is then: exact only if all of it is. */
async function savedBy(
  { text: tableText, tokens, jsonTokens }: CompactText,
  data: unknown,
  { metadata }: WithData,
  exactTokens: ExactCounter | undefined,
): Promise<{ readonly saved: number; readonly tokenizer: string }> {
  const isExact = exactTokens !== undefined && metadata.tokenizer === exactTokens.name
  const counted = isExact ? await exactTokens.count([JSON.stringify(data), HOW_TO_READ, tableText]) : undefined
  if (counted === undefined) return { saved: jsonTokens - tokens, tokenizer: estimateTokenizer.name }
  const [asJson = 0, how = 0, asTable = 0] = counted
  return { saved: asJson - how - asTable, tokenizer: metadata.tokenizer }
}

type WithData = Exclude<Answer, { readonly status: 'error' }>

/** What an agent reads: figures are for people. */
function frameOf(answer: WithData, data: unknown): Readonly<Record<string, unknown>> & { readonly data: unknown } {
  const { session, note, stored } = answer.metadata
  return {
    status: answer.status,
    data,
    ...(answer.status === 'incomplete' && { error: answer.error }),
    ...(note === undefined ? {} : { note }),
    ...logs(answer),
    ...(session === undefined && stored === undefined
      ? {}
      : { metadata: { ...(session !== undefined && { session }), ...(stored !== undefined && { stored }) } }),
  }
}

function dataResult(
  answer: WithData,
  content: readonly ContentBlock[],
  metadata: Answer['metadata'],
  style: AnswerStyle,
): CallResult {
  return {
    content: answer.blocks === undefined ? content : [...content, ...answer.blocks],
    ...(answer.status === 'incomplete' && { isError: true }),
    _meta: metaOf(metadata, style),
  }
}

function metaOf(metadata: Answer['metadata'], style: Pick<AnswerStyle, 'metadata'>): CallResult['_meta'] {
  return { [METADATA_KEY]: style.metadata === true ? metadata : { id: metadata.id } }
}

/** The result of a call that was passed through, as the server gave it; or an answer of ours, where it was too large. */
export async function toWholeResult(answer: Answer, style: AnswerStyle): Promise<CallResult> {
  if (answer.status !== 'ok' || answer.metadata.shortened === true) return await toCallResult(answer, style)
  const result = wholeResult(answer.data as ToolResult)
  return { ...result, _meta: { ...result._meta, ...metaOf(answer.metadata, style) } }
}

/** A search's answer is text for reading; as JSON it would only grow. */
export async function toTextResult(answer: Answer, style: Pick<AnswerStyle, 'metadata'>): Promise<CallResult> {
  return await toCallResult(answer, { ...style, compactAnswers: false })
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

function textBlock(text: string): ContentBlock {
  return { type: 'text', text }
}

function jsonBlock(value: unknown): ContentBlock {
  return { type: 'text', text: wellFormedJson(JSON.stringify(value)) }
}
