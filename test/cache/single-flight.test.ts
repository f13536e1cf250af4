import { describe, expect, it } from 'vitest'
import { createSingleFlight } from '../../src/cache/single-flight.ts'

describe('single flight', () => {
  it('does equal work once, and again after it has ended', async () => {
    const once = createSingleFlight<number>()
    let runs = 0
    const work = async (): Promise<number> => ++runs
    expect(await Promise.all([once('a', work), once('a', work), once('b', work)])).toEqual([1, 1, 2])
    expect(await once('a', work)).toBe(3)
  })

  it('shares a failure and does not keep it', async () => {
    const once = createSingleFlight<number>()
    const failing = Promise.allSettled([
      once('a', () => Promise.reject(new Error('x'))),
      once('a', () => Promise.resolve(1)),
    ])
    expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await once('a', () => Promise.resolve(2))).toBe(2)
  })

  it('lets one leave without the others, and ends the work when the last one leaves', async () => {
    const once = createSingleFlight<string>()
    let ended: unknown
    let finish: (value: string) => void = () => undefined
    const work = async (signal: AbortSignal): Promise<string> =>
      await new Promise((resolve, reject) => {
        finish = resolve
        signal.addEventListener('abort', () => reject((ended = signal.reason) as Error))
      })
    const [one, two] = [new AbortController(), new AbortController()]
    const first = once('a', work, one.signal)
    const second = once('a', work, two.signal)
    one.abort(new Error('left'))
    await expect(first).rejects.toThrow('left')
    expect(ended).toBeUndefined()
    finish('done')
    expect(await second).toBe('done')

    const third = once('a', work, two.signal)
    two.abort(new Error('left too'))
    await expect(third).rejects.toThrow('left too')
    expect(String(ended)).toContain('left too')
    expect(await once('a', async () => 'anew')).toBe('anew')
  })
})
