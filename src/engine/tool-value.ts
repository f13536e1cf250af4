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

/**
 * The value of a tool's result, and its JSON text: the structured content, else the JSON that its one text holds,
 * else its text; for mixed content `{text, content}` with binary data replaced by handles. Binary data beside structured
 * content is added to the text as its `content`, unless it has one: schemas and types are about the value alone.
 */
export async function toolValue(result: ToolResult, keep: KeepBinary): Promise<ToolValue> {
  const { structuredContent } = result
  if (structuredContent !== undefined) {
    const binary = result.content.filter(isBinary)
    if (binary.length === 0 || !isRecord(structuredContent) || 'content' in structuredContent)
      return written(structuredContent)
    const content = await withoutBinary(binary, keep)
    return { ...written(structuredContent), json: asValue({ ...structuredContent, content }).json }
  }
  const texts = result.content.filter((block) => block.type === 'text' && typeof block['text'] === 'string')
  const text = texts.map((block) => block['text'] as string).join('\n')
  if (texts.length === result.content.length) return textValue(text)
  const others = result.content.filter((block) => block.type !== 'text')
  return written({ text, content: await withoutBinary(others, keep) })
}

/** The text of a failed result. */
export function toolErrorText(result: ToolResult): string {
  const text = result.content
    .map((block) => (typeof block['text'] === 'string' ? block['text'] : ''))
    .join('\n')
    .trim()
  if (text !== '') return text
  return result.structuredContent === undefined ? 'the tool gave no reason' : asValue(result.structuredContent).json
}

function textValue(text: string): ToolValue {
  if (!/^\s*[[{]/.test(text)) return written(text)
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

function isBinary({ data, resource }: ContentBlock): boolean {
  return typeof data === 'string' || (isRecord(resource) && typeof resource['blob'] === 'string')
}

async function withoutBinary(blocks: readonly ContentBlock[], keep: KeepBinary): Promise<unknown[]> {
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

function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}
