import { isRecord } from '../../internal/json.ts'
import type { ContentBlock } from '../../upstream/upstream.ts'

/** A content block whose links to resources are as clients see them; the block itself where it has none, or no other. */
export function linked(block: ContentBlock, show: (uri: string) => string): ContentBlock {
  const { type, uri, resource } = block
  if (type === 'resource_link' && typeof uri === 'string') {
    const shown = show(uri)
    return shown === uri ? block : { ...block, uri: shown }
  }
  if (type !== 'resource' || !isRecord(resource) || typeof resource['uri'] !== 'string') return block
  const shown = show(resource['uri'])
  return shown === resource['uri'] ? block : { ...block, resource: { ...resource, uri: shown } }
}
