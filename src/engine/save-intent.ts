import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { Catalog, Intent } from '../catalog/catalog.ts'
import type { TypeChecker } from '../catalog/type-check/type-check.ts'
import { OptimizerError } from '../errors.ts'
import { type StagedFile, stageFile } from '../internal/atomic-file.ts'
import { shortHash } from '../internal/hash.ts'
import { asValue, isRecord, type JsonObject, parseValue } from '../internal/json.ts'
import { type Builtin, builtinIntent } from './builtins.ts'
import { checkTypes } from './check-types.ts'
import type { SavedIntents } from './saved-intents.ts'

/** Intents that the gateway itself answers. */
const RESERVED: ReadonlySet<string> = new Set(['save_intent'])

const INPUT = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9_]{0,59}$', description: 'lower_case name' },
    description: { type: 'string', minLength: 1, maxLength: 300 },
    code: { type: 'string', description: 'code that execute_code ran without error; reads its input from params' },
    input: { type: 'object', description: 'JSON Schema of params; default: from the params of that run' },
    replace: { type: 'boolean', description: 'overwrite an intent saved before' },
  },
  required: ['name', 'description', 'code'],
  additionalProperties: false,
} as const

/** Remembers which code ran without error, and with which params, so that only such code can be saved. */
export interface WorkedPrograms {
  remember(code: string, params: unknown): void
  paramsOf(code: string): { readonly params: unknown } | undefined
}

export function createWorkedPrograms(): WorkedPrograms {
  const worked = new LRUCache<string, { params: unknown }>({ max: 200 })
  return {
    remember: (code, params) => void worked.set(shortHash(code), { params: sampleOf(params) }),
    paramsOf: (code) => worked.get(shortHash(code)),
  }
}

export interface SaveIntentOptions {
  readonly saved: SavedIntents
  readonly worked: WorkedPrograms
  /** Undefined: code is saved unchecked. */
  readonly typeChecker?: TypeChecker | undefined
  /** Told of each file before it is written. */
  readonly onSaved?: (file: string, source: string) => Promise<void>
}

/** `save_intent`: keeps a program that worked as an intent file. */
export function createSaveIntent(options: SaveIntentOptions): Builtin {
  return {
    intent: builtinIntent('save_intent', 'Keeps code that worked as a named intent for later', INPUT, false),
    async run(input, { principal, catalog: asked }) {
      const {
        name,
        description,
        code: written,
        replace = false,
      } = input as { name: string; description: string; code: string; replace?: boolean }
      const folder = options.saved.folderOf(principal)
      if (folder === undefined)
        throw new OptimizerError('POLICY_DENIED', 'cannot save an intent: no folder for intents is configured')
      const ran = options.worked.paramsOf(written)
      if (ran === undefined) {
        throw new OptimizerError('INVALID_REQUEST', 'cannot save this code: it has not run without error yet', {
          suggestion: 'run it with execute_code first, then save the same text',
        })
      }
      const { toBody } = await import('../sandbox/program/read-program.ts')
      const code = toBody(written)
      await options.saved.look(principal, true)
      const catalog = options.saved.seenBy(asked, principal)
      const file = join(folder, `${name}.ts`)
      refuseTaken(name, replace, catalog, () => existsSync(file))
      const schema = isRecord(input['input']) ? input['input'] : schemaOf(ran.params)
      const { typeChecker } = options
      const unchecked =
        typeChecker && (await checkTypes(typeChecker, { source: code, params: schema, party: principal }, catalog))
      const source = intentSource({ name, description, input: schema, servers: serversIn(code, catalog) }, code)
      const staged = await stage(file, source, name, replace)
      let intent: Intent
      try {
        intent = await options.saved.read(source, name)
        await options.onSaved?.(file, source)
        await staged.commit()
        options.saved.keep(intent, principal)
      } catch (thrown) {
        await staged.discard()
        throw notSaved(name, thrown)
      }
      const note = unchecked === undefined ? {} : { note: `its types were not checked: ${unchecked}` }
      return JSON.stringify({ saved: intent.name, input: intent.input, ...note })
    },
  }
}

/** The file beside its place: what the disk has no room for is known before the catalog changes. */
async function stage(file: string, source: string, name: string, replace: boolean): Promise<StagedFile> {
  // Another gateway of this folder may have saved one of that name since.
  if (!replace && existsSync(file)) throw taken(name, 'an intent of this name exists', REPLACE)
  try {
    return await stageFile(file, source, { exclusive: !replace, durable: true })
  } catch (thrown) {
    throw notSaved(name, thrown)
  }
}

function notSaved(name: string, thrown: unknown): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown reason'
  if (code === 'EEXIST') return taken(name, 'an intent of this name exists', REPLACE)
  return new OptimizerError(
    'STORE_UNAVAILABLE',
    `cannot save intent "${name}": its folder cannot be written (${code})`,
    {
      cause: thrown,
      suggestion: 'the code ran and can be sent again; save it when there is room',
    },
  )
}

const REPLACE = 'choose another name, or set replace'

function taken(name: string, why: string, suggestion: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot save intent "${name}": ${why}`, {
    details: { path: 'name' },
    suggestion,
  })
}

function refuseTaken(name: string, replace: boolean, catalog: Catalog, isOwn: () => boolean): void {
  if (RESERVED.has(name)) throw taken(name, 'the name belongs to builtin', 'choose another name')
  const known = catalog.intents.get(name)
  if (known === undefined) return
  if (known.origin !== 'file') throw taken(name, `the name belongs to ${known.origin}`, 'choose another name')
  // Of another folder it is, or another's: a file of this name would never be seen.
  if (!isOwn()) throw taken(name, 'an intent of this name exists that is not yours', 'choose another name')
  if (!replace) throw taken(name, 'an intent of this name exists', REPLACE)
}

function intentSource(
  metadata: { name: string; description: string; input: JsonObject; servers: readonly string[] },
  code: string,
): string {
  const text = JSON.stringify({ ...metadata, readOnly: false }, undefined, 2)
  return `export const metadata = ${text}\n\nexport default async (params: any, tools: any, { intents, results, state }: any) => {\n${code}\n}\n`
}

/** Servers whose tools the code names, however it spells them. */
function serversIn(code: string, { names }: Catalog): string[] {
  const found = [...code.matchAll(/\btools\s*(?:\?\.)?(?:\.?\s*([\p{L}\p{N}_$]+)|\[\s*(["'`])(.*?)\2\s*\])/gu)]
  const keys = found.flatMap(([, dotted, , quoted]) => serverOf(dotted ?? quoted ?? '', names) ?? [])
  return [...new Set(keys)].toSorted()
}

/** The key of the server that a name after `tools` is, or that the tool of this name belongs to. */
function serverOf(name: string, names: Catalog['names']): string | undefined {
  const key = names.server(name)
  if (key !== undefined) return key
  const [entry, ...more] = names.find(name).entries
  return entry?.kind === 'tool' && more.length === 0 ? entry.tool.serverKey : undefined
}

/** A small copy of params: enough for their types. */
function sampleOf(params: unknown): unknown {
  const { json } = asValue(params ?? {})
  return json.length > 20_000 ? {} : parseValue(json)
}

/** JSON Schema of the params of a run: names and types, all required. */
function schemaOf(value: unknown): JsonObject {
  if (!isRecord(value)) return { type: 'object' }
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typeOf(inner)])),
    required: Object.keys(value),
  }
}

function typeOf(value: unknown): JsonObject {
  if (Array.isArray(value)) return value.length === 0 ? { type: 'array' } : { type: 'array', items: typeOf(value[0]) }
  if (value === null) return {}
  return isRecord(value) ? schemaOf(value) : { type: typeof value }
}
