import { isAnnotations } from '../internal/annotations.ts'
import { isRecord, toJson } from '../internal/json.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'
import type { CallResult } from './answers.ts'

type WholeResult = Omit<CallResult, '_meta'> & { readonly _meta?: Readonly<Record<string, unknown>> }

/**
 * A server's result as its client would have got it, errors too, in the form that the protocol asks for: clients throw a
 * whole result away for one null in it. What has no such form comes as text.
 */
export function wholeResult({ content, structuredContent, isError, _meta }: ToolResult): WholeResult {
  const blocks = content.map(wholeBlock)
  const isStructured = isRecord(structuredContent)
  // Lists and other values have no place in a result of 2025, and many clients show the model the content alone.
  const isUnsaid = structuredContent !== undefined && structuredContent !== null && blocks.length === 0
  return {
    content: isUnsaid ? [textBlock(structuredContent)] : blocks,
    ...(isStructured ? { structuredContent } : {}),
    ...(isError === true ? { isError } : {}),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
}

/** One block in the form that the protocol asks for. */
export function wholeBlock(block: ContentBlock): ContentBlock {
  const filled = withoutNulls(block) as ContentBlock
  const { annotations, ...rest } = filled
  const plain: ContentBlock = isAnnotations(annotations) ? filled : { ...rest, type: filled.type }
  return withNeeds(plain) ?? textBlock(block)
}

/** The block with what its kind must have; undefined where that is not there. */
function withNeeds(block: ContentBlock): ContentBlock | undefined {
  const { type, data, mimeType, uri, name, resource } = block
  switch (type) {
    case 'text':
      return typeof block['text'] === 'string' ? block : undefined
    case 'image':
    case 'audio':
      if (typeof data !== 'string') return undefined
      return {
        ...block,
        data: /^[A-Za-z\d+/]*={0,2}$/.test(data) ? data : Buffer.from(data, 'base64').toString('base64'),
        mimeType: typeof mimeType === 'string' ? mimeType : 'application/octet-stream',
      }
    case 'resource_link':
      return typeof uri === 'string' ? { ...block, name: typeof name === 'string' ? name : uri } : undefined
    case 'resource': {
      if (!isRecord(resource) || typeof resource['uri'] !== 'string') return undefined
      return typeof resource['text'] === 'string' || typeof resource['blob'] === 'string' ? block : undefined
    }
  }
  return undefined
}

/** Members that are null mean nothing, in the block and one level below. */
function withoutNulls(record: Readonly<Record<string, unknown>>, levels = 1): Record<string, unknown> {
  const entries = Object.entries(record).filter(([, value]) => value !== null)
  return Object.fromEntries(
    entries.map(([key, value]) => [key, levels > 0 && isRecord(value) ? withoutNulls(value, levels - 1) : value]),
  )
}

function textBlock(value: unknown): ContentBlock {
  return { type: 'text', text: typeof value === 'string' ? value : toJson(value) }
}
