import { isRecord } from '../internal/json.ts'
import type { ContentBlock } from '../upstream/upstream.ts'

/** Bytes of a result as they are kept behind a handle. */
export interface StoredBinary {
  /** Of the block they came in: `image`, `audio`, `resource`. */
  readonly type: string
  readonly mimeType?: string
  readonly uri?: string
  readonly base64: string
}

/** What stands for them in a value. */
export interface BinaryStub {
  readonly type: string
  readonly mimeType?: string
  readonly bytes: number
  readonly handle: string
}

/** Characters of base64 that clients and the APIs behind them take in one block. */
export const MAX_BLOCK_CHARS = 5_000_000
/** Values that are looked at for images. */
const MAX_VALUES = 20_000

/** Binary content as JSON text to be stored. */
export function toStored({ type, mimeType, resource }: ContentBlock, base64: string): string {
  const { uri, mimeType: inner } = isRecord(resource) ? resource : {}
  return JSON.stringify({ type, mimeType: mimeType ?? inner, uri, base64 })
}

/** Binary content that was stored; undefined for any other value. */
export function binaryIn(value: unknown): StoredBinary | undefined {
  if (!isRecord(value)) return undefined
  const { type, base64, mimeType, uri, ...rest } = value
  if (typeof type !== 'string' || typeof base64 !== 'string' || Object.keys(rest).length > 0) return undefined
  return {
    type,
    base64,
    ...(typeof mimeType === 'string' ? { mimeType } : {}),
    ...(typeof uri === 'string' ? { uri } : {}),
  }
}

export function stubOf({ type, mimeType, base64 }: StoredBinary, handle: string): BinaryStub {
  return { type, ...(mimeType === undefined ? {} : { mimeType }), bytes: Buffer.byteLength(base64, 'base64'), handle }
}

/** Handles of the images that a value names, each once, in their order. */
export function imageHandles(value: unknown): readonly string[] {
  const handles = new Set<string>()
  const open: unknown[] = [value]
  for (let seen = 0; open.length > 0 && seen < MAX_VALUES; seen++) {
    const current = open.pop()
    if (Array.isArray(current)) for (const item of current.slice(0, MAX_VALUES).toReversed()) open.push(item)
    else if (isRecord(current)) {
      const { type, mimeType, handle, bytes } = current
      const isImage = type === 'image' || (typeof mimeType === 'string' && mimeType.startsWith('image/'))
      if (isImage && typeof handle === 'string' && typeof bytes === 'number') handles.add(handle)
      else for (const inner of Object.values(current).toReversed()) open.push(inner)
    }
  }
  return [...handles]
}

/**
 * The block that shows it: an image of a kind that models see, audio, or the bytes as a resource. Undefined where it is
 * too large for one.
 */
export function toBlock(binary: StoredBinary, handle: string): ContentBlock | undefined {
  const bytes = Buffer.from(binary.base64, 'base64')
  const data = bytes.toString('base64')
  if (data.length > MAX_BLOCK_CHARS) return undefined
  // What it says it is may be wrong, and the APIs of models refuse the whole request then.
  const image = imageType(bytes)
  if (image !== undefined) return { type: 'image', data, mimeType: image }
  const { mimeType = 'application/octet-stream', uri = `result://${handle}` } = binary
  if (binary.type === 'audio') return { type: 'audio', data, mimeType }
  return { type: 'resource', resource: { uri, mimeType, blob: data } }
}

/** Text in bytes that say they are text; undefined for others. */
export function textIn({ mimeType = '', base64 }: StoredBinary): string | undefined {
  if (!/^text\/|[/+](?:json|xml|yaml|javascript)\b|\bsvg\b/.test(mimeType)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

/** The MIME type of an image that models see, by its first bytes. */
function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (head.startsWith('\u0089PNG\r\n\u001a\n')) return 'image/png'
  if (head.startsWith('\u00ff\u00d8\u00ff')) return 'image/jpeg'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif'
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? 'image/webp' : undefined
}
