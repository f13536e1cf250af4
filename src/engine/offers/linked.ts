import { isRecord } from '../../internal/json.ts'
import type { ContentBlock } from '../../upstream/upstream.ts'

/** Keys of a tool's `_meta` that name the page which shows its results: of MCP Apps, of their first draft, of ChatGPT. */
const PAGE_KEYS = ['ui/resourceUri', 'openai/outputTemplate'] as const

/** `_meta` of a tool whose page is as clients see it. */
export function linkedMeta(
  meta: Readonly<Record<string, unknown>>,
  show: (uri: string) => string,
): Readonly<Record<string, unknown>> {
  const { ui } = meta
  const pages = PAGE_KEYS.flatMap((key) => {
    const uri = meta[key]
    return typeof uri === 'string' ? [[key, show(uri)] as const] : []
  })
  const uri = isRecord(ui) ? ui['resourceUri'] : undefined
  const page = isRecord(ui) && typeof uri === 'string' ? { ui: { ...ui, resourceUri: show(uri) } } : {}
  return { ...meta, ...Object.fromEntries(pages), ...page }
}

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
