import { describe, expect, it } from 'vitest'
import { observeInBatches } from '../../src/metrics/batched-observer.ts'
import { aCall, anOperation, anUpstreamCall, observerContract } from '../contracts/observer.ts'

observerContract('an observer that is told in batches', async () => observeInBatches({}))

function batched() {
  const told: string[] = []
  const observer = observeInBatches({
    ended: ({ id }) => void told.push(`ended ${id}`),
    called: ({ id }) => void told.push(`called ${id}`),
    reached: ({ upstream }) => void told.push(`reached ${upstream}`),
  })
  return { told, observer }
}

describe('an observer that is told in batches', () => {
  it('hears everything once when it catches up, calls before the operation that made them', () => {
    const { told, observer } = batched()
    observer.reached(anUpstreamCall({ upstream: 'u' }))
    observer.called(aCall({ id: 'c' }))
    observer.ended(anOperation({ id: 'o' }))
    expect(told).toEqual([])
    observer.catchUp()
    observer.catchUp()
    expect(told).toEqual(['reached u', 'called c', 'ended o'])
  })

  it('hears by itself before many events wait, or much text', () => {
    const many = batched()
    for (let index = 0; index < 100; index++) many.observer.called(aCall({ id: `${index}` }))
    expect(many.told.length).toBeGreaterThan(50)
    const large = batched()
    large.observer.ended(anOperation({ id: 'o', requestJson: 'x'.repeat(1_000_000) }))
    expect(large.told).toEqual(['ended o'])
  })
})
