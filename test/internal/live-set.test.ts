import { describe, expect, it } from 'vitest'
import { LiveSet } from '../../src/internal/live-set.ts'

describe('a set of what is under way', () => {
  it('has what was added and not taken out, once each', () => {
    const set = new LiveSet<{ readonly name: string }>()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ item: { name }, entry: undefined as Disposable | undefined }))
    for (const one of [a, b, c]) if (one !== undefined) one.entry = set.add(one.item)
    b?.entry?.[Symbol.dispose]()
    expect(set.size).toBe(2)
    expect([...set]).toEqual([a?.item, c?.item])
  })

  it('takes out what it was given, however often, and never what came into its place', () => {
    const set = new LiveSet<object>()
    const entry = set.add({})
    entry[Symbol.dispose]()
    const later = {}
    set.add(later)
    entry[Symbol.dispose]()
    expect([...set]).toEqual([later])
    expect(set.size).toBe(1)
  })
})
