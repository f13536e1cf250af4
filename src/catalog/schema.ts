import { isRecord, type JsonObject } from '../internal/json.ts'

/** Bounds of a schema from a server; beyond them it counts as "anything". */
const MAX_NODES = 5_000
const MAX_DEPTH = 60
const MAX_CHARS = 1_000_000
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** Schema that was checked, or `true` (anything) and why. */
export interface Screened {
  readonly schema: JsonObject | true
  readonly problem?: string
}

/**
 * Checks a schema from a server without trusting it: bounded size and depth, local references only, known types.
 * Never throws; what fails is `true`, so that its tool stays usable without types.
 */
export function screenSchema(schema: unknown): Screened {
  if (schema === true || schema === undefined) return { schema: true }
  if (!isRecord(schema)) return { schema: true, problem: 'its schema is not an object' }
  const problem = findProblem(schema)
  return problem === undefined ? { schema: schema as JsonObject } : { schema: true, problem }
}

function findProblem(root: Record<string, unknown>): string | undefined {
  const stack: { readonly value: unknown; readonly depth: number; readonly key: string; readonly data: boolean }[] = [
    { value: root, depth: 0, key: '', data: false },
  ]
  let nodes = 0
  let chars = 0
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const { value, depth, key, data } = node
    if (++nodes > MAX_NODES) return `its schema has more than ${MAX_NODES} nodes`
    if (depth > MAX_DEPTH) return `its schema nests deeper than ${MAX_DEPTH} levels`
    if (typeof value === 'string') chars += value.length
    if (chars > MAX_CHARS) return `its schema has more than ${MAX_CHARS} characters`
    if (typeof value !== 'object' || value === null) continue
    if (isRecord(value) && !data && !MAPS.has(key)) {
      const wrong = wrongKeyword(value)
      if (wrong !== undefined) return wrong
    }
    for (const [name, inner] of Object.entries(value)) {
      chars += name.length
      // Data, not schemas: their content is not ours to judge, only its size.
      const isData = data || (DATA.has(name) && !MAPS.has(key))
      if (typeof inner === 'object' || typeof inner === 'string')
        stack.push({ value: inner, depth: depth + 1, key: name, data: isData })
    }
  }
  return undefined
}

/** Keywords whose value maps names to schemas, or is data. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
const DATA = new Set(['enum', 'const', 'default', 'examples', 'example'])

function wrongKeyword(schema: Record<string, unknown>): string | undefined {
  const { $ref, type } = schema
  if (typeof $ref === 'string' && !$ref.startsWith('#')) return 'its schema refers to another document'
  if (typeof type === 'string' && !TYPES.has(type)) return `its schema has the unknown type "${type.slice(0, 40)}"`
  if (Array.isArray(type) && !type.every((name) => TYPES.has(name as string))) return 'its schema has an unknown type'
  return undefined
}

/** The schema at a local reference (`#`, `#/$defs/x`, `#anchor`), or undefined. */
export function resolveReference(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return isRecord(root) ? findAnchor(root, reference.slice(1)) : undefined
  let current: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const key = decode(part)
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

function decode(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}

function findAnchor(root: Record<string, unknown>, anchor: string): unknown {
  for (const group of [root['$defs'], root['definitions']]) {
    if (!isRecord(group)) continue
    const found = Object.values(group).find(
      (schema) => isRecord(schema) && (schema['$anchor'] === anchor || schema['$id'] === `#${anchor}`),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** Keywords that cost time out of proportion to their worth: the server checks its arguments itself. */
const COSTLY = new Set([
  'pattern',
  'patternProperties',
  'uniqueItems',
  'format',
  '$schema',
  '$id',
  'id',
  '$comment',
  'contentMediaType',
  'contentEncoding',
])

/** A screened schema as the validator compiles it: without {@link COSTLY} keywords. */
export function validationSchema(schema: unknown, inProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => validationSchema(item))
  if (!isRecord(schema)) return schema
  const kept = Object.entries(schema).filter(([key]) => inProperties || !COSTLY.has(key))
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      !inProperties && DATA.has(key) ? value : validationSchema(value, !inProperties && MAPS.has(key)),
    ]),
  )
}

/** True when following references can double work: more references than this lead to others. */
export function hasManyReferences(schema: unknown): boolean {
  return (JSON.stringify(schema).match(/"\$ref"/g)?.length ?? 0) > 200 || referenceDepth(schema) > 16
}

function referenceDepth(root: unknown): number {
  if (!isRecord(root)) return 0
  const groups = [root['$defs'], root['definitions']].filter(isRecord)
  const names = new Map(groups.flatMap((group) => Object.entries(group)))
  const depths = new Map<string, number>()
  const depthOf = (name: string, path: ReadonlySet<string>): number => {
    if (path.has(name) || path.size > 30) return 0
    const known = depths.get(name)
    if (known !== undefined) return known
    const inner = [
      ...JSON.stringify(names.get(name) ?? null).matchAll(/"\$ref":"#\/(?:\$defs|definitions)\/([^"]+)"/g),
    ].map(([, ref]) => ref ?? '')
    const depth = 1 + Math.max(0, ...inner.map((next) => depthOf(next, new Set([...path, name]))))
    depths.set(name, depth)
    return depth
  }
  return Math.max(0, ...[...names.keys()].slice(0, 500).map((name) => depthOf(name, new Set())))
}
