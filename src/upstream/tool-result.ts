import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import type { ContentBlock, ToolResult } from './upstream.ts'
import { cutText } from '../internal/text.ts'

const MAX_DEPTH = 500

/** Reads the result of `tools/call`. Throws `UPSTREAM_PROTOCOL` for one that breaks the protocol. */
export function readToolResult(result: unknown, server: string): ToolResult {
  if (!isRecord(result)) throw broken(server, 'a result that is not an object')
  const { resultType, content = [], structuredContent, isError, _meta } = result
  const ttlMs = ttlOf(result['ttlMs'] ?? (isRecord(_meta) ? _meta['ttlMs'] : undefined))
  if (resultType !== undefined && resultType !== 'complete') {
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `${server} asks something back ("${cutText(String(resultType), 40)}"): this gateway cannot answer servers yet`,
      {
        suggestion: 'give the tool all it needs in its arguments, or use another tool',
      },
    )
  }
  if (!Array.isArray(content) || !content.every(isRecord))
    throw broken(server, 'content that is not an array of blocks')
  if (isDeeperThan(structuredContent, MAX_DEPTH))
    throw broken(server, `structured content deeper than ${MAX_DEPTH} levels`)
  return {
    content: content as ContentBlock[],
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(isError === true ? { isError: true } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(isRecord(_meta) ? { _meta } : {}),
  }
}

/** A number that makes no sense vouches for nothing. */
function ttlOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  return typeof value === 'number' && value > 0 ? value : 0
}

function broken(server: string, what: string): OptimizerError {
  return new OptimizerError('UPSTREAM_PROTOCOL', `${server} answered with ${what}`)
}
