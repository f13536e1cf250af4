import { isRecord } from '../../internal/json.ts'

/** The words of an input schema: names of parameters, and what is said about them. */
export interface ParameterWords {
  readonly names: string
  readonly documentation: string
}

const MAX_DEPTH = 3
const MAX_PARAMETERS = 200
const MAX_CHARS = 8_000
const MAX_ENUM = 30

/** Walks `properties` and `items` to depth 3; bounded, and safe on schemas that contain themselves. */
export function parameterWords(schema: unknown): ParameterWords {
  const names: string[] = []
  const documentation: string[] = []
  const seen = new Set<unknown>()
  const walk = (node: unknown, depth: number): void => {
    if (!isRecord(node) || depth > MAX_DEPTH || seen.has(node) || names.length >= MAX_PARAMETERS) return
    seen.add(node)
    if (isRecord(node['properties'])) {
      for (const [name, inner] of Object.entries(node['properties'])) {
        if (names.length >= MAX_PARAMETERS) return
        names.push(name)
        documentation.push(...documents(inner))
        walk(inner, depth + 1)
      }
    }
    walk(node['items'], depth + 1)
  }
  walk(schema, 0)
  return { names: names.join(' ').slice(0, MAX_CHARS), documentation: documentation.join(' ').slice(0, MAX_CHARS) }
}

function documents(schema: unknown): string[] {
  if (!isRecord(schema)) return []
  const { description, enum: values } = schema
  const texts = typeof description === 'string' ? [description] : []
  const words = Array.isArray(values) ? values.slice(0, MAX_ENUM).filter((value) => typeof value === 'string') : []
  return [...texts, ...words]
}
