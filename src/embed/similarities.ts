import { LRUCache } from 'lru-cache'
import { OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { createAborter, createDeadline } from '../internal/signal.ts'
import type { Embedder } from './embedder.ts'
import type { VectorStore } from './vector-store.ts'

/** How near texts are to queries, as an embedder sees it; never waits long for one that is slow or gone. */
export interface Similarities extends AsyncDisposable {
  /**
   * For each query how near a text is, -1 to 1; or undefined when the embedder has not seen all of it in time, or pauses
   * after a failure. What was begun goes on behind, so that a later search has it.
   */
  of(queries: readonly string[], texts: readonly HashedText[], signal?: AbortSignal): Promise<Nearness | undefined>
}

/** A text and the hash under which its vector is kept. */
export interface HashedText {
  readonly text: string
  readonly hash: string
}

export type Nearness = (query: string, text: HashedText) => number

export interface SimilaritiesOptions {
  readonly embedder: Embedder
  readonly store: VectorStore
  readonly clock: Clock
  /** How long a search waits at most, milliseconds. */
  readonly waitMs: number
  /** How long one call of the embedder may take, milliseconds. @default 30000 */
  readonly callTimeoutMs?: number
}

const MAX_QUERIES = 500
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 300_000

export function createSimilarities(options: SimilaritiesOptions): Similarities {
  const { embedder, store, clock, waitMs, callTimeoutMs = 30_000 } = options
  const closing = createAborter()
  const queries = new LRUCache<string, Float32Array>({ max: MAX_QUERIES })
  const running = new Map<string, Promise<void>>()
  let pauseUntil = 0
  let pauseMs = 0

  const call = async (texts: readonly string[], kind: 'query' | 'document'): Promise<readonly Float32Array[]> => {
    using deadline = createDeadline(callTimeoutMs, closing.signal)
    try {
      const vectors = await embedder.embed(texts, kind, deadline.signal)
      pauseMs = 0
      return vectors
    } catch (thrown) {
      pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, pauseMs * 2))
      pauseUntil = clock.now() + pauseMs
      throw thrown
    }
  }

  /** The same work once, however many searches ask for it. */
  const shared = (key: string, work: () => Promise<void>): Promise<void> => {
    const known = running.get(key)
    if (known !== undefined) return known
    const started = work().finally(() => running.delete(key))
    running.set(key, started)
    return started
  }

  const embedTexts = async (missing: readonly HashedText[]): Promise<void> => {
    for (let at = 0; at < missing.length; at += embedder.batchSize) {
      const batch = missing.slice(at, at + embedder.batchSize)
      const vectors = await call(
        batch.map(({ text }) => text),
        'document',
      )
      await store.add(vectors.map((vector, index) => [batch[index]?.hash ?? '', vector] as const))
    }
  }

  const embedQueries = async (missing: readonly string[]): Promise<void> => {
    const vectors = await call(missing, 'query')
    for (const [index, vector] of vectors.entries()) queries.set(missing[index] ?? '', vector)
  }

  const prepare = async (asked: readonly string[], texts: readonly HashedText[]): Promise<void> => {
    await store.open()
    const byHash = new Map(texts.map((text) => [text.hash, text]))
    const newTexts = [...byHash.values()].filter(({ hash }) => store.get(hash) === undefined)
    const newQueries = asked.filter((query) => queries.get(query) === undefined)
    const work: Promise<void>[] = []
    if (newTexts.length > 0) work.push(shared('texts', () => embedTexts(newTexts)))
    if (newQueries.length > 0) work.push(shared(newQueries.join('\n'), () => embedQueries(newQueries)))
    await Promise.all(work)
  }

  const nearness: Nearness = (query, { hash }) => {
    const a = queries.get(query)
    const b = store.get(hash)
    return a === undefined || b === undefined || a.length !== b.length ? 0 : dot(a, b)
  }

  return {
    async of(asked, texts, signal) {
      if (clock.now() < pauseUntil || closing.signal.aborted) return undefined
      const isDone = await within(waitMs, prepare(asked, texts), signal)
      const knowsAll = texts.every(({ hash }) => store.get(hash) !== undefined)
      return isDone && knowsAll ? nearness : undefined
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new OptimizerError('CANCELLED', 'the gateway is closing'))
      await Promise.allSettled(running.values())
      await embedder[Symbol.asyncDispose]()
    },
  }
}

/** True when `work` was done in time; its failure, and being late, are no failure of the search. */
async function within(ms: number, work: Promise<void>, signal: AbortSignal | undefined): Promise<boolean> {
  const done = work.then(
    () => true,
    () => false,
  )
  using deadline = createDeadline(ms, signal)
  return await new Promise<boolean>((resolve) => {
    const late = (): void => resolve(false)
    if (deadline.signal.aborted) return late()
    deadline.signal.addEventListener('abort', late, { once: true })
    void done.then(resolve)
  })
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
