import { isDeepStrictEqual } from 'node:util'
import { asValue, isRecord, parseJson, quoteIntegers } from '../internal/json.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'

/** Keeps binary content of a result and names it: the bytes themselves never enter a program as text. */
export type KeepBinary = (block: ContentBlock, data: string) => Promise<string>

/** What a program sees of a tool's result. */
export interface ToolValue {
  /**
   * JSON text of the value; a text of the tool that only begins like JSON stands for itself. It is parsed once, where
   * it is used: in a program, or where an answer is fitted to its budget.
   */
  readonly json: string
  /** Made anew each time. */
  value(): unknown
}

/** As {@link toolValue} for nearly all results: one text, or structured content with nothing beside it; else undefined. */
export function plainValue({ content, structuredContent }: ToolResult): ToolValue | undefined {
  if (content.length > 1) return undefined
  const [block] = content
  const text = block?.type === 'text' ? block['text'] : undefined
  if (block !== undefined && typeof text !== 'string') return undefined
  if (structuredContent === undefined) return textValue(typeof text === 'string' ? text : '')
  const value = written(structuredContent)
  if (block === undefined || typeof text !== 'string') return value
  return saysTheSame([block], text, value.json, value.value()) ? value : undefined
}

/**
 * The value of a tool's result, and its JSON text: the structured content, else the JSON that its one text holds,
 * else its text; for mixed content `{text, content}` with binary data replaced by handles. What stands beside structured
 * content is added to the JSON text, as {@link beside} says: schemas and types are about the value alone.
 */
export async function toolValue(result: ToolResult, keep: KeepBinary): Promise<ToolValue> {
  const { structuredContent } = result
  const texts = result.content.filter((block) => block.type === 'text' && typeof block['text'] === 'string')
  const text = texts.map((block) => block['text'] as string).join('\n')
  const others = texts.length === result.content.length ? [] : result.content.filter((block) => !texts.includes(block))
  if (structuredContent !== undefined) {
    const value = written(structuredContent)
    const plain = value.value()
    const more = {
      ...(saysTheSame(texts, text, value.json, plain) ? {} : { text }),
      ...(others.length === 0 ? {} : { content: await withoutBinary(others, keep) }),
    }
    return Object.keys(more).length === 0 ? value : { ...value, json: asValue(beside(plain, more)).json }
  }
  if (others.length === 0) return textValue(text)
  return written({ text, content: await withoutBinary(others, keep) })
}

/**
 * A structured value with what stood beside it: `text` and `content`, under these names where a record has them free, else
 * with a `$` before them. What is no record is `value` then.
 */
function beside(structured: unknown, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (!isRecord(structured)) return { value: structured, ...more }
  return {
    ...structured,
    ...Object.fromEntries(Object.entries(more).map(([key, inner]) => [key in structured ? `$${key}` : key, inner])),
  }
}

/** Longer texts are kept without a look at what they say: comparing takes milliseconds a million characters. */
const MAX_COMPARED = 2_000_000

/** True for texts that add nothing to the structured content: its JSON, that of a member of it or of its items, a text in it. */
function saysTheSame(texts: readonly ContentBlock[], text: string, json: string, structured: unknown): boolean {
  if (text.trim() === '' || text === json) return true
  const members = isRecord(structured) ? Object.values(structured) : []
  if (members.includes(text)) return true
  if (text.length > MAX_COMPARED) return false
  const said = texts.map((block) => dataIn(block['text'] as string) ?? block['text'])
  const parts = [structured, ...members]
  const isPart = (one: unknown): boolean => parts.some((part) => isDeepStrictEqual(one, part))
  return isPart(said) || said.every(isPart)
}

/** The text of a failed result. */
export function toolErrorText(result: ToolResult): string {
  const text = result.content
    .map(({ text: words, resource }) => words ?? (isRecord(resource) ? resource['text'] : undefined))
    .filter((words) => typeof words === 'string')
    .join('\n')
    .trim()
  if (text !== '') return text
  return result.structuredContent === undefined ? 'the tool gave no reason' : asValue(result.structuredContent).json
}

function textValue(given: string): ToolValue {
  if (!/^\s*[[{]/.test(given)) return written(given)
  // JSON has no byte order mark; files have.
  const text = given.startsWith('\ufeff') && dataIn(given.slice(1)) !== undefined ? given.slice(1) : given
  // A key is dropped.
  if (text.includes('__proto__')) return written(dataIn(text) ?? text)
  return { json: quoteIntegers(text), value: () => dataIn(text) ?? text }
}

function dataIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function written(value: unknown): ToolValue {
  const { json, value: plain } = asValue(value)
  return { json, value: () => plain }
}

/** Content whose bytes are kept apart, behind handles. */
export async function withoutBinary(blocks: readonly ContentBlock[], keep: KeepBinary): Promise<unknown[]> {
  return await Promise.all(blocks.map(async (block) => await keptApart(block, keep)))
}

async function keptApart(block: ContentBlock, keep: KeepBinary): Promise<unknown> {
  const { data, resource, ...rest } = block
  if (typeof data === 'string') return { ...rest, bytes: bytesOf(data), handle: await keep(block, data) }
  if (!isRecord(resource)) return block
  const { blob, ...kept } = resource
  if (typeof blob !== 'string') return block
  return { ...rest, resource: { ...kept, bytes: bytesOf(blob), handle: await keep(block, blob) } }
}

export function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}
