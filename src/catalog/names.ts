const RESERVED = new Set(
  `abstract any arguments as async await boolean break case catch class const constructor continue debugger declare default delete do
  else enum eval export extends false finally for from function get if implements import in instanceof interface let module namespace
  new null number object of package private protected prototype public return set static string super switch symbol then this throw
  toJSON toString true try type typeof undefined unknown valueOf var void while with yield hasOwnProperty __proto__ __defineGetter__
  __defineSetter__ __lookupGetter__ __lookupSetter__`.split(/\s+/),
)
const MAX_LENGTH = 100

/** A TypeScript identifier for a name: other characters become `_`, reserved words and leading digits get a `_`. */
export function toIdentifier(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/[^A-Za-z0-9_$]+/g, '_')
    .slice(0, MAX_LENGTH)
  const identifier = plain.replaceAll('_', '') === '' ? '_' : plain
  return RESERVED.has(identifier) || /^\d/.test(identifier) ? `_${identifier}` : identifier
}

/**
 * Identifiers for many names, independent of their order: of names that meet in one identifier, one that is the identifier
 * itself keeps it, else the first in sort order; the others get a number.
 */
export function uniqueIdentifiers(names: readonly string[]): {
  readonly keys: ReadonlyMap<string, string>
  readonly collisions: readonly string[]
} {
  const keys = new Map<string, string>()
  const taken = new Set<string>()
  const collisions: string[] = []
  const exactFirst = [...names].toSorted(
    (a, b) => Number(toIdentifier(b) === b) - Number(toIdentifier(a) === a) || (a < b ? -1 : a > b ? 1 : 0),
  )
  for (const name of exactFirst) {
    const plain = toIdentifier(name)
    let key = plain
    for (let number = 2; taken.has(key); number++) key = `${plain}_${number}`
    if (key !== plain) collisions.push(name)
    taken.add(key)
    keys.set(name, key)
  }
  return { keys, collisions }
}
