import type { PromptResult, ResourceContents, ResourcePart } from '../../upstream/offer-result.ts'
import type { ContentBlock } from '../../upstream/upstream.ts'
import { bytesOf, type KeepBinary, withoutBinary } from '../tool-value.ts'

/** A resource as programs see it: texts as they are, bytes behind handles. */
export async function contentsValue({ contents }: ResourceContents, keep: KeepBinary): Promise<object> {
  return { contents: await Promise.all(contents.map(async (part) => await partValue(part, keep))) }
}

async function partValue({ blob, ...part }: ResourcePart, keep: KeepBinary): Promise<object> {
  if (blob === undefined) return part
  const type = /^(?:image|audio)(?=\/)/.exec(part.mimeType ?? '')?.[0] ?? 'resource'
  const block: ContentBlock = { type, mimeType: part.mimeType, resource: part }
  return { type, ...part, bytes: bytesOf(blob), handle: await keep(block, blob) }
}

/** A prompt as programs see it. */
export async function promptValue({ description, messages }: PromptResult, keep: KeepBinary): Promise<object> {
  const contents = await withoutBinary(
    messages.map(({ content }) => content),
    keep,
  )
  const said = messages.map(({ role }, index) => ({ role, content: contents[index] }))
  return { ...(description === undefined ? {} : { description }), messages: said }
}
