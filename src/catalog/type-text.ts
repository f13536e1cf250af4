/** A type expression and what its neighbours must know about it. */
export interface TypeText {
  readonly text: string
  readonly form: 'atom' | 'union' | 'intersection'
  /** Branches of a union, also behind a name; 1 for everything else. */
  readonly members: number
}

/** Beyond this the compiler refuses to multiply an intersection of unions out. */
const MAX_PRODUCT = 1_000

export const UNKNOWN: TypeText = atom('unknown')
export const NEVER: TypeText = atom('never')

export function atom(written: string): TypeText {
  return text(written, 'atom', 1)
}

export function text(written: string, form: TypeText['form'] = 'atom', members = 1): TypeText {
  return { text: written, form, members }
}

/** `A | B` without duplicates; `unknown` when one part is, `never` when there is none. */
export function unite(types: readonly TypeText[]): TypeText {
  if (types.some((type) => type.text === 'unknown')) return UNKNOWN
  const parts = distinct(types.filter((type) => type.text !== 'never'))
  const [first] = parts
  if (first === undefined) return NEVER
  if (parts.length === 1) return first
  return text(parts.map((part) => wrap(part, 'intersection')).join(' | '), 'union', sum(parts))
}

/** `A & B` without duplicates and without `unknown`. Parts that would multiply out to too many branches are left out. */
export function intersect(types: readonly TypeText[]): TypeText {
  let product = 1
  const parts = distinct(types.filter((type) => type.text !== 'unknown')).filter((part) => {
    if (product * part.members > MAX_PRODUCT && product > 1) return false
    product *= part.members
    return true
  })
  const [first] = parts
  if (first === undefined) return UNKNOWN
  if (parts.length === 1) return first
  return text(parts.map((part) => wrap(part, 'union')).join(' & '), 'intersection', product)
}

export function arrayOf(item: TypeText): TypeText {
  return atom(item.form === 'atom' ? `${item.text}[]` : `(${item.text})[]`)
}

function distinct(types: readonly TypeText[]): readonly TypeText[] {
  const seen = new Set<string>()
  return types.filter((type) => !seen.has(type.text) && seen.add(type.text))
}

function wrap(type: TypeText, form: TypeText['form']): string {
  return type.form === form ? `(${type.text})` : type.text
}

function sum(parts: readonly TypeText[]): number {
  return parts.reduce((total, part) => total + part.members, 0)
}
