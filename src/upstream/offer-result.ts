import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord, toJson } from '../internal/json.ts'
import { cutText } from '../internal/text.ts'
import { withPlainBytes } from './binary-block.ts'
import type { ContentBlock } from './upstream.ts'

const MAX_DEPTH = 500

/** `resources/read` result. */
export interface ResourceContents {
  readonly contents: readonly ResourcePart[]
  /** Milliseconds the server vouches for it; 0: not at all. */
  readonly ttlMs?: number
  readonly cacheScope?: 'public' | 'private'
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** One part of a resource: a text, or bytes in base64. */
export interface ResourcePart {
  readonly uri: string
  readonly mimeType?: string
  readonly text?: string
  readonly blob?: string
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** `prompts/get` result. */
export interface PromptResult {
  readonly description?: string
  readonly messages: readonly PromptMessage[]
  readonly _meta?: Readonly<Record<string, unknown>>
}

export interface PromptMessage {
  readonly role: 'user' | 'assistant'
  readonly content: ContentBlock
}

/** `completion` of a `completion/complete` result. */
export interface Completion {
  readonly values: readonly string[]
  readonly total?: number
  readonly hasMore?: boolean
}

/** Reads the parts of a resource, generously; throws `UPSTREAM_PROTOCOL` where there are none. */
export function readContents(result: Readonly<Record<string, unknown>>, uri: string, server: string): ResourceContents {
  requireAnswer(result, server, 'resources/read')
  const { contents, ttlMs, cacheScope, _meta } = result
  const parts = isRecord(contents) ? [contents] : contents
  if (!Array.isArray(parts)) throw broken(server, 'resources/read', 'no array of contents')
  return {
    contents: parts.filter((part) => part !== null && part !== undefined).map((part) => partOf(part, uri)),
    ...(typeof ttlMs === 'number' ? { ttlMs: ttlMs > 0 ? ttlMs : 0 } : {}),
    ...(cacheScope === 'public' || cacheScope === 'private' ? { cacheScope } : {}),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
}

function partOf(part: unknown, asked: string): ResourcePart {
  if (!isRecord(part)) return { uri: asked, text: typeof part === 'string' ? part : toJson(part) }
  const { uri, mimeType, text, blob, _meta, ...more } = part
  const kept = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== null))
  const head = {
    ...kept,
    uri: typeof uri === 'string' && uri !== '' ? uri : asked,
    ...(typeof mimeType === 'string' ? { mimeType } : {}),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
  if (typeof blob === 'string' && typeof text !== 'string') return { ...head, blob: base64(blob) }
  if (text !== undefined && text !== null) return { ...head, text: typeof text === 'string' ? text : toJson(text) }
  return { ...head, text: '' }
}

/** Clients refuse all contents for one blob with a line break, or in the alphabet of addresses. */
function base64(text: string): string {
  return /^[A-Za-z\d+/]*={0,2}$/.test(text) ? text : Buffer.from(text, 'base64').toString('base64')
}

/** Reads the messages of a prompt, generously: a text, or several blocks in one message. */
export function readPrompt(result: Readonly<Record<string, unknown>>, server: string): PromptResult {
  requireAnswer(result, server, 'prompts/get')
  const { description, messages, _meta } = result
  if (!Array.isArray(messages)) throw broken(server, 'prompts/get', 'no array of messages')
  return {
    ...(typeof description === 'string' ? { description } : {}),
    messages: messages.flatMap((message) => messagesOf(message)),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
}

function messagesOf(message: unknown): readonly PromptMessage[] {
  const { role, content } = isRecord(message) ? message : { role: 'user', content: message }
  const blocks = (Array.isArray(content) ? content : [content]).filter((one) => one !== null && one !== undefined)
  return blocks.map((block) => ({ role: role === 'assistant' ? role : 'user', content: blockOf(block) }))
}

function blockOf(block: unknown): ContentBlock {
  if (isRecord(block) && typeof block['type'] === 'string') return withPlainBytes(block as ContentBlock)
  if (isRecord(block) && typeof block['text'] === 'string') return { ...block, type: 'text' }
  return { type: 'text', text: typeof block === 'string' ? block : toJson(block) }
}

/** Most values of one completion that the protocol allows. */
const MAX_VALUES = 100

export function readCompletion(result: Readonly<Record<string, unknown>>): Completion {
  const { values, total, hasMore } = isRecord(result['completion']) ? result['completion'] : {}
  const texts = (Array.isArray(values) ? values : []).filter((value) => typeof value === 'string')
  const isMore = hasMore === true || texts.length > MAX_VALUES
  return {
    values: texts.slice(0, MAX_VALUES),
    ...(Number.isSafeInteger(total) ? { total: total as number } : {}),
    ...(isMore || hasMore === false ? { hasMore: isMore } : {}),
  }
}

function requireAnswer(result: Readonly<Record<string, unknown>>, server: string, method: string): void {
  const { resultType } = result
  if (typeof resultType === 'string' && resultType !== 'complete') {
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `${server} asks something back ("${cutText(resultType, 40)}") to ${method}: this gateway cannot answer servers yet`,
      { suggestion: 'give all it needs in the arguments, or use another way' },
    )
  }
  if (isDeeperThan(result, MAX_DEPTH)) throw broken(server, method, `a result deeper than ${MAX_DEPTH} levels`)
}

function broken(server: string, method: string, what: string): OptimizerError {
  return new OptimizerError('UPSTREAM_PROTOCOL', `${server} answered ${method} with ${what}`)
}
