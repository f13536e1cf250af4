import { isRecord } from '../../internal/json.ts'

/** UTF-8 bytes of a text, in base64. */
export function encodeText(request: unknown): string {
  return Buffer.from(new TextEncoder().encode(String(request))).toString('base64')
}

/** Text of bytes in base64; without them only the name of the encoding. */
export function decodeText(request: unknown): { encoding: string; text: string } {
  const { label, fatal, ignoreBOM, bytes } = isRecord(request) ? request : {}
  const decoder = new TextDecoder(String(label), { fatal: fatal === true, ignoreBOM: ignoreBOM === true })
  if (typeof bytes !== 'string') return { encoding: decoder.encoding, text: '' }
  // In pieces, because Node.js 20 and 22 take windows-1252 for ISO 8859-1 where they decode all at once.
  const text = decoder.decode(Buffer.from(bytes, 'base64'), { stream: true }) + decoder.decode()
  return { encoding: decoder.encoding, text }
}
