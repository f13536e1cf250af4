import { readFileSync } from 'node:fs'
import { LRUCache } from 'lru-cache'
import { writeAtomically } from '../../internal/atomic-file.ts'
import { createTokenizer } from './tokenize.ts'

/**
 * Learns which tools are executed after which searches, so that a tool that helped ranks higher for queries alike. It
 * moves tools up a little; it hides none, and an exact name stays first.
 */
export interface Usage extends AsyncDisposable {
  /** A search was answered with these tools. */
  shown(principal: string, queries: readonly string[], ids: readonly string[]): void
  /** A tool or intent was executed: it earns its place for the searches of this principal that had shown it. */
  executed(principal: string, id: string): void
  /** How sure earlier use makes each tool for a query: 0 for never used, towards 1. Undefined: nothing is known of such a query. */
  of(query: string): ((id: string) => number) | undefined
}

export interface UsageOptions {
  /** Where it is kept between runs; undefined: in memory alone. */
  readonly file: string | undefined
  readonly clock: { wall(): number }
}

/** A query's terms and a tool that was executed after it. */
interface Memory {
  readonly terms: readonly string[]
  readonly id: string
  readonly count: number
  /** Last use, wall-clock milliseconds. */
  readonly at: number
}

const FORMAT = 1
const MAX_MEMORIES = 1_000
const MAX_TERMS = 24
const MAX_PRINCIPALS = 1_000
const MAX_SEARCHES = 5
/** An execution belongs to a search for so long. */
const FRESH_MS = 30 * 60_000
/** Use is forgotten by halves. */
const HALF_LIFE_MS = 60 * 24 * 3_600_000
/** Queries with fewer terms in common are not alike. */
const ALIKE = 0.5

export function createUsage({ file, clock }: UsageOptions): Usage {
  const tokenize = createTokenizer()
  const termsOf = (query: string): string[] => [...new Set(tokenize(query.slice(0, 1_000)))].slice(0, MAX_TERMS)
  const searches = new LRUCache<string, { queries: readonly string[]; ids: ReadonlySet<string>; at: number }[]>({
    max: MAX_PRINCIPALS,
  })
  let memories: LRUCache<string, Memory> | undefined
  let writing: Promise<void> | undefined
  let isDirty = false

  /** Read with the first search or execution, never at start. */
  const remembered = (): LRUCache<string, Memory> => {
    memories ??= load(file)
    return memories
  }

  const save = async (): Promise<void> => {
    if (file === undefined) return
    while (isDirty) {
      isDirty = false
      await write(file, [...remembered().values()])
    }
  }

  const learn = (query: string, id: string): void => {
    const terms = termsOf(query)
    if (terms.length === 0) return
    const key = JSON.stringify([terms.toSorted(), id])
    const count = (remembered().get(key)?.count ?? 0) + 1
    remembered().set(key, { terms, id, count: Math.min(count, 1_000), at: clock.wall() })
    isDirty = file !== undefined
  }

  return {
    shown(principal, queries, ids) {
      const before = searches.get(principal) ?? []
      searches.set(principal, [{ queries, ids: new Set(ids), at: clock.wall() }, ...before].slice(0, MAX_SEARCHES))
    },
    executed(principal, id) {
      const known = searches.get(principal) ?? []
      const fresh = known.filter(({ at, ids }) => clock.wall() - at < FRESH_MS && ids.has(id))
      for (const query of new Set(fresh.flatMap(({ queries }) => queries))) learn(query, id)
      // Each search teaches a tool once.
      for (const search of fresh) search.ids = new Set([...search.ids].filter((other) => other !== id))
      if (isDirty) writing = (writing ?? Promise.resolve()).then(save).catch(() => {})
    },
    of(query) {
      const terms = new Set(termsOf(query))
      const scores = new Map<string, number>()
      for (const memory of remembered().values()) {
        const score = alike(terms, memory.terms) * strength(memory, clock.wall())
        if (score > (scores.get(memory.id) ?? 0)) scores.set(memory.id, score)
      }
      return scores.size === 0 ? undefined : (id) => scores.get(id) ?? 0
    },
    async [Symbol.asyncDispose]() {
      await writing
    },
  }
}

/** Terms in common, of all; 0 when they are too few. */
function alike(terms: ReadonlySet<string>, others: readonly string[]): number {
  const common = others.filter((term) => terms.has(term)).length
  const share = common / (terms.size + others.length - common || 1)
  return share < ALIKE ? 0 : share
}

function strength({ count, at }: Memory, now: number): number {
  const faded = count * 0.5 ** (Math.max(0, now - at) / HALF_LIFE_MS)
  return faded / (faded + 1)
}

function load(file: string | undefined): LRUCache<string, Memory> {
  const memories = new LRUCache<string, Memory>({ max: MAX_MEMORIES })
  if (file === undefined) return memories
  for (const memory of read(file)) memories.set(JSON.stringify([memory.terms.toSorted(), memory.id]), memory)
  return memories
}

/** The memories of a file, oldest use first; a torn or foreign file has none. */
function read(file: string): Memory[] {
  try {
    const { format, memories } = JSON.parse(readFileSync(file, 'utf8')) as { format?: unknown; memories?: unknown }
    return format === FORMAT && Array.isArray(memories) ? memories.filter(isMemory).slice(-MAX_MEMORIES) : []
  } catch {
    return []
  }
}

async function write(file: string, memories: readonly Memory[]): Promise<void> {
  const ordered = memories.toSorted((a, b) => a.at - b.at)
  await writeAtomically(file, JSON.stringify({ format: FORMAT, memories: ordered }))
}

function isMemory(value: unknown): value is Memory {
  if (typeof value !== 'object' || value === null) return false
  const { terms, id, count, at } = value as Record<string, unknown>
  return (
    Array.isArray(terms) &&
    terms.length <= MAX_TERMS &&
    terms.every((term) => typeof term === 'string') &&
    typeof id === 'string' &&
    Number.isFinite(count) &&
    Number.isFinite(at)
  )
}
