import { binaryIn, imageHandles, MAX_BLOCK_CHARS, toBlock } from '../context/binary.ts'
import type { ResultOwner, ResultStore } from '../context/results.ts'
import { OptimizerError } from '../errors.ts'
import { isRecord, parseValue } from '../internal/json.ts'
import type { ContentBlock, ToolResult } from '../upstream/upstream.ts'

/** Images that come with one answer. */
const MAX_IMAGES = 4

/** False for nearly all answers, which then cost no more. */
export function mayNameImages(json: string): boolean {
  return json.includes('"handle":"r_') && json.includes('"image"')
}

/** The images that an answer's value names by their handles, as blocks; and a text that names those left out. */
export async function imagesIn(
  json: string,
  owner: ResultOwner,
  results: ResultStore,
): Promise<readonly ContentBlock[]> {
  const blocks: ContentBlock[] = []
  const left: string[] = []
  for (const handle of imageHandles(parseValue(json))) {
    if (blocks.length === MAX_IMAGES) left.push(handle)
    else {
      const block = await imageOf(handle, owner, results)
      if (block === 'too large') left.push(handle)
      else if (block !== undefined) blocks.push(block)
    }
  }
  return left.length === 0 ? blocks : [...blocks, { type: 'text', text: leftOut(left) }]
}

/** True for a whole result whose text fits an answer, and whose bytes a client takes. */
export function fitsWhole(json: string, fits: (json: string) => boolean): boolean {
  const { content, structuredContent } = parseValue(json) as ToolResult
  const sizes: number[] = []
  const text = JSON.stringify([content, structuredContent], (_key, value: unknown) => {
    if (!isRecord(value)) return value
    const { data, blob, ...rest } = value
    if (typeof (data ?? blob) !== 'string' || ('type' in value && blob !== undefined)) return value
    sizes.push(String(data ?? blob).length)
    return rest
  })
  return sizes.length <= MAX_IMAGES && sizes.every((size) => size <= MAX_BLOCK_CHARS) && fits(text)
}

async function imageOf(
  handle: string,
  owner: ResultOwner,
  results: ResultStore,
): Promise<ContentBlock | 'too large' | undefined> {
  const binary = binaryIn(await read(handle, owner, results))
  if (binary === undefined) return undefined
  const block = toBlock(binary, handle)
  if (block === undefined) return 'too large'
  return block.type === 'image' ? block : undefined
}

/** A value may name what is gone, or never was. */
async function read(handle: string, owner: ResultOwner, results: ResultStore): Promise<unknown> {
  try {
    return parseValue(await results.get(owner, handle))
  } catch (thrown) {
    if (OptimizerError.is(thrown)) return undefined
    throw thrown
  }
}

function leftOut(handles: readonly string[]): string {
  const named = handles.slice(0, 20).join(', ') + (handles.length > 20 ? ', …' : '')
  return `Not shown here (at most ${MAX_IMAGES} images of 5 MB): ${named}. results.show {handle} shows one, results.export writes it to a file.`
}
