import { parseJson } from '../internal/json.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'

/** Keeps binary content of a result and names it: the bytes themselves never enter a program as text. */
export type KeepBinary = (block: ContentBlock, data: string) => Promise<string>

/**
 * What a program sees of a tool's result, as JSON text: the structured content, else the JSON that its one text holds,
 * else its text; for mixed content `{text, content}` with binary data replaced by handles.
 */
export async function toolValueJson(result: ToolResult, keep: KeepBinary): Promise<string> {
  if (result.structuredContent !== undefined) return JSON.stringify(result.structuredContent) ?? 'null'
  const texts = result.content.filter((block) => block.type === 'text' && typeof block['text'] === 'string')
  const text = texts.map((block) => block['text'] as string).join('\n')
  if (texts.length === result.content.length) return textAsJson(text)
  const others = result.content.filter((block) => block.type !== 'text')
  return JSON.stringify({
    text,
    content: await Promise.all(others.map(async (block) => await withoutBinary(block, keep))),
  })
}

/** The text of a failed result. */
export function toolErrorText(result: ToolResult): string {
  const text = result.content
    .map((block) => (typeof block['text'] === 'string' ? block['text'] : ''))
    .join('\n')
    .trim()
  if (text !== '') return text
  return result.structuredContent === undefined ? 'the tool gave no reason' : JSON.stringify(result.structuredContent)
}

function textAsJson(text: string): string {
  if (!/^\s*[[{]/.test(text)) return JSON.stringify(text)
  try {
    const value = parseJson(text)
    // Text without a dropped key is already the JSON of its value.
    return text.includes('__proto__') ? JSON.stringify(value) : text
  } catch {
    return JSON.stringify(text)
  }
}

async function withoutBinary(block: ContentBlock, keep: KeepBinary): Promise<unknown> {
  const { data, resource, ...rest } = block
  if (typeof data === 'string') return { ...rest, bytes: bytesOf(data), handle: await keep(block, data) }
  if (typeof resource !== 'object' || resource === null || !('blob' in resource)) return block
  const { blob, ...kept } = resource as Record<string, unknown>
  if (typeof blob !== 'string') return block
  return { ...rest, resource: { ...kept, bytes: bytesOf(blob), handle: await keep(block, blob) } }
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4)
}
