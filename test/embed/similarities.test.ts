import { describe, expect, it } from 'vitest'
import type { Embedder, TextKind } from '../../src/embed/embedder.ts'
import { createSimilarities, type HashedText } from '../../src/embed/similarities.ts'
import { createVectorStore } from '../../src/embed/vector-store.ts'
import { wordVector } from '../support/embedding-service.ts'
import { temporaryFolder } from '../support/servers.ts'

/** An embedder that counts its calls, and fails or hangs when told. */
class CountingEmbedder implements Embedder {
  readonly name = 'counting'
  readonly batchSize = 2
  readonly calls: [TextKind, readonly string[]][] = []
  mode: 'answer' | 'fail' | 'hang' = 'answer'
  disposed = 0

  async embed(texts: readonly string[], kind: TextKind, signal: AbortSignal): Promise<readonly Float32Array[]> {
    this.calls.push([kind, texts])
    if (this.mode === 'fail') throw new Error('no')
    if (this.mode === 'hang') {
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    }
    return texts.map((text) => {
      const vector = Float32Array.from(wordVector(text))
      const length = Math.hypot(...vector)
      return vector.map((value) => value / length)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed++
  }
}

const turned = () => {
  let now = 0
  return { clock: { now: () => now, wall: () => now }, turn: (ms: number) => (now += ms) }
}
const hashed = (text: string): HashedText => ({ text, hash: text.padEnd(16, '.').slice(0, 16) })
const [ISSUE, MESSAGE] = [hashed('create issue'), hashed('send message')]
const TOOLS = [ISSUE, MESSAGE, hashed('read file')]

function make(folder?: string, embedder = new CountingEmbedder(), waitMs = 5_000) {
  const { clock, turn } = turned()
  const store = createVectorStore(folder, embedder.name)
  return { embedder, turn, similarities: createSimilarities({ embedder, store, clock, waitMs }) }
}

describe('similarities', () => {
  it('tell how near each text is to each query', async () => {
    const { similarities } = make()
    await using _ = similarities
    const nearness = await similarities.of(['make issue', 'message'], TOOLS)
    expect(nearness?.('message', MESSAGE)).toBeGreaterThan(nearness?.('message', ISSUE) ?? 1)
  })

  it('embed each text and each query once, in batches', async () => {
    const { similarities, embedder } = make()
    await using _ = similarities
    await similarities.of(['a'], TOOLS)
    await similarities.of(['a'], [...TOOLS, hashed('new')])
    expect(embedder.calls.filter(([kind]) => kind === 'query')).toHaveLength(1)
    expect(embedder.calls.filter(([kind]) => kind === 'document').map(([, list]) => list)).toEqual([
      ['create issue', 'send message'],
      ['read file'],
      ['new'],
    ])
  })

  it('keep vectors on disk for the next run', async () => {
    const folder = temporaryFolder()
    const first = make(folder)
    await first.similarities.of(['a'], TOOLS)
    await first.similarities[Symbol.asyncDispose]()
    const second = make(folder)
    await using _ = second.similarities
    expect(await second.similarities.of(['a'], TOOLS)).toBeDefined()
    expect(second.embedder.calls.map(([kind]) => kind)).toEqual(['query'])
  })

  it('wait no longer than allowed for a slow embedder, and have its vectors later', async () => {
    const { similarities, embedder } = make(undefined, new CountingEmbedder(), 30)
    await using _ = similarities
    embedder.mode = 'hang'
    const before = performance.now()
    expect(await similarities.of(['a'], TOOLS)).toBeUndefined()
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it('pause after a failure, longer each time, and come back', async () => {
    const { similarities, embedder, turn } = make()
    await using _ = similarities
    embedder.mode = 'fail'
    expect(await similarities.of(['a'], TOOLS)).toBeUndefined()
    const calls = embedder.calls.length
    embedder.mode = 'answer'
    expect(await similarities.of(['a'], TOOLS)).toBeUndefined()
    expect(embedder.calls).toHaveLength(calls)
    turn(300_000)
    expect(await similarities.of(['a'], TOOLS)).toBeDefined()
  })

  it('end what still runs when they are disposed, and the embedder with it', async () => {
    const { similarities, embedder } = make(undefined, new CountingEmbedder(), 10)
    embedder.mode = 'hang'
    await similarities.of(['a'], TOOLS)
    await similarities[Symbol.asyncDispose]()
    expect(embedder.disposed).toBe(1)
    expect(await similarities.of(['a'], TOOLS)).toBeUndefined()
  })
})
