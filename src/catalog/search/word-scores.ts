import { LEVEL_BITS, LEVEL_MASK, type Postings } from './postings.ts'
import type { SynonymTable } from './synonyms.ts'

/** Scores documents by a query's words. */
export interface WordScores {
  /** Calls `take` for each document that holds a term or a synonym of one; `size` counts the documents there are. */
  each(terms: ReadonlyMap<string, number>, size: number, take: (slot: number, score: number) => void): void
  /** Makes room for slots below `count`. */
  reserve(count: number): void
}

/** The most a term can give (BM25's k1 + 1), over the levels of a posting. */
const TERM = 4 / LEVEL_MASK
/** What matching all of a query's terms adds to matching some of them well. */
const COVERAGE = 1.5
const SYNONYM = 0.42

/**
 * BM25 where a term also gives what its best synonym gives, at a smaller weight and never as if it were rarer than the
 * term itself; then more for each of the query's own terms that is there.
 */
export function createWordScores(postings: Postings, synonyms: SynonymTable): WordScores {
  // Scratch, all zero between two queries.
  let scores = new Float64Array(0)
  let matched = new Float64Array(0)
  let bySynonym = new Float64Array(0)

  const each: WordScores['each'] = (terms, size, take) => {
    const rarity = (count: number): number => Math.log(1 + (size - count + 0.5) / (count + 0.5))
    const touched: number[] = []
    const all = [...terms.values()].reduce((sum, weight) => sum + weight, 0)
    const give = (slot: number, gain: number): void => {
      if (scores[slot] === 0) touched.push(slot)
      // Never zero again, so that a slot is touched once.
      scores[slot] = (scores[slot] ?? 0) + gain + Number.MIN_VALUE
    }
    for (const [term, weight] of terms) {
      const list = postings.of(term)
      const own = rarity(list?.length ?? 0)
      for (const posting of list ?? []) {
        const slot = posting >>> LEVEL_BITS
        give(slot, weight * own * TERM * (posting & LEVEL_MASK))
        matched[slot] = (matched[slot] ?? 0) + weight
      }
      const reached: number[] = []
      for (const synonym of synonyms.get(term) ?? []) {
        const others = terms.has(synonym) ? undefined : postings.of(synonym)
        if (others === undefined) continue
        const factor = SYNONYM * weight * Math.min(own, rarity(others.length)) * TERM
        for (const posting of others) {
          const slot = posting >>> LEVEL_BITS
          const gain = factor * (posting & LEVEL_MASK)
          const best = bySynonym[slot] ?? 0
          if (best === 0) reached.push(slot)
          if (gain > best) bySynonym[slot] = gain
        }
      }
      for (const slot of reached) {
        give(slot, bySynonym[slot] ?? 0)
        bySynonym[slot] = 0
      }
    }
    for (const slot of touched) {
      take(slot, (scores[slot] ?? 0) * (1 + (COVERAGE * (matched[slot] ?? 0)) / all))
      scores[slot] = 0
      matched[slot] = 0
    }
  }

  return {
    each,
    reserve(count) {
      if (count <= scores.length) return
      scores = new Float64Array(count * 2)
      matched = new Float64Array(count * 2)
      bySynonym = new Float64Array(count * 2)
    },
  }
}
