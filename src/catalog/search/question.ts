import { type Action, actionOfQuery } from './actions.ts'
import { EVERYDAY } from './everyday-words.ts'
import { meantBy } from './idioms.ts'
import { type Sentence, sentencesOf } from './sentences.ts'
import { splitWords, type Tokenize } from './tokenize.ts'

/** A query as the index reads it. */
export interface Question {
  /** The query's own terms, each once, with their weights. */
  readonly terms: ReadonlyMap<string, number>
  /** What each of its needs asks for; never empty. */
  readonly actions: readonly (Action | undefined)[]
}

/** Words with a capital letter within a sentence: of a request, those that name a server weigh more. */
const CAPITAL = /(?<=[^.!?\n] )\p{Lu}[\p{L}\p{N}]{0,40}/gu
const NAMED = 1.5
const MAX_CHARS = 20_000
/** Pasted data (base64) says nothing of a tool. */
const BLOB = /[\w+/=-]{120,}/g
/** Longer queries keep the terms of the sentences that ask. */
const MAX_TERMS = 48
/** Numbers are nearly always values ("ticket 77"), not words of a tool. */
const NUMBER = 0.3
const EVERYDAY_WORD = 0.3
/** Least weights of a sentence that only wishes, and of one that tells how the need came about. */
const WISH = 0.7
const TOLD = 0.3
/** What stands beside weighs less with each term that asks: "Can you do that for me?" says nothing by itself. */
const LESS_EACH_TERM = 0.1
/** No sentence that somebody says is longer. */
const IDIOM_CHARS = 600
/** A sentence of fewer is a greeting. */
const LEAST_WORDS = 3

/**
 * Reads keywords, or a request of several sentences: those that ask count fully, words of servers' names and what idioms
 * mean wherever they stand, what is told beside them and everyday words less.
 */
export function readQuestion(query: string, tokenize: Tokenize, serverWords: ReadonlySet<string>): Question {
  const text = query.slice(0, MAX_CHARS).replace(BLOB, ' ')
  const sentences = sentencesOf(text)
  const isLong = sentences.filter(({ text }) => splitWords(text).length > LEAST_WORDS).length > 1
  const terms = new Map<string, number>()
  const named = new Set(tokenize([...text.matchAll(CAPITAL)].map(([word]) => word).join(' ')))
  const add = (role: Sentence['role'], weight: number): void => {
    for (const sentence of sentences.filter((one) => one.role === role)) {
      for (const term of tokenize(sentence.text)) {
        if (terms.has(term) || terms.size >= MAX_TERMS) continue
        const own = serverWords.has(term) ? (isLong && named.has(term) ? NAMED : 1) : weight
        terms.set(term, own * (/\d/.test(term) ? NUMBER : 1) * (isLong && EVERYDAY.has(term) ? EVERYDAY_WORD : 1))
      }
    }
  }
  const addMeant = (role: Sentence['role'], weight: number): void => {
    const meant = sentences.filter((one) => one.role === role).map(({ text }) => meantBy(text.slice(0, IDIOM_CHARS)))
    for (const term of tokenize(meant.join(' ')))
      if (!terms.has(term) && terms.size < MAX_TERMS) terms.set(term, weight)
  }
  const beside = (): number => 1 - LESS_EACH_TERM * [...terms.values()].reduce((sum, weight) => sum + weight, 0)
  add('asks', 1)
  addMeant('asks', 1)
  addMeant('wishes', WISH)
  addMeant('tells', WISH)
  add('wishes', Math.max(WISH, beside()))
  add('tells', Math.max(TOLD, beside()))
  const needs = sentences.filter(({ role }) => role === 'asks').map(({ text }) => actionOfQuery(text))
  return { terms, actions: needs.length === 0 ? [actionOfQuery(text)] : [...new Set(needs)] }
}
