import { describe, expect, it } from 'vitest'
import { LiveMap } from '../../src/internal/live-map.ts'

describe('a map of what comes and goes', () => {
  it('does as a Map does', () => {
    const map = new LiveMap<number, string>()
    map.set(1, 'a')
    map.set(2, 'b')
    map.set(1, 'c')
    expect([map.get(1), map.get(3), map.size, [...map.values()]]).toEqual(['c', undefined, 2, ['c', 'b']])
    expect([map.delete(1), map.delete(1), map.get(1), map.size]).toEqual([true, false, undefined, 1])
    expect([...map.values()]).toEqual(['b'])
  })

  it('gives what is there to who walks over it while entries go', () => {
    const map = new LiveMap<number, number>()
    for (let key = 0; key < 5; key++) map.set(key, key)
    const seen: number[] = []
    for (const value of map.values()) {
      seen.push(value)
      map.delete(value + 1)
    }
    expect(seen).toEqual([0, 2, 4])
  })

  it('lets the oldest go first', () => {
    const map = new LiveMap<number, string>()
    map.deleteOldest()
    map.set(1, 'a')
    map.set(2, 'b')
    map.set(1, 'c')
    map.deleteOldest()
    expect([...map.values()]).toEqual(['b'])
  })
})
