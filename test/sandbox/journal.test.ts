import { describe, expect, it } from 'vitest'
import { Journal } from '../../src/sandbox/run/journal.ts'

/** Takes answers, as a program does. */
function ear(): { readonly heard: string[]; readonly answer: (ok: boolean, text: string) => void } {
  const heard: string[] = []
  return { heard, answer: (ok, text) => void heard.push(`${ok ? 'ok' : 'failed'} ${text}`) }
}

describe('the journal of a run', () => {
  it('gives a new start the answers it had, in whatever order it asks, and each once', () => {
    const journal = new Journal()
    const first = ear()
    journal.add(0, 'a', first.answer)(true, '1')
    journal.add(0, 'b', first.answer)(false, 'no')
    journal.rewind()
    expect(journal.isBehind).toBe(true)
    const second = ear()
    expect(journal.repeat(0, 'b', second.answer)).toBe(true)
    expect(journal.repeat(0, 'a', second.answer)).toBe(true)
    expect(journal.repeat(0, 'a', second.answer)).toBe(false)
    expect([first.heard, second.heard]).toEqual([
      ['ok 1', 'failed no'],
      ['failed no', 'ok 1'],
    ])
    expect(journal.isBehind).toBe(false)
  })

  it('lets a call that was under way answer the new start, not the old one', () => {
    const journal = new Journal()
    const [first, second] = [ear(), ear()]
    const settle = journal.add(3, 'a', first.answer)
    journal.rewind()
    expect(journal.repeat(3, 'a', second.answer)).toBe(true)
    settle(true, 'late')
    expect([first.heard, second.heard]).toEqual([[], ['ok late']])
  })

  it('knows no call of another tool or with other arguments', () => {
    const journal = new Journal()
    journal.add(0, 'a', ear().answer)(true, '1')
    journal.rewind()
    expect(journal.repeat(1, 'a', ear().answer)).toBe(false)
    expect(journal.repeat(0, 'c', ear().answer)).toBe(false)
  })

  it('gives up what is too much to keep, and still answers the program that runs', () => {
    const journal = new Journal()
    const { heard, answer } = ear()
    const settle = journal.add(0, 'a', answer)
    settle(true, 'x'.repeat(600_000))
    expect(journal.isComplete).toBe(false)
    expect(heard).toHaveLength(1)
    journal.rewind()
    expect([journal.isBehind, journal.repeat(0, 'a', answer)]).toEqual([false, false])
  })
})
