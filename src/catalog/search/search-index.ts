import stem from 'wink-porter2-stemmer'
import { type Action, actionFit, actionOfTool } from './actions.ts'
import { Best } from './best.ts'
import type { SearchDocument } from './document.ts'
import { createExactNames } from './exact-names.ts'
import { createFieldReader, weighTerms } from './fields.ts'
import { createMeanings } from './meanings.ts'
import { createPostings } from './postings.ts'
import { type Question, readQuestion } from './question.ts'
import { synonymTable } from './synonyms.ts'
import { createTokenizer } from './tokenize.ts'
import { loadWordVectors, type WordVectors } from './word-vectors.ts'
import { createWordScores } from './word-scores.ts'

/** A document that matched. */
export interface SearchHit {
  readonly document: SearchDocument
  readonly score: number
}

export interface SearchHits {
  /** Best first. */
  readonly hits: readonly SearchHit[]
  /** How many documents match about as well: with at least half of the best one's score by words. */
  readonly total: number
}

/** What is known of a query beside its words. */
export interface Evidence {
  /** How near a document is to the query as an embedder sees it, -1 to 1. */
  readonly similarity?: ((document: SearchDocument) => number) | undefined
  /** How often a document was used after such queries, 0 to 1. */
  readonly usage?: ((document: SearchDocument) => number) | undefined
}

export interface SearchOptions extends Evidence {
  readonly limit: number
  readonly accept?: ((document: SearchDocument) => boolean) | undefined
}

/** Field-weighted BM25 over tools and intents, mixed with meaning; one server's change re-indexes that server alone. */
export interface SearchIndex {
  /** Puts these documents in place of the group's former ones (a server's tools, or the intents). */
  replace(group: string, documents: readonly SearchDocument[]): void
  /** Adds a document to a group. */
  append(group: string, document: SearchDocument): void
  /** A document named exactly as the query, or as an identifier in it, comes first whatever its score. */
  search(query: string, options: SearchOptions): SearchHits
  /** True: a document has this word, or it is an English one. */
  knows(word: string): boolean
}

/** Shares of meaning in the mixed score, of 1: from the word table, from an embedder. Measured; see bench/search.mjs. */
const WORD_TABLE = 0.25
const EMBEDDER = 0.4
/** What always having been used after such a query adds. */
const USED = 0.3
/** Documents whose order meaning may change. */
const POOL = 100
const ABOUT_AS_WELL = 0.5
/** More than all other scores together. */
const EXACT = 10

export function createSearchIndex(vectors: WordVectors = loadWordVectors()): SearchIndex {
  const tokenize = createTokenizer()
  const fieldTerms = createFieldReader(tokenize)
  const documents: (SearchDocument | undefined)[] = []
  const actions: (Action | undefined)[] = []
  const free: number[] = []
  const groups = new Map<string, number[]>()
  const postings = createPostings()
  const words = createWordScores(postings, synonymTable(toTerm))
  const names = createExactNames((slot) => documents[slot])
  const meanings = createMeanings(vectors)
  /** Words of servers' names, also of servers that went: they only keep a word's weight. */
  const serverWords = new Set<string>()
  let size = 0

  const remove = (slots: readonly number[]): void => {
    postings.remove(new Set(slots))
    for (const slot of slots) {
      const document = documents[slot]
      if (document !== undefined) names.remove(slot, document)
      documents[slot] = undefined
    }
    free.push(...slots)
    size -= slots.length
  }

  const add = (document: SearchDocument): number => {
    const slot = free.pop() ?? documents.length
    const terms = fieldTerms(document)
    for (const term of terms.server) serverWords.add(term)
    documents[slot] = document
    actions[slot] = actionOfTool(document.name, document.description, document.serverName)
    postings.add(slot, weighTerms(terms))
    meanings.set(slot, terms)
    names.add(slot, document)
    size++
    return slot
  }

  const before = (a: number, b: number): boolean => (documents[a]?.id ?? '') < (documents[b]?.id ?? '')
  const best = (limit: number): Best => new Best(limit, before)

  /** Candidates with their scores by words, 0 to 1. */
  const candidates = (question: Question, exact: readonly number[], options: SearchOptions) => {
    const { accept = () => true, limit, similarity } = options
    const pool = best(Math.max(POOL, limit))
    const found: number[] = []
    words.each(question.terms, size, (slot, score) => {
      const document = documents[slot]
      if (document === undefined || !accept(document)) return
      found.push(score)
      pool.offer(slot, score)
    })
    const most = pool.scores[0] ?? 1
    const scores = new Map(pool.slots.map((slot, at) => [slot, (pool.scores[at] ?? 0) / most]))
    // What only the embedder sees, and exact names of stop words, have no words in common with the query.
    for (const slot of [...exact, ...(similarity === undefined ? [] : nearest(similarity, accept))])
      if (!scores.has(slot) && accept(documents[slot] as SearchDocument)) scores.set(slot, 0)
    return { scores, total: found.filter((score) => score >= most * ABOUT_AS_WELL).length }
  }

  const nearest = (
    similarity: (document: SearchDocument) => number,
    accept: (document: SearchDocument) => boolean,
  ): readonly number[] => {
    const pool = best(POOL)
    for (const [slot, document] of documents.entries())
      if (document !== undefined && accept(document)) pool.offer(slot, similarity(document))
    return pool.slots
  }

  const nearness = (question: Question, { similarity }: Evidence): ((slot: number) => number) | undefined => {
    if (similarity === undefined) return meanings.nearness(question.terms)
    return (slot) => similarity(documents[slot] as SearchDocument)
  }

  return {
    replace(group, list) {
      const known = groups.get(group)
      if (known !== undefined) remove(known)
      groups.delete(group)
      if (list.length > 0) groups.set(group, list.map(add))
      words.reserve(documents.length)
    },
    append(group, document) {
      const slots = groups.get(group) ?? []
      groups.set(group, slots)
      slots.push(add(document))
      words.reserve(documents.length)
    },
    search(query, options) {
      const question = readQuestion(query, tokenize, serverWords)
      const exact = new Set(names.in(query))
      const { scores, total } = candidates(question, [...exact], options)
      const near = nearness(question, options)
      const meaning = new Map([...scores.keys()].map((slot) => [slot, Math.max(0, near?.(slot) ?? 0)]))
      const nearestOf = Math.max(...meaning.values()) || 1
      const share = near === undefined ? 0 : options.similarity === undefined ? WORD_TABLE : EMBEDDER
      const ranking = best(options.limit)
      for (const [slot, score] of scores) {
        const fit = Math.max(...question.actions.map((action) => actionFit(action, actions[slot])))
        const used = 1 + USED * (options.usage?.(documents[slot] as SearchDocument) ?? 0)
        const mixed = (1 - share) * score + (share * (meaning.get(slot) ?? 0)) / nearestOf
        ranking.offer(slot, mixed * fit * used + (exact.has(slot) ? EXACT : 0))
      }
      const hits = ranking.slots.map((slot, at) => ({
        document: documents[slot] as SearchDocument,
        score: ranking.scores[at] ?? 0,
      }))
      return { hits, total }
    },
    knows: (word) => tokenize(word).every((term) => vectors.has(term) || postings.of(term) !== undefined),
  }
}

function toTerm(word: string): string {
  return /^[a-z]+$/.test(word) ? stem(word) : word
}
