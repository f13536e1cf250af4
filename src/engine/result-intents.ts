import { describeValue } from '../context/describe.ts'
import { diffValues } from '../context/diff.ts'
import { exportFile } from '../context/export.ts'
import { pageOf, type PageRequest } from '../context/page.ts'
import { selectPath } from '../context/path.ts'
import type { ResultStore } from '../context/results.ts'
import { searchValue, type ValueSearch } from '../context/search-value.ts'
import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord, type JsonObject, parseValue } from '../internal/json.ts'
import { type Builtin, builtinIntent } from './builtins.ts'

const HANDLE = { type: 'string', description: 'the handle of a preview' } as const
const PATH = {
  type: 'string',
  description: 'part of it, like issues[0].title, or JSONPath: $.issues[?@.count > 9].title',
} as const

export interface ResultIntentOptions {
  readonly results: ResultStore
  /** The only folder that `results.export` writes into; undefined: it writes nothing. */
  readonly exportFolder: string | undefined
  /** True for JSON text that fits an answer. */
  readonly fits: (json: string) => boolean
}

/** The gateway's own intents for stored results: `results.read`, `search`, `describe`, `diff`, `export`. */
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
      async ({ handle, path = '', ...page }: PageInput, principal) =>
        pageOf(await load(principal, handle, path), path, page, options.fits),
    ),
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
      async ({ handle, path, ...search }: PartInput & ValueSearch, principal) =>
        await searchValue(await load(principal, handle, path), search),
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
        name: { type: 'string', description: 'file name, may have folders: folder/name.json' },
        path: PATH,
        lines: { type: 'boolean', description: 'a list as JSON lines' },
        replace: { type: 'boolean', description: 'overwrite a file of this name' },
      },
      ['handle', 'name'],
      async (input: ExportInput, principal) => {
        const { exportFolder: folder } = options
        if (folder === undefined)
          throw new OptimizerError('POLICY_DENIED', 'cannot export a result: no export folder is configured', {
            suggestion: 'set results.exportDir in the configuration',
          })
        const value = await load(principal, input.handle, input.path)
        const content = toFile(value, input.lines === true)
        return await exportFile({ folder, name: input.name, content, replace: input.replace === true })
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
  readonly name: string
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

/** Texts and binary content as they are, all else as JSON. */
function toFile(value: unknown, lines: boolean): string | Uint8Array {
  if (typeof value === 'string') return value
  if (isRecord(value) && typeof value['base64'] === 'string' && typeof value['type'] === 'string')
    return Buffer.from(value['base64'], 'base64')
  if (lines && Array.isArray(value)) return value.map((item) => `${toJson(item)}\n`).join('')
  return `${toJson(value)}\n`
}
