import { screenSchema } from '../../catalog/schema.ts'
import { isRecord } from '../../internal/json.ts'
import { clip } from '../../internal/text.ts'
import { portableSchema } from './portable-schema.ts'
import type { PortableSchema } from './writer.ts'

/** Parameters that are shown of a schema that is too deep or too large to be read as a whole. */
const MAX_OUTLINED = 200

/**
 * What can be shown of the schema of a tool whose screening gave up: names, types and words of its first parameters. Others
 * are taken as well.
 */
export function outlinedSchema(raw: unknown): PortableSchema {
  const all = isRecord(raw) && isRecord(raw['properties']) ? Object.entries(raw['properties']) : []
  if (all.length === 0) return portableSchema(true)
  const shown = all.slice(0, MAX_OUTLINED)
  const { required } = raw as Readonly<Record<string, unknown>>
  const outline = {
    type: 'object',
    properties: Object.fromEntries(shown.map(([name, schema]) => [name, outlineOf(schema)])),
    required: (Array.isArray(required) ? required : []).filter((name) => shown.some(([one]) => one === name)),
    description: `too large to show${all.length > shown.length ? `: ${all.length - shown.length} more parameters` : ' in whole'}`,
  }
  return portableSchema(screenSchema(outline).schema)
}

function outlineOf(schema: unknown): object {
  if (!isRecord(schema)) return {}
  const { type, description } = schema
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof description === 'string' ? { description: clip(description, 300) } : {}),
  }
}
