import { shortHash } from '../internal/hash.ts'
import { REFUSED_NAMES } from '../internal/refused-names.ts'
import { cleanText, clip } from '../internal/text.ts'

/** Longest identifier made from a name; longer names are cut and get a hash. */
const MAX_KEY_CHARS = 64

const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield'
  ).split(' '),
)

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu

/** True for names that are never used as a key. */
export function isRefusedName(name: string): boolean {
  return REFUSED_NAMES.has(name)
}

/**
 * The identifier for a name: letters, digits and `_` stay, accents go, other letters become `u` + hexadecimal code,
 * everything else becomes `_`. Never a reserved word, a refused name, empty, or longer than 73 characters.
 */
export function toIdentifier(name: string): string {
  const plain = /^\w+$/.test(name) ? name : spelled(name)
  const cut = plain.length > MAX_KEY_CHARS ? `${plain.slice(0, MAX_KEY_CHARS)}_${shortHash(name).slice(0, 8)}` : plain
  const safe = REFUSED_NAMES.has(cut) || RESERVED.has(cut) ? `${cut}_` : cut
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`
}

/** What is odd about a name, for people; undefined for ordinary names. */
export function nameProblem(name: string): string | undefined {
  if (name.length > 128) return `its name has ${name.length} characters, more than 128`
  if (REFUSED_NAMES.has(name)) return 'its name has a meaning of its own in JavaScript'
  if (/^[\w.-]+$/.test(name)) return undefined
  if (cleanText(name) !== name || name.search(INVISIBLE) >= 0)
    return 'its name holds characters that hide or reorder text'
  return 'its name holds other characters than letters, digits, "_", "-" and "."'
}

/** A name as problems show it: cleaned and bounded. */
export function shownName(name: string): string {
  return clip(
    cleanText(name)
      .replace(INVISIBLE, '\ufffd')
      .replaceAll(/[\t\n]/g, ' '),
    80,
  )
}

/**
 * Gives each name its own identifier, whatever the order of the names. Of names that clean to the same identifier the
 * one that needs no cleaning keeps it, else the first in sorted order; the others get a hash of their name, so that a
 * name's suffix does not depend on its rivals.
 */
export function assignKeys(names: Iterable<string>): Map<string, string> {
  const keys = new Map<string, string>()
  const taken = new Set<string>()
  const rank = [...new Set(names)].map((name) => ({ name, key: toIdentifier(name) })).toSorted(byClaim)
  for (const { name, key } of rank) {
    const own = taken.has(key) ? withSuffix(name, key, taken) : key
    taken.add(own)
    keys.set(name, own)
  }
  return keys
}

interface Claim {
  readonly name: string
  readonly key: string
}

function byClaim(a: Claim, b: Claim): number {
  return Number(a.name !== a.key) - Number(b.name !== b.key) || (a.name < b.name ? -1 : 1)
}

function withSuffix(name: string, key: string, taken: ReadonlySet<string>): string {
  const hash = shortHash(name)
  for (let length = 4; length <= hash.length; length++) {
    const candidate = `${key}_${hash.slice(0, length)}`
    if (!taken.has(candidate)) return candidate
  }
  return withSuffix(`${name} `, key, taken)
}

function spelled(name: string): string {
  const plain = name.slice(0, 512).normalize('NFKD').replace(INVISIBLE, '').replaceAll(/\p{M}/gu, '')
  return plain.replaceAll(/[^\w]/gu, spell)
}

function spell(char: string): string {
  return /[\p{L}\p{N}]/u.test(char) ? `u${(char.codePointAt(0) ?? 0).toString(16)}` : '_'
}
