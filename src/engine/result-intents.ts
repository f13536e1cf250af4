import { join } from 'node:path'
import { exportFile } from '../context/export.ts'
import type { PageRequest } from '../context/page.ts'
import type { ReadingContext, ResultReader } from './reading/result-reader.ts'
import type { ValueSearch } from '../context/search-value.ts'
import { OptimizerError } from '../errors.ts'
import type { JsonObject } from '../internal/json.ts'
import type { ContentBlock } from '../upstream/upstream.ts'
import { type Builtin, builtinIntent } from './builtins.ts'

const HANDLE = { type: 'string', description: 'the handle of a preview' } as const
const PATH = {
  type: 'string',
  description: 'part of it, like issues[0].title, or JSONPath: $.issues[?@.count > 9].title',
} as const

export interface ResultIntentOptions {
  readonly reader: ResultReader
  /** The only folder that `results.export` writes into for a principal; undefined: it writes nothing. */
  readonly exportFolder: (principal: string) => string | undefined
}

/** The gateway's own intents for stored results: `results.read`, `show`, `search`, `describe`, `diff`, `export`. */
export function createResultIntents(options: ResultIntentOptions): readonly Builtin[] {
  const { reader } = options

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
      async ({ handle, path = '', ...page }: PageInput, context) =>
        await reader.answer(context, [handle], { kind: 'page', path, page, handle }),
    ),
    {
      ...define(
        'show',
        'Shows an image, audio or file behind a handle: as an image you see, audio, or a resource; a text as text',
        { handle: { type: 'string', description: 'the handle beside its bytes' } },
        ['handle'],
        async ({ handle }: PartInput, context) => await reader.answer(context, [handle], { kind: 'show', handle }),
      ),
      show: async (input, context) => {
        const handle = String(input['handle'])
        return JSON.parse(await reader.answer(context, [handle], { kind: 'blocks', handle })) as ContentBlock[]
      },
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
      async ({ handle, path = '', ...search }: PartInput & ValueSearch, context) =>
        await reader.answer(context, [handle], { kind: 'search', path, search }),
    ),
    define(
      'describe',
      'Shape, counts and types of a stored result by its handle',
      { handle: HANDLE, path: PATH },
      ['handle'],
      async ({ handle, path = '' }: PartInput, context) =>
        await reader.answer(context, [handle], { kind: 'describe', path }),
    ),
    define(
      'diff',
      'What changed from one stored result to another, by their handles',
      { from: HANDLE, to: HANDLE, path: PATH },
      ['from', 'to'],
      async ({ from, to, path = '' }: DiffInput, context) =>
        await reader.answer(context, [from, to], { kind: 'diff', path }),
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
      async (input: ExportInput, context) => {
        const { principal } = context
        const folder = options.exportFolder(principal)
        if (folder === undefined)
          throw new OptimizerError('POLICY_DENIED', 'cannot export a result: no export folder is configured', {
            suggestion: 'set results.exportDir in the configuration',
          })
        const { handle, path = '', lines = false } = input
        const { content, ending } = await reader.file(context, handle, { path, lines })
        const { name = `${handle}.${ending}` } = input
        const written = await exportFile({ folder, name, content, replace: input.replace === true })
        return JSON.stringify(isOwner(principal) ? { ...written, file: join(folder, name) } : written)
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
  run: (input: never, context: ReadingContext) => Promise<string>,
): Builtin {
  const input = { type: 'object', properties, required, additionalProperties: false }
  return {
    intent: builtinIntent(`results.${name}`, description, input, name !== 'export'),
    // The input was validated against the schema above.
    run: async (given, context) => await run(given as never, context),
  }
}

/** The local user: the files are on his own machine. */
function isOwner(principal: string): boolean {
  return principal === 'local'
}
