import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Answer,
  createMemoryUpstream,
  createOptimizer,
  defineConfig,
  isPreview,
  type Preview,
  type Settled,
} from '../../src/index.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { temporaryFolder } from '../support/servers.ts'

/** What a tool may answer that looks like a preview of ours. */
const lookalike = { handle: 'r_1', bytes: 9, tokens: 3, shape: 'number[]', preview: [1], read_on: null }
const shop = createMemoryUpstream('shop', [
  { name: 'order', run: () => lookalike },
  { name: 'orders', run: () => ({ ids: Array.from({ length: 9_000 }, (_, at) => `order ${at}`) }) },
])
const optimizer = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), { upstreams: [shop] })
afterAll(async () => await optimizer[Symbol.asyncDispose]())

const text = async (answer: Answer): Promise<string> => {
  const { content } = await toCallResult(answer, { compactAnswers: false })
  return content.map((block) => String(block['text'] ?? '')).join('\n')
}

describe('answers', () => {
  it('says of a preview that it is one, in metadata and to the agent', async () => {
    const answer = await optimizer.executeIntent<{ ids: string[] }>({ intent: 'shop.orders' })
    expect(answer.metadata.stored).toBe(true)
    expect(isPreview(answer) && answer.data.handle).toMatch(/^r_/)
    expect(await text(answer)).toContain('"metadata":{"stored":true}')
  })

  it("never takes a tool's own record for a preview", async () => {
    const answer = await optimizer.executeIntent({ intent: 'shop.order' })
    expect(answer).toMatchObject({ status: 'ok', data: lookalike })
    expect(answer.metadata).not.toHaveProperty('stored')
    expect(isPreview(answer)).toBe(false)
    expect(await text(answer)).not.toContain('stored')
  })

  it('says the same of programs and batches', async () => {
    const code = await optimizer.execute<string[]>({ code: 'return (await tools.shop.orders()).ids' })
    const batch = await optimizer.executeBatch({ requests: [{ intent: 'shop.orders' }] })
    expect([isPreview(code), isPreview(batch)]).toEqual([true, true])
  })

  it('is narrowed by its status and by isPreview', () => {
    const first = (answer: Answer<string[]>): string | undefined => {
      if (answer.status === 'error') return answer.error.code
      if (!isPreview(answer)) return answer.data[0]
      expectTypeOf(answer.data).toEqualTypeOf<Preview>()
      return answer.data.handle
    }
    const { metadata } = { metadata: { id: 'x' } as Answer['metadata'] }
    expect(first({ status: 'ok', data: ['a'], metadata } as Answer<string[]>)).toBe('a')
    const settled = (one: Settled<number>): number => (one.status === 'ok' ? one.data : Number(one.error.code.length))
    expect(settled({ status: 'ok', data: 5 })).toBe(5)
    expectTypeOf(optimizer.executeIntent<number>).returns.resolves.toEqualTypeOf<Answer<number>>()
  })
})
