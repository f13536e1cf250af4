import { describe, expect, it } from 'vitest'
import { randomId } from '../../src/internal/ids.ts'

describe('random ids', () => {
  it('have the sizes of the W3C, and none comes twice', () => {
    // Far more than are made at once.
    const ids = Array.from({ length: 4_000 }, (_, index) => randomId(index % 3 === 0 ? 16 : 8))
    for (const [index, id] of ids.entries()) expect(id).toMatch(index % 3 === 0 ? /^[\da-f]{32}$/ : /^[\da-f]{16}$/)
    expect(new Set(ids.map((id) => id.slice(0, 16))).size).toBe(ids.length)
  })
})
