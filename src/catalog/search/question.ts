import { type Action, actionOfQuery } from './actions.ts'
import type { Tokenize } from './tokenize.ts'

/** A query as the index reads it. */
export interface Question {
  /** The query's own terms, each once, with their weights. */
  readonly terms: ReadonlyMap<string, number>
  readonly action: Action | undefined
}

const MAX_CHARS = 20_000
/** Longer queries keep their first terms: what is wanted stands at the beginning. */
const MAX_TERMS = 48
/** Numbers are nearly always values ("ticket 77"), not words of a tool. */
const NUMBER_WEIGHT = 0.3

export function readQuestion(query: string, tokenize: Tokenize): Question {
  const terms = new Map<string, number>()
  for (const term of tokenize(query.slice(0, MAX_CHARS))) {
    if (terms.size >= MAX_TERMS) break
    terms.set(term, /\d/.test(term) ? NUMBER_WEIGHT : 1)
  }
  return { terms, action: actionOfQuery(query) }
}
