import { z } from 'zod'
import { OptimizerError } from '../errors.ts'
import { isRecord, type JsonObject } from '../internal/json.ts'
import type { Intent } from './catalog.ts'

const metadataSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,59}(\.[a-z][a-z0-9_]{0,59}){0,2}$/, 'wanted lower_case words, parts joined by dots'),
  description: z.string().min(1).max(500),
  servers: z.array(z.string().min(1)).max(20).default([]),
  readOnly: z.boolean().default(false),
  input: z.record(z.string(), z.unknown()).default({ type: 'object' }),
  output: z.record(z.string(), z.unknown()).optional(),
  examples: z.array(z.record(z.string(), z.unknown())).max(10).default([]),
})

/**
 * The metadata of an intent file (see docs/intents.md). Throws `CONFIG_INVALID` with the path and what was expected.
 */
export function parseIntentMetadata(value: unknown, origin: string): Omit<Intent, 'source' | 'aliases'> {
  const parsed = metadataSchema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = ['metadata', ...(issue?.path ?? [])].join('.')
    throw new OptimizerError('CONFIG_INVALID', `cannot use ${origin}: ${path}: ${issue?.message ?? 'wrong'}`, {
      details: { path },
    })
  }
  const { input, output, examples, ...rest } = parsed.data
  if (input['type'] !== 'object' || (input['properties'] !== undefined && !isRecord(input['properties']))) {
    throw new OptimizerError(
      'CONFIG_INVALID',
      `cannot use ${origin}: metadata.input: wanted the JSON Schema of an object`,
      { details: { path: 'metadata.input' } },
    )
  }
  return {
    ...rest,
    origin,
    input: input as JsonObject,
    examples: examples as JsonObject[],
    ...(output === undefined ? {} : { output: output as JsonObject }),
  }
}
