import { OptimizerError } from '../../errors.ts'
import { isDeeperThan, parseValue } from '../../internal/json.ts'
import { estimateTokenizer } from '../../tokens/estimate.ts'
import { binaryIn, stubOf, textIn, toBlock } from '../../context/binary.ts'
import { createFits, partsOf } from '../../context/budget.ts'
import { describeValue } from '../../context/describe.ts'
import { diffValues } from '../../context/diff.ts'
import { joinPaths, pageOf, type PageRequest } from '../../context/page.ts'
import { selectPath } from '../../context/path.ts'
import { searchValue, type ValueSearch } from '../../context/search-value.ts'

/** What is asked of stored results: data, so that a thread can be sent it. */
export type Reading =
  | { readonly kind: 'page'; readonly path: string; readonly page: PageRequest; readonly handle: string }
  | { readonly kind: 'show'; readonly handle: string }
  | { readonly kind: 'blocks'; readonly handle: string }
  | { readonly kind: 'search'; readonly path: string; readonly search: ValueSearch }
  | { readonly kind: 'describe'; readonly path: string }
  | { readonly kind: 'diff'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly lines: boolean }
  | { readonly kind: 'preview' }

export interface ReadingTask {
  readonly reading: Reading
  /** JSON texts of the stored results that it is about. */
  readonly texts: readonly string[]
  /** Tokens that an answer may have. */
  readonly maxTokens: number
}

/** What a file gets, and the ending of its name. */
export interface FileContent {
  readonly content: string | Uint8Array
  readonly ending: string
}

/** The JSON text of the answer; of a `file` its content. */
export async function read({ reading, texts, maxTokens }: ReadingTask): Promise<string | FileContent> {
  const [first = 'null', second = 'null'] = texts
  const fits = createFits({ tokenizer: estimateTokenizer, maxTokens })
  const part = async (text: string, path: string): Promise<unknown> => await selectPath(valueOf(text), path)
  switch (reading.kind) {
    case 'page':
      return toJson(page(await part(first, reading.path), reading, fits))
    case 'show':
      return toJson(shown(parseValue(first), reading.handle, fits))
    case 'blocks':
      return toJson(blocksOf(parseValue(first), reading.handle))
    case 'search': {
      const found = await searchValue(await part(first, reading.path), reading.search)
      return toJson({
        ...found,
        matches: found.matches.map((match) => ({ ...match, path: joinPaths(reading.path, match.path) })),
      })
    }
    case 'describe':
      return toJson(describeValue(await part(first, reading.path)))
    case 'diff':
      return toJson(await diffValues(await part(first, reading.path), await part(second, reading.path)))
    case 'preview':
      return JSON.stringify(partsOf(first, maxTokens, estimateTokenizer))
    case 'file':
      return toFile(await part(first, reading.path), reading.lines)
  }
}

/** A text that was too large to be looked at when it was stored may be no JSON. */
function valueOf(text: string): unknown {
  try {
    return parseValue(text)
  } catch {
    return text
  }
}

type Fits = (json: string) => boolean

function page(value: unknown, { path, page: request, handle }: Reading & { kind: 'page' }, fits: Fits): unknown {
  const binary = binaryIn(value)
  if (binary === undefined) return pageOf(value, path, request, fits)
  return {
    ...stubOf(binary, handle),
    note: 'bytes: results.show shows them, results.export writes them to a file',
  }
}

function shown(value: unknown, handle: string, fits: Fits): unknown {
  const binary = binaryIn(value)
  if (binary === undefined) return pageOf(value, '', {}, fits)
  const text = textIn(binary)
  return text === undefined ? stubOf(binary, handle) : pageOf(text, '', {}, fits)
}

/** What shows the bytes behind a handle, where they are no text. */
function blocksOf(value: unknown, handle: string): readonly unknown[] {
  const binary = binaryIn(value)
  if (binary === undefined || textIn(binary) !== undefined) return []
  const block = toBlock(binary, handle)
  if (block !== undefined) return [block]
  const { bytes } = stubOf(binary, handle)
  throw new OptimizerError(
    'LIMIT_EXCEEDED',
    `cannot show ${handle}: it has ${bytes} bytes, and clients take about 3.7 MB`,
    { suggestion: 'write it to a file with results.export' },
  )
}

/** Texts and binary content as they are, all else as JSON. */
function toFile(value: unknown, lines: boolean): FileContent {
  if (typeof value === 'string') return { content: value, ending: 'txt' }
  const binary = binaryIn(value)
  if (binary !== undefined) return { content: Buffer.from(binary.base64, 'base64'), ending: endingOf(binary.mimeType) }
  if (lines && Array.isArray(value))
    return { content: value.map((item) => `${toJson(item)}\n`).join(''), ending: 'jsonl' }
  return { content: `${toJson(value)}\n`, ending: 'json' }
}

/** Endings by MIME type, beside those that are the type's own second part: `image/png`, `audio/mpeg`. */
const ENDINGS: Readonly<Record<string, string>> = {
  jpeg: 'jpg',
  'svg+xml': 'svg',
  plain: 'txt',
  mpeg: 'mp3',
  markdown: 'md',
  'octet-stream': 'bin',
}

function endingOf(mimeType: string | undefined): string {
  const kind = /^[\w.-]+\/([\w.+-]{1,20})/.exec(mimeType ?? '')?.[1] ?? 'octet-stream'
  return ENDINGS[kind] ?? kind.replace(/^.*\+/, '')
}

/** Most levels of an answer; writing it as text takes a frame of the stack for each. */
const MAX_DEPTH = 500

function toJson(value: unknown): string {
  if (!isDeeperThan(value, MAX_DEPTH)) return JSON.stringify(value)
  throw new OptimizerError('LIMIT_EXCEEDED', `cannot show this part: it nests deeper than ${MAX_DEPTH} levels`, {
    suggestion: 'read a part of it with path, or look at it with results.describe',
  })
}
