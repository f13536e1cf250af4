import { z } from 'zod'
import { OptimizerError } from '../errors.ts'
import type { JsonObject } from '../internal/json.ts'
import { isRecord } from '../internal/json.ts'
import { modelText } from '../internal/text.ts'
import type { Intent } from './catalog.ts'
import { isRefusedName } from './names.ts'
import { screenSchema } from './schema.ts'

/** What an intent says about itself. */
export type IntentMetadata = Omit<Intent, 'source' | 'aliases'>

const NAME_PART = '[a-z][a-z0-9_]*'
const NAME = new RegExp(`^${NAME_PART}(\\.${NAME_PART})*$`)
const NAME_RULE =
  'lower-case words of letters, digits and "_", each part beginning with a letter: "list_errors", "issues.list"'

/**
 * Validates the `metadata` literal of an intent (see `docs/intents.md`). `origin` names the file for messages.
 * Throws `CONFIG_INVALID` with `details: {path, expected, origin}`.
 */
export function parseIntentMetadata(value: unknown, origin: string): IntentMetadata {
  const parsed = METADATA.safeParse(value)
  if (!parsed.success) throw invalid(parsed.error.issues[0], value, origin)
  const { input, output, ...rest } = parsed.data
  const schemas = { input: usableSchema(input, 'input', origin) }
  const common = { ...rest, ...schemas, origin }
  return output === undefined ? common : { ...common, output: usableSchema(output, 'output', origin) }
}

const serverName = z.string({ error: 'the name of a server' }).min(1).max(100)

const METADATA = z.strictObject(
  {
    name: z
      .string({ error: NAME_RULE })
      .max(100, { error: 'at most 100 characters' })
      .regex(NAME, { error: NAME_RULE })
      .refine((name) => !name.split('.').some(isRefusedName), {
        error: 'a name without a meaning of its own in JavaScript',
      }),
    description: z
      .string({ error: 'a text that says what it does' })
      .trim()
      .min(1, { error: 'a text that says what it does' })
      .max(2_000, { error: 'at most 2000 characters' }),
    servers: z.array(serverName, { error: 'a list of names of servers' }).max(50).default([]),
    readOnly: z.boolean({ error: 'true or false' }).default(false),
    input: z.custom<JsonObject>(isObjectSchema, { error: 'a JSON Schema with type "object"' }),
    output: z.custom<JsonObject>(isRecord, { error: 'a JSON Schema object' }).optional(),
    examples: z
      .array(z.custom<JsonObject>(isRecord, { error: 'an object: an example of the input' }), {
        error: 'a list of inputs',
      })
      .max(20)
      .default([]),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? `only ${KEYS}` : `an object with ${KEYS}`) },
)

const KEYS = 'name, description, servers, readOnly, input, output, examples'

function isObjectSchema(value: unknown): boolean {
  return isRecord(value) && value['type'] === 'object'
}

function usableSchema(schema: JsonObject, key: string, origin: string): JsonObject {
  const screened = screenSchema(schema)
  const [problem] = screened.problems
  if (problem !== undefined) throw failure(`metadata.${key}`, `its schema ${problem}`, 'a valid JSON Schema', origin)
  return screened.schema === true ? {} : screened.schema
}

function invalid(issue: z.core.$ZodIssue | undefined, value: unknown, origin: string): OptimizerError {
  const keys = issue?.path ?? []
  const path = keys.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    'metadata',
  )
  const found = keys.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  )
  const unknownKeys = issue?.code === 'unrecognized_keys' ? ` (unknown: ${issue.keys.slice(0, 5).join(', ')})` : ''
  return failure(path, `found ${shown(found)}${unknownKeys}`, issue?.message ?? 'intent metadata', origin)
}

function failure(path: string, found: string, expected: string, origin: string): OptimizerError {
  const message = modelText(`intent ${origin} has invalid ${path}: ${found}, expected ${expected}`, 600)
  return new OptimizerError('CONFIG_INVALID', message, { details: { path, expected, origin } })
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null
    ? 'an object'
    : modelText(JSON.stringify(value) ?? typeof value, 80)
}
