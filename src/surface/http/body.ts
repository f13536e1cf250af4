import type { IncomingMessage } from 'node:http'
import { isDeeperThan, parseJson } from '../../internal/json.ts'

/** A JSON body, or the status and reason it is refused with. */
export type Body = { readonly value: unknown } | { readonly status: number; readonly reason: string }

const MAX_DEPTH = 250

/** Reads a JSON body of at most `maxBytes`; refuses other types, compressed bodies and deep nesting. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const { headers } = request
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return { status: 415, reason: 'Content-Type must be application/json' }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity')
    return { status: 415, reason: 'compressed bodies are not read' }
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) return tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return parse(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
}

function parse(bytes: Buffer): Body {
  try {
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isDeeperThan(value, MAX_DEPTH)
      ? { status: 400, reason: `the body nests deeper than ${MAX_DEPTH} levels` }
      : { value }
  } catch {
    return { status: 400, reason: 'the body is not JSON' }
  }
}

function tooLarge(maxBytes: number): Body {
  return { status: 413, reason: `the body has more than ${maxBytes} bytes` }
}
