/**
 * Which documents hold a term, and how strongly: one number a posting, `slot * LEVELS + level`, where the level is the
 * saturated weight. A term's list costs 8 bytes a document, and a query only multiplies.
 */
export interface Postings {
  add(slot: number, weights: ReadonlyMap<string, number>): void
  /** Removes the postings of these slots. */
  remove(slots: ReadonlySet<number>): void
  of(term: string): readonly number[] | undefined
}

/** Of a posting: `posting >>> LEVEL_BITS` is the slot, `posting & LEVEL_MASK` the level. */
export const LEVEL_BITS = 12
export const LEVEL_MASK = 0xf_ff
/** BM25's k1: the weight at which a term gives half of what it can give. */
const SATURATION = 3
/** Short lists grow by one, as most stay short; an array grown by push keeps room for 16 more. */
const SHORT = 4

export function createPostings(): Postings {
  const lists = new Map<string, number[]>()
  return {
    add(slot, weights) {
      for (const [term, weight] of weights) {
        const posting = slot * (LEVEL_MASK + 1) + Math.round((LEVEL_MASK * weight) / (weight + SATURATION))
        const list = lists.get(term)
        if (list === undefined) lists.set(term, [posting])
        else if (list.length < SHORT) lists.set(term, [...list, posting])
        else list.push(posting)
      }
    },
    remove(slots) {
      for (const [term, list] of lists) {
        if (!list.some((posting) => slots.has(posting >>> LEVEL_BITS))) continue
        const rest = list.filter((posting) => !slots.has(posting >>> LEVEL_BITS))
        if (rest.length === 0) lists.delete(term)
        else lists.set(term, rest)
      }
    },
    of: (term) => lists.get(term),
  }
}
