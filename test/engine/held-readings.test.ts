import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { demoGateway } from '../support/gateway.ts'

/** Readings of a stored result that take very long must cost nobody else anything. */
describe('a reading that takes long', () => {
  let optimizer: Optimizer
  let handle: string

  beforeAll(async () => {
    optimizer = demoGateway()
    const answer = await optimizer.execute({ code: `return { text: 'a'.repeat(3_000_000) }` })
    expect(answer).toMatchObject({ status: 'ok', data: { handle: expect.stringMatching(/^r_/) } })
    handle = /"handle":"(\w+)"/.exec(JSON.stringify(answer))?.[1] ?? ''
  })
  afterAll(async () => await optimizer[Symbol.asyncDispose]())

  const search = (query: string, timeoutMs?: number): ReturnType<Optimizer['executeIntent']> =>
    optimizer.executeIntent({
      intent: 'results.search',
      params: { handle, query, regex: true },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })

  it.each(['[^b]{1,400}b', '(a{1,30}){1,30}b', '(?:a?){200}a{200}b'])('is ended in its time: %s', async (query) => {
    const started = performance.now()
    const found = search(query, 700)
    // The neighbour's calls while the expression runs.
    const waits: number[] = []
    for (let at = 0; at < 20; at++) {
      const before = performance.now()
      expect(await optimizer.executeIntent({ intent: 'demo.add', params: { a: 1, b: at } })).toMatchObject({
        status: 'ok',
        data: { sum: 1 + at },
      })
      waits.push(performance.now() - before)
    }
    expect(await found).toMatchObject({
      status: 'error',
      error: { code: 'TIMEOUT', suggestion: expect.stringContaining('path') },
    })
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(Math.max(...waits)).toBeLessThan(700)
  })

  it('leaves ordinary ones as they are', async () => {
    expect(await search('a{5}')).toMatchObject({ status: 'ok', data: { total: 1 } })
    expect(await optimizer.executeIntent({ intent: 'results.search', params: { handle, query: 'aab' } })).toMatchObject(
      { status: 'ok', data: { total: 0 } },
    )
  })
})
