import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord, toJson } from '../internal/json.ts'
import { withPlainBytes } from './binary-block.ts'
import type { ContentBlock, ToolResult } from './upstream.ts'
import { cutText } from '../internal/text.ts'

const MAX_DEPTH = 500

/**
 * Reads the result of `tools/call`, generously: null stands for nothing, and what servers of older revisions or in a
 * hurry wrote is taken as it was meant. Throws `UPSTREAM_PROTOCOL` for one that cannot be read.
 */
export function readToolResult(result: unknown, server: string): ToolResult {
  if (!isRecord(result)) throw broken(server, 'a result that is not an object')
  const { resultType, _meta } = result
  const isError = result['isError'] === true || result['isError'] === 'true'
  const ttlMs = ttlOf(result['ttlMs'] ?? (isRecord(_meta) ? _meta['ttlMs'] : undefined))
  if (resultType !== undefined && resultType !== null && typeof resultType !== 'string')
    throw broken(server, `a resultType that is no text: ${cutText(toJson(resultType), 40)}`)
  if (typeof resultType === 'string' && resultType !== 'complete') {
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `${server} asks something back ("${cutText(resultType, 40)}"): this gateway cannot answer servers yet`,
      {
        suggestion: 'give the tool all it needs in its arguments, or use another tool',
      },
    )
  }
  if (isTask(result)) {
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `${server} began a task instead of an answer (${cutText(toJson(result['task']), 200)}): this gateway cannot wait for tasks yet`,
      { suggestion: 'look with another tool of the server whether its task ended' },
    )
  }
  const content = contentOf(result['content'], server)
  const structuredContent = structuredOf(result)
  if (isDeeperThan(structuredContent, MAX_DEPTH))
    throw broken(server, `structured content deeper than ${MAX_DEPTH} levels`)
  return {
    content,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(isError ? { isError: true } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
}

/** What a server of 2025-11 answers that goes on working: there is nothing else in it. */
function isTask({ task, content, structuredContent }: Readonly<Record<string, unknown>>): boolean {
  if (content !== undefined || structuredContent !== undefined || !isRecord(task)) return false
  return typeof task['taskId'] === 'string' && typeof task['status'] === 'string'
}

/** One block or one text alone counts as a list of it. */
function contentOf(content: unknown, server: string): readonly ContentBlock[] {
  const items: readonly unknown[] = Array.isArray(content) ? content : [content]
  const blocks = items.filter((item) => item !== undefined && item !== null).map(blockOf)
  if (blocks.includes(undefined)) throw broken(server, 'content that is not an array of blocks')
  return blocks as readonly ContentBlock[]
}

function blockOf(item: unknown): ContentBlock | undefined {
  if (typeof item === 'string') return { type: 'text', text: item }
  if (!isRecord(item) || isDeeperThan(item, MAX_DEPTH)) return undefined
  const { type, text } = item
  if (typeof type !== 'string' && text === undefined) return undefined
  const isText = type === 'text' || typeof type !== 'string'
  if (!isText || typeof text === 'string')
    return typeof type === 'string' ? withPlainBytes(item as ContentBlock) : { ...item, type: 'text' }
  return { ...item, type: 'text', text: text === undefined || text === null ? '' : toJson(text) }
}

const ENVELOPE: ReadonlySet<string> = new Set(['resultType', 'content', 'isError', 'ttlMs', 'cacheScope', '_meta'])

/** Also the value of a server of 2024-10 (`toolResult`), and what stands in the place of all content. */
function structuredOf(result: Readonly<Record<string, unknown>>): unknown {
  const { structuredContent, toolResult, content } = result
  if (structuredContent !== undefined) return structuredContent ?? undefined
  if (content !== undefined) return undefined
  if (toolResult !== undefined) return toolResult ?? undefined
  const rest = Object.entries(result).filter(([key, value]) => !ENVELOPE.has(key) && value !== null)
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

/** A number that makes no sense vouches for nothing. */
function ttlOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' && value > 0 ? value : 0
}

function broken(server: string, what: string): OptimizerError {
  return new OptimizerError('UPSTREAM_PROTOCOL', `${server} answered with ${what}`)
}
