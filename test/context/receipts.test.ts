import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createReceiptPricer } from '../../src/context/receipt-cost.ts'
import { readReceipts, saveReceipts } from '../../src/context/receipt-files.ts'
import { createReceipts, type Receipts } from '../../src/context/receipts.ts'
import { systemClock } from '../../src/internal/clock.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { loadPrices } from '../../src/tokens/prices.ts'
import { aCall, anOperation, observerContract } from '../contracts/observer.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

/** A surface of 100 tokens in front of definitions of 5,000. */
function receipts(definitions = 5_000, maxSessions?: number): Receipts {
  const kept = createReceipts({
    clock: systemClock,
    definitionTokens: () => definitions,
    ...(maxSessions === undefined ? {} : { maxSessions }),
  })
  kept.showSurface(100)
  return kept
}

observerContract('receipts', async () => receipts())

describe('the receipt of a session', () => {
  it('has our surface in each request to the model, beside all definitions', () => {
    const kept = receipts()
    kept.ended?.(anOperation({ kind: 'search', requestTokens: 7, answerTokens: 50 }))
    kept.called?.(aCall({ requestTokens: 10, answerTokens: 400 }))
    kept.ended?.(anOperation({ kind: 'code', requestTokens: 30, answerTokens: 20 }))
    // Three requests to the model with us; two without, because nobody searches then.
    expect(kept.of('local')).toMatchObject({
      operations: 2,
      searches: 1,
      calls: 1,
      ours: { surface: 300, requests: 30, answers: 20, search: 57, total: 407 },
      allDefinitions: { definitions: 10_000, requests: 10, answers: 400, total: 10_410 },
      saved: 10_003,
      repeated: { surface: 200, definitions: 5_000 },
      withPromptCaching: { ours: 227, allDefinitions: 5_910, saved: 5_683 },
      provenance: 'estimated',
    })
  })

  it('leaves out what a person asked for', () => {
    const kept = receipts()
    kept.called?.(aCall({ askedBy: 'person' }))
    kept.ended?.(anOperation({ askedBy: 'person' }))
    expect(kept.total()).toMatchObject({ operations: 0, calls: 0, saved: 0 })
    expect(kept.list()).toEqual([])
  })

  it('says so when the gateway cost more than it saved', () => {
    const kept = receipts(50)
    kept.ended?.(anOperation({ kind: 'search', requestTokens: 10, answerTokens: 500 }))
    expect(kept.of('local')?.saved).toBe(-710)
  })

  it('is kept for each session, bounded in their number, and in all', () => {
    const kept = receipts(5_000, 10)
    for (let index = 0; index < 30; index++) kept.ended?.(anOperation({ session: `s${index}`, status: 'error' }))
    expect(kept.of('s0')).toBeUndefined()
    expect(kept.list().map(({ session }) => session)).toEqual(
      Array.from({ length: 10 }, (_, index) => `s${29 - index}`),
    )
    expect(kept.total()).toMatchObject({ operations: 30, failed: 30 })
    expect(kept.sessions(60_000)).toEqual({ active: 10, seen: 30 })
  })

  it('is in the metadata of every answer, the answer itself counted', async () => {
    await using gateway = demoGateway()
    await gateway.ready()
    const first = await gateway.executeIntent({ intent: 'demo.rows', params: { count: 200 } }, { session: 'a' })
    const second = await gateway.search({ query: 'rows' }, { session: 'a' })
    const other = await gateway.execute({ code: 'return 1' }, { session: 'b' })
    expect(first.metadata.receipt).toMatchObject({ operations: 1, calls: 1 })
    expect(second.metadata.receipt).toMatchObject({ operations: 2, searches: 1 })
    expect(other.metadata.receipt).toMatchObject({ operations: 1, calls: 0 })
    // 200 rows of 15 tokens and more stayed in the gateway.
    expect(first.metadata.receipt?.allDefinitions.answers).toBeGreaterThan(3_000)
    expect(first.metadata.receipt?.ours.answers).toBeLessThanOrEqual(4_000)
    const definitions = first.metadata.receipt?.allDefinitions.definitions ?? 0
    const exact = [...gateway.catalog().tools.values()].reduce((sum, { definition }) => {
      const { name, description, inputSchema } = definition
      return sum + estimateTokenizer.count(JSON.stringify({ name, description, inputSchema }))
    }, 0)
    expect(definitions).toBe(2 * exact)
  })

  it('is priced by model, with the cache read and written at its price', async () => {
    const prices = await loadPrices()
    const kept = receipts()
    for (let index = 0; index < 10; index++) {
      kept.called?.(aCall({ requestTokens: 0, answerTokens: 0 }))
      kept.ended?.(anOperation({ requestTokens: 100, answerTokens: 200 }))
    }
    const found = kept.of('local')
    const cost = createReceiptPricer(prices)(found ?? kept.total()).find(({ model }) => model === 'gpt-4o')
    const ours = prices.cost('gpt-4o', { inputTokens: 1_100 + 2_000, outputTokens: 1_000 })
    expect(cost?.uncached.oursUsd).toBeCloseTo(ours, 10)
    const theirs = prices.cost('gpt-4o', { inputTokens: 55_000, outputTokens: 0 })
    expect(cost?.uncached.allDefinitionsUsd).toBeCloseTo(theirs, 10)
    expect(cost?.uncached.savedUsd).toBeCloseTo(theirs - ours, 10)
    expect(cost?.cached.allDefinitionsUsd).toBeLessThan(theirs)
  })

  it('is read from disk while the gateway runs and when it is gone; other files are passed over', async () => {
    const folder = temporaryFolder()
    const kept = receipts()
    const saved = saveReceipts(kept, folder, () => expect.unreachable())
    kept.ended?.(anOperation({ session: 's1' }))
    await saved.save()
    writeFileSync(join(folder, '1-aaaa.json'), 'not JSON')
    writeFileSync(join(folder, '2-aaaa.json'), '{"sessions": 7}')
    const [read, ...more] = await readReceipts(folder)
    expect(more).toEqual([])
    expect(read).toMatchObject({ session: 's1', operations: 1, saved: kept.total().saved })
    expect(await readReceipts(join(folder, 'nowhere'))).toEqual([])
  })

  it('tells once that it cannot be written, and costs the agent nothing', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const failures: unknown[] = []
    const kept = receipts()
    kept.ended?.(anOperation())
    const saved = saveReceipts(kept, join(folder, 'file'), (error) => failures.push(error))
    await saved.save()
    await saved.save()
    expect(failures).toHaveLength(1)
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('')
  })
})
