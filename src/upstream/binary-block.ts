import { isRecord } from '../internal/json.ts'
import type { ContentBlock } from './upstream.ts'

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.+=-]+)*;base64,/

/**
 * A block with its bytes where the protocol has them: servers write data addresses for plain base64, and images in the
 * forms of models' APIs. Other blocks as they are.
 */
export function withPlainBytes(block: ContentBlock): ContentBlock {
  const { type, data, resource, source, image_url: address } = block
  if (type === 'image_url') return imageAt(isRecord(address) ? address['url'] : address) ?? block
  if (isRecord(resource) && typeof resource['blob'] === 'string') {
    const plain = plainBytes(resource['blob'])
    return plain === undefined ? block : { ...block, resource: { ...resource, blob: plain.data } }
  }
  if (type !== 'image' && type !== 'audio') return block
  if (data === undefined && isRecord(source) && typeof source['data'] === 'string') {
    const { source: _source, ...rest } = block
    return { ...rest, data: source['data'], mimeType: source['media_type'] }
  }
  const plain = typeof data === 'string' ? plainBytes(data) : undefined
  return plain === undefined ? block : { ...block, data: plain.data, mimeType: block['mimeType'] ?? plain.mimeType }
}

function imageAt(address: unknown): ContentBlock | undefined {
  const plain = typeof address === 'string' ? plainBytes(address) : undefined
  return plain === undefined ? undefined : { type: 'image', data: plain.data, mimeType: plain.mimeType ?? 'image/png' }
}

function plainBytes(text: string): { readonly data: string; readonly mimeType: string | undefined } | undefined {
  const [prefix, mimeType] = (text.startsWith('data:') ? DATA_URL.exec(text.slice(0, 200)) : undefined) ?? []
  return prefix === undefined ? undefined : { data: text.slice(prefix.length), mimeType }
}
