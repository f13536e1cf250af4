import { join } from 'node:path'
import { binaryIn, stubOf, textIn, toBlock } from '../context/binary.ts'
import { describeValue } from '../context/describe.ts'
import { diffValues } from '../context/diff.ts'
import { exportFile } from '../context/export.ts'
import { joinPaths, pageOf, type PageRequest } from '../context/page.ts'
import { selectPath } from '../context/path.ts'
import type { ResultStore } from '../context/results.ts'
import { searchValue, type ValueSearch } from '../context/search-value.ts'
import { OptimizerError } from '../errors.ts'
import { isDeeperThan, type JsonObject, parseValue } from '../internal/json.ts'
import type { ContentBlock } from '../upstream/upstream.ts'
import { type Builtin, builtinIntent } from './builtins.ts'

const HANDLE = { type: 'string', description: 'the handle of a preview' } as const
const PATH = {
  type: 'string',
  description: 'part of it, like issues[0].title, or JSONPath: $.issues[?@.count > 9].title',
} as const

export interface ResultIntentOptions {
  readonly results: ResultStore
  /** The only folder that `results.export` writes into for a principal; undefined: it writes nothing. */
  readonly exportFolder: (principal: string) => string | undefined
  /** True for JSON text that fits an answer. */
  readonly fits: (json: string) => boolean
}

/** The gateway's own intents for stored results: `results.read`, `show`, `search`, `describe`, `diff`, `export`. */
export function createResultIntents(options: ResultIntentOptions): readonly Builtin[] {
  const { results } = options
  const load = async (principal: string, handle: string, path = ''): Promise<unknown> =>
    await selectPath(parseValue(await results.get({ principal }, handle)), path)

  return [
    define(
      'read',
      'Reads a page or a part of a stored result by its handle',
      {
        handle: HANDLE,
        path: PATH,
        offset: { type: 'integer', description: 'first item, character or key' },
        limit: { type: 'integer', description: 'items, characters or keys at most; default what fits' },
      },
      ['handle'],
      async ({ handle, path = '', ...page }: PageInput, principal) => {
        const value = await load(principal, handle, path)
        const binary = binaryIn(value)
        if (binary === undefined) return pageOf(value, path, page, options.fits)
        return {
          ...stubOf(binary, handle),
          note: 'bytes: results.show shows them, results.export writes them to a file',
        }
      },
    ),
    {
      ...define(
        'show',
        'Shows an image, audio or file behind a handle: as an image you see, audio, or a resource; a text as text',
        { handle: { type: 'string', description: 'the handle beside its bytes' } },
        ['handle'],
        async ({ handle }: PartInput, principal) => {
          const value = await load(principal, handle)
          const binary = binaryIn(value)
          if (binary === undefined) return pageOf(value, '', {}, options.fits)
          const text = textIn(binary)
          return text === undefined ? stubOf(binary, handle) : pageOf(text, '', {}, options.fits)
        },
      ),
      show: async (input, principal) =>
        await blocksOf(String(input['handle']), await load(principal, String(input['handle']))),
    },
    define(
      'search',
      'Greps a stored result by its handle',
      {
        handle: HANDLE,
        query: { type: 'string', description: 'text to find' },
        regex: { type: 'boolean', description: 'query is an RE2 regular expression' },
        matchCase: { type: 'boolean' },
        path: PATH,
        limit: { type: 'integer', minimum: 1, maximum: 200, description: 'matches to show; default 20' },
      },
      ['handle', 'query'],
      async ({ handle, path = '', ...search }: PartInput & ValueSearch, principal) => {
        const found = await searchValue(await load(principal, handle, path), search)
        const matches = found.matches.map((match) => ({ ...match, path: joinPaths(path, match.path) }))
        return { ...found, matches }
      },
    ),
    define(
      'describe',
      'Shape, counts and types of a stored result by its handle',
      { handle: HANDLE, path: PATH },
      ['handle'],
      async ({ handle, path }: PartInput, principal) => describeValue(await load(principal, handle, path)),
    ),
    define(
      'diff',
      'What changed from one stored result to another, by their handles',
      { from: HANDLE, to: HANDLE, path: PATH },
      ['from', 'to'],
      async ({ from, to, path }: DiffInput, principal) =>
        await diffValues(await load(principal, from, path), await load(principal, to, path)),
    ),
    define(
      'export',
      'Writes a stored result by its handle to a file in the export folder, binary content as it is',
      {
        handle: HANDLE,
        name: { type: 'string', description: 'file name, may have folders: folder/name.json; default the handle' },
        path: PATH,
        lines: { type: 'boolean', description: 'a list as JSON lines' },
        replace: { type: 'boolean', description: 'overwrite a file of this name' },
      },
      ['handle'],
      async (input: ExportInput, principal) => {
        const folder = options.exportFolder(principal)
        if (folder === undefined)
          throw new OptimizerError('POLICY_DENIED', 'cannot export a result: no export folder is configured', {
            suggestion: 'set results.exportDir in the configuration',
          })
        const value = await load(principal, input.handle, input.path)
        const content = toFile(value, input.lines === true)
        const { name = nameFor(input.handle, value, input.lines === true) } = input
        const written = await exportFile({ folder, name, content, replace: input.replace === true })
        return isOwner(principal) ? { ...written, file: join(folder, name) } : written
      },
    ),
  ]
}

interface PartInput {
  readonly handle: string
  readonly path?: string
}

type PageInput = PartInput & PageRequest

interface DiffInput {
  readonly from: string
  readonly to: string
  readonly path?: string
}

interface ExportInput extends PartInput {
  readonly name?: string
  readonly lines?: boolean
  readonly replace?: boolean
}

function define(
  name: string,
  description: string,
  properties: JsonObject,
  required: readonly string[],
  run: (input: never, principal: string) => Promise<unknown>,
): Builtin {
  const input = { type: 'object', properties, required, additionalProperties: false }
  return {
    intent: builtinIntent(`results.${name}`, description, input, name !== 'export'),
    // The input was validated against the schema above.
    run: async (given, principal) => toJson(await run(given as never, principal)),
  }
}

/** Most levels of an answer; writing it as text takes a frame of the stack for each. */
const MAX_DEPTH = 500

function toJson(value: unknown): string {
  if (!isDeeperThan(value, MAX_DEPTH)) return JSON.stringify(value)
  throw new OptimizerError('LIMIT_EXCEEDED', `cannot show this part: it nests deeper than ${MAX_DEPTH} levels`, {
    suggestion: 'read a part of it with path, or look at it with results.describe',
  })
}

/** What shows the bytes behind a handle, where they are no text. */
async function blocksOf(handle: string, value: unknown): Promise<readonly ContentBlock[]> {
  const binary = binaryIn(value)
  if (binary === undefined || textIn(binary) !== undefined) return []
  const block = toBlock(binary, handle)
  if (block !== undefined) return [block]
  const { bytes } = stubOf(binary, handle)
  throw new OptimizerError(
    'LIMIT_EXCEEDED',
    `cannot show ${handle}: it has ${bytes} bytes, and clients take about 3.7 MB`,
    {
      suggestion: 'write it to a file with results.export',
    },
  )
}

/** The local user: the files are on his own machine. */
function isOwner(principal: string): boolean {
  return principal === 'local'
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

function nameFor(handle: string, value: unknown, lines: boolean): string {
  const binary = binaryIn(value)
  if (binary === undefined) return `${handle}.${typeof value === 'string' ? 'txt' : lines ? 'jsonl' : 'json'}`
  const kind = /^[\w.-]+\/([\w.+-]{1,20})/.exec(binary.mimeType ?? '')?.[1] ?? 'octet-stream'
  return `${handle}.${ENDINGS[kind] ?? kind.replace(/^.*\+/, '')}`
}

/** Texts and binary content as they are, all else as JSON. */
function toFile(value: unknown, lines: boolean): string | Uint8Array {
  if (typeof value === 'string') return value
  const binary = binaryIn(value)
  if (binary !== undefined) return Buffer.from(binary.base64, 'base64')
  if (lines && Array.isArray(value)) return value.map((item) => `${toJson(item)}\n`).join('')
  return `${toJson(value)}\n`
}
