import stem from 'wink-porter2-stemmer'
import type { SearchDocument } from './document.ts'
import { weighDocument } from './fields.ts'
import { synonymTable } from './synonyms.ts'
import { createTokenizer, splitWords } from './tokenize.ts'

/** A document that matched, best first. */
export interface SearchHit {
  readonly document: SearchDocument
  readonly score: number
}

/** Field-weighted BM25 over tools and intents; one server's change re-indexes that server alone. */
export interface SearchIndex {
  /** Puts these documents in place of the group's former ones (a server's tools, or the intents). */
  replace(group: string, documents: readonly SearchDocument[]): void
  /** Best first; `accept` filters. A document named exactly as the query comes first, whatever its score. */
  search(
    query: string,
    limit: number,
    accept?: (document: SearchDocument) => boolean,
  ): { readonly hits: readonly SearchHit[]; readonly total: number }
}

const SATURATION = 3
const COVERAGE = 1.5
const SYNONYM_WEIGHT = 0.3
const MAX_QUERY_TERMS = 64

interface Posting {
  readonly slot: number
  readonly weight: number
}

export function createSearchIndex(): SearchIndex {
  const tokenize = createTokenizer()
  const synonyms = synonymTable((word) => (/^[a-z]+$/.test(word) ? stem(word) : word))
  const slots: (SearchDocument | undefined)[] = []
  const free: number[] = []
  const groups = new Map<
    string,
    {
      readonly documents: readonly SearchDocument[]
      readonly entries: readonly (readonly [number, readonly string[]])[]
    }
  >()
  const postings = new Map<string, Posting[]>()
  const names = new Map<string, Set<number>>()
  let scores = new Float64Array(0)
  let matched = new Uint16Array(0)
  let size = 0

  const remove = (group: string): void => {
    const known = groups.get(group)
    if (known === undefined) return
    const gone = new Set(known.entries.map(([slot]) => slot))
    const touched = new Set(known.entries.flatMap(([, terms]) => terms))
    for (const term of touched) {
      const rest = (postings.get(term) ?? []).filter(({ slot }) => !gone.has(slot))
      if (rest.length === 0) postings.delete(term)
      else postings.set(term, rest)
    }
    for (const slot of gone) {
      const document = slots[slot]
      if (document !== undefined) for (const name of exactNames(document)) names.get(name)?.delete(slot)
      slots[slot] = undefined
      free.push(slot)
      size--
    }
    groups.delete(group)
  }

  const add = (document: SearchDocument): readonly [number, readonly string[]] => {
    const slot = free.pop() ?? slots.length
    slots[slot] = document
    size++
    const weights = weighDocument(document, tokenize)
    for (const [term, weight] of weights) {
      const list = postings.get(term)
      if (list === undefined) postings.set(term, [{ slot, weight }])
      else list.push({ slot, weight })
    }
    for (const name of exactNames(document)) names.set(name, (names.get(name) ?? new Set()).add(slot))
    return [slot, [...weights.keys()]]
  }

  const score = (terms: readonly string[]): Set<number> => {
    const own = new Set(terms)
    const hit = new Set<number>()
    for (const term of own) addScores(term, 1, hit, true)
    const extra = new Set([...own].flatMap((term) => [...(synonyms.get(term) ?? [])]).filter((term) => !own.has(term)))
    for (const term of extra) addScores(term, SYNONYM_WEIGHT, hit, false)
    for (const slot of hit) scores[slot] = (scores[slot] ?? 0) * (1 + (COVERAGE * (matched[slot] ?? 0)) / own.size)
    return hit
  }

  const addScores = (term: string, weight: number, hit: Set<number>, own: boolean): void => {
    const list = postings.get(term)
    if (list === undefined) return
    const rarity = Math.log(1 + (size - list.length + 0.5) / (list.length + 0.5))
    for (const { slot, weight: frequency } of list) {
      if (!hit.has(slot)) {
        hit.add(slot)
        scores[slot] = 0
        matched[slot] = 0
      }
      scores[slot] = (scores[slot] ?? 0) + (weight * rarity * frequency * (SATURATION + 1)) / (frequency + SATURATION)
      if (own) matched[slot] = (matched[slot] ?? 0) + 1
    }
  }

  return {
    replace(group, documents) {
      if (groups.get(group)?.documents === documents) return
      remove(group)
      if (documents.length > 0) groups.set(group, { documents, entries: documents.map(add) })
      if (scores.length < slots.length) {
        scores = new Float64Array(slots.length * 2)
        matched = new Uint16Array(slots.length * 2)
      }
    },
    search(query, limit, accept = () => true) {
      const hit = score(tokenize(query).slice(0, MAX_QUERY_TERMS))
      for (const slot of namedIn(query, names)) {
        if (!hit.has(slot)) scores[slot] = 0
        hit.add(slot)
        scores[slot] = (scores[slot] ?? 0) + 1e6
      }
      const hits: SearchHit[] = []
      for (const slot of hit) {
        const document = slots[slot]
        if (document !== undefined && accept(document)) hits.push({ document, score: scores[slot] ?? 0 })
      }
      hits.sort((a, b) => b.score - a.score || (a.document.id < b.document.id ? -1 : 1))
      return { hits: hits.slice(0, limit), total: hits.length }
    },
  }
}

/** Names by which a document is asked for exactly. */
function exactNames({ id, name }: SearchDocument): Set<string> {
  return new Set([id.toLowerCase(), name.toLowerCase(), splitWords(name).join('_')])
}

/** Documents whose whole name is the query, or one identifier in it. */
function namedIn(query: string, names: ReadonlyMap<string, ReadonlySet<number>>): Set<number> {
  const whole = query.trim().toLowerCase()
  const identifiers = whole.split(/[\s,;"'`()]+/).filter((word) => /[._-]/.test(word))
  return new Set([whole, ...identifiers].flatMap((name) => [...(names.get(name) ?? [])]))
}
