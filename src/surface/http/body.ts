import type { IncomingMessage } from 'node:http'
import { isDeeperThan, parseExact } from '../../internal/json.ts'

/** A body, or the status and reason it is refused with. */
export type Body<T = unknown> = { readonly value: T } | { readonly status: number; readonly reason: string }

const MAX_DEPTH = 250

/** Reads a JSON body of at most `maxBytes`; refuses other types, compressed bodies and deep nesting. */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const bytes = await readBytes(request, 'application/json', maxBytes)
  return 'status' in bytes ? bytes : parse(bytes.value)
}

/** Reads the fields of a form of at most `maxBytes`. */
export async function readFormBody(request: IncomingMessage, maxBytes: number): Promise<Body<URLSearchParams>> {
  const bytes = await readBytes(request, 'application/x-www-form-urlencoded', maxBytes)
  return 'status' in bytes ? bytes : { value: new URLSearchParams(bytes.value.toString('utf8')) }
}

async function readBytes(request: IncomingMessage, type: string, maxBytes: number): Promise<Body<Buffer>> {
  const { headers } = request
  const [given = ''] = (headers['content-type'] ?? '').split(';', 1)
  if (given.trim().toLowerCase() !== type) return { status: 415, reason: `Content-Type must be ${type}` }
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
  return { value: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks) }
}

function parse(bytes: Buffer): Body {
  try {
    const value = parseExact(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isDeeperThan(value, MAX_DEPTH)
      ? { status: 400, reason: `the body nests deeper than ${MAX_DEPTH} levels` }
      : { value }
  } catch {
    return { status: 400, reason: 'the body is not JSON' }
  }
}

function tooLarge(maxBytes: number): { readonly status: number; readonly reason: string } {
  return { status: 413, reason: `the body has more than ${maxBytes} bytes` }
}
