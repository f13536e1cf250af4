import { expect, it } from 'vitest'
import type { Embedder } from '../../src/embed/embedder.ts'

const signal = (): AbortSignal => new AbortController().signal

export interface EmbedderFixture {
  create(): Embedder | Promise<Embedder>
  /** Same place, but it never answers. */
  createSilent(): Embedder | Promise<Embedder>
}

/** What every embedder keeps to. */
export function embedderContract({ create, createSilent }: EmbedderFixture): void {
  it('gives one vector of length 1 for each text, in order, all of one dimension', async () => {
    await using embedder = await create()
    const texts = ['create an issue', 'grüße \u2028 "x" 文件', 'send a message', 'create an issue']
    const vectors = await embedder.embed(texts, 'document', signal())
    expect(vectors).toHaveLength(4)
    expect(new Set(vectors.map(({ length }) => length)).size).toBe(1)
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
    expect(vectors[3]).toEqual(vectors[0])
    expect(vectors[2]).not.toEqual(vectors[0])
    const [alone] = await embedder.embed(['send a message'], 'document', signal())
    expect(alone).toEqual(vectors[2])
  })

  it('takes as many texts at once as it says', async () => {
    await using embedder = await create()
    const texts = Array.from({ length: embedder.batchSize }, (_, index) => `text ${index}`)
    expect(await embedder.embed(texts, 'document', signal())).toHaveLength(texts.length)
  })

  it('answers nothing for nothing', async () => {
    await using embedder = await create()
    expect(await embedder.embed([], 'query', signal())).toEqual([])
  })

  it('tells queries and documents apart where it was told how', async () => {
    await using embedder = await create()
    const [query] = await embedder.embed(['issue'], 'query', signal())
    const [document] = await embedder.embed(['issue'], 'document', signal())
    expect(query).not.toEqual(document)
  })

  it('stops waiting when the caller leaves, also when he has left already', async () => {
    await using embedder = await createSilent()
    const leaving = new AbortController()
    const waiting = embedder.embed(['x'], 'query', leaving.signal)
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow()
    await expect(embedder.embed(['x'], 'query', leaving.signal)).rejects.toThrow()
  })

  it('has a name that stays, and can be disposed twice', async () => {
    const embedder = await create()
    expect(embedder.name).toBe((await create()).name)
    await embedder[Symbol.asyncDispose]()
    await embedder[Symbol.asyncDispose]()
  })
}
