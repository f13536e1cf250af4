import type { IncomingMessage } from 'node:http'
import { isDeeperThan, parseExact } from '../../internal/json.ts'
import { LARGE_JSON, parseInSlices, TooMuchJson } from '../../internal/json-slices.ts'

/** A body, or the status and reason it is refused with. */
export type Body<T = unknown> = { readonly value: T } | Refusal

interface Refusal {
  readonly status: number
  readonly reason: string
}

const MAX_DEPTH = 250

/** What a JSON body may have at most. */
export interface BodyBounds {
  readonly maxBytes: number
  /** Values, those inside of others too: each takes some 50 bytes of memory, and time wherever it passes. */
  readonly maxValues: number
}

/** Reads a JSON body; refuses other types, compressed bodies, deep nesting, and what is beyond the bounds. */
export async function readJsonBody(request: IncomingMessage, { maxBytes, maxValues }: BodyBounds): Promise<Body> {
  const bytes = await readBytes(request, 'application/json', maxBytes)
  return 'status' in bytes ? bytes : await parse(bytes.value, maxValues)
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
  // The rest is read and dropped with the answer: without the stream its reason would not arrive.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) return tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return { value: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks) }
}

async function parse(bytes: Buffer, maxValues: number): Promise<Body> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (text.length > LARGE_JSON) return { value: await parseInSlices(text, { maxDepth: MAX_DEPTH, maxValues }) }
    const value = parseExact(text)
    return isDeeperThan(value, MAX_DEPTH) ? tooDeep() : { value }
  } catch (thrown) {
    if (!(thrown instanceof TooMuchJson)) return { status: 400, reason: 'the body is not JSON' }
    if (thrown.by === 'maxDepth') return tooDeep()
    return { status: 413, reason: `the body holds more than ${maxValues} values (http.maxBodyValues)` }
  }
}

function tooDeep(): Refusal {
  return { status: 400, reason: `the body nests deeper than ${MAX_DEPTH} levels` }
}

function tooLarge(maxBytes: number): Refusal {
  return { status: 413, reason: `the body has more than ${maxBytes} bytes (http.maxBodyBytes)` }
}
