import { distance } from 'fastest-levenshtein'

/** The names most like `wanted`, best first: shared parts count before edit distance. At most `limit`. */
export function nearestNames(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const key = wanted.toLowerCase().slice(0, 200)
  return [...names]
    .map((name) => ({ name, cost: cost(key, name.toLowerCase()) }))
    .filter(({ cost: value }) => value < 0.75)
    .toSorted((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name)
}

function cost(wanted: string, name: string): number {
  const edit = distance(wanted, name) / Math.max(wanted.length, name.length, 1)
  const contains = wanted.length > 2 && (name.includes(wanted) || wanted.includes(name))
  return Math.min(edit, contains ? 0.4 : 1, sharedParts(wanted, name))
}

function sharedParts(wanted: string, name: string): number {
  const parts = wanted.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  const have = new Set(name.split(/[^\p{L}\p{N}]+/u))
  const shared = parts.filter((part) => have.has(part)).length
  return shared === 0 ? 1 : 1 - (0.7 * shared) / Math.max(parts.length, have.size)
}

/**
 * The one name that a person most probably meant: a unique beginning, or a slip of the fingers, at most every third letter.
 * Of three letters the first is right. Undefined rather than a guess.
 */
export function likeliestName(word: string, names: readonly string[]): string | undefined {
  const typed = word.toLowerCase().slice(0, 200)
  const begun = typed.replaceAll('-', '').length < 3 ? [] : names.filter((name) => name.startsWith(typed))
  if (begun.length === 1) return begun[0]
  const [best] = names
    .map((name) => ({ name, cost: distance(typed, name.toLowerCase()), most: mostSlips(typed, name) }))
    .filter(({ name, cost: slips, most }) => slips <= most && (typed.length > 3 || name.startsWith(typed.slice(0, 1))))
    .toSorted((a, b) => a.cost - b.cost)
  return best?.name
}

function mostSlips(typed: string, name: string): number {
  return Math.max(1, Math.floor(Math.min(typed.length, name.length) / 3))
}
