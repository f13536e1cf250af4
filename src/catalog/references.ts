import { isRecord } from '../internal/json.ts'

export interface ReferenceTarget {
  /** JSON pointer as a fragment, in one spelling: `#` or `#/a/b`. */
  readonly pointer: string
  readonly value: unknown
}

type Document = Readonly<Record<string, unknown>>

/**
 * Finds what each `$ref` of a document means inside it: by JSON pointer, `$anchor` or `$id`. Undefined for everything
 * outside the document, and for what is no schema.
 */
export function createReferenceFinder(root: Document): (reference: string) => ReferenceTarget | undefined {
  let index: ReadonlyMap<string, ReferenceTarget> | undefined
  const byName = (reference: string): ReferenceTarget | undefined => (index ??= indexNames(root)).get(reference)
  return (reference) => {
    const hash = reference.indexOf('#')
    const base = hash < 0 ? reference : reference.slice(0, hash)
    const fragment = hash < 0 ? '' : reference.slice(hash + 1)
    if (base !== '' && base !== idOf(root)) return byName(reference)
    if (fragment === '') return { pointer: '#', value: root }
    return fragment.startsWith('/') ? byPointer(root, fragment) : byName(`#${fragment}`)
  }
}

/** A readable name for a target: `#/$defs/User` → `User`, `#/properties/a/items` → `a_items`. */
export function nameOfTarget(pointer: string): string {
  const tokens = pointer.slice(2).split('/')
  const last = tokens.at(-1) ?? ''
  const before = tokens.findLast((token, index) => index < tokens.length - 1 && !CONTAINERS.has(token))
  if (['$defs', 'definitions', 'schemas'].includes(tokens.at(-2) ?? '') || before === undefined) return last
  return `${before}_${last}`
}

const CONTAINERS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'properties',
  'items',
  'anyOf',
  'allOf',
  'oneOf',
])

function byPointer(root: Document, fragment: string): ReferenceTarget | undefined {
  const tokens = fragment.slice(1).split('/').map(decodeToken)
  let value: unknown = root
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined
    value = (value as Record<string, unknown>)[token]
  }
  return target(tokens, value)
}

const MAX_INDEXED = 50_000
const MAX_INDEXED_DEPTH = 64

/** All targets that have a name, as references spell it, wherever they stand; the first of equal names. */
function indexNames(root: Document): ReadonlyMap<string, ReferenceTarget> {
  const index = new Map<string, ReferenceTarget>()
  const open: { tokens: readonly string[]; value: object }[] = [{ tokens: [], value: root }]
  for (const { tokens, value } of open) {
    const found = target(tokens, value)
    for (const name of found === undefined ? [] : namesOf(value as Document)) {
      if (found !== undefined && !index.has(name)) index.set(name, found)
    }
    if (tokens.length >= MAX_INDEXED_DEPTH) continue
    for (const [token, inner] of Object.entries(value)) {
      if (open.length >= MAX_INDEXED) break
      if (typeof inner === 'object' && inner !== null) open.push({ tokens: [...tokens, token], value: inner as object })
    }
  }
  return index
}

function namesOf(schema: Document): readonly string[] {
  const anchors = [schema['$anchor'], schema['$dynamicAnchor']].filter((name) => typeof name === 'string')
  const id = idOf(schema)
  return [...anchors.map((name) => `#${name}`), ...(typeof id === 'string' ? [id] : [])]
}

function idOf(value: Document): unknown {
  return value['$id'] ?? value['id']
}

function target(tokens: readonly string[], value: unknown): ReferenceTarget | undefined {
  if (typeof value !== 'boolean' && !isRecord(value)) return undefined
  return { pointer: ['#', ...tokens].join('/'), value }
}

function decodeToken(token: string): string {
  return percentDecoded(token).replaceAll('~1', '/').replaceAll('~0', '~')
}

function percentDecoded(token: string): string {
  try {
    return decodeURIComponent(token)
  } catch {
    return token
  }
}
