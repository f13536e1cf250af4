import { LRUCache } from 'lru-cache'
import { stableJson } from '../../internal/hash.ts'
import type { Catalog } from '../catalog.ts'
import type { SearchAnswer, SearchQuestion, ToolSearch } from './tool-search.ts'

/** A search that remembers its answers, and counts. */
export interface CachedSearch extends ToolSearch {
  stats(): { readonly hits: number; readonly misses: number }
}

const MAX_CHARS = 2_000_000
const MAX_QUESTION_CHARS = 1_000

/**
 * Remembers a search's answers as long as the catalog is the same object (a snapshot with other tools, or other states of
 * its servers, is another one) and what was learned of outputs has the same version. What depends on more (evidence) is
 * not remembered.
 */
export function createCachedSearch(search: ToolSearch, learned: () => number = () => 0): CachedSearch {
  const answers = new LRUCache<string, SearchAnswer>({
    maxSize: MAX_CHARS,
    sizeCalculation: ({ text }, question) => text.length + question.length + 1,
  })
  let of: Catalog | undefined
  let version = 0
  let hits = 0
  let misses = 0

  const keyOf = (catalog: Catalog, question: SearchQuestion): string => {
    const now = learned()
    if (of !== catalog || version !== now) answers.clear()
    of = catalog
    version = now
    return stableJson(question)
  }

  return {
    ...search,
    answer(catalog, question, evidence) {
      if (evidence !== undefined) return search.answer(catalog, question, evidence)
      const key = keyOf(catalog, question)
      const known = answers.get(key)
      if (known !== undefined) {
        hits++
        return known
      }
      misses++
      const answer = search.answer(catalog, question)
      if (key.length <= MAX_QUESTION_CHARS) answers.set(key, answer)
      return answer
    },
    stats: () => ({ hits, misses }),
  }
}
