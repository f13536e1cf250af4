import { describe, expect, it } from 'vitest'
import { Claims } from '../../src/sandbox/engine/claims.ts'

describe('the claims of an engine', () => {
  const claims = (): Claims => new Claims(Claims.share(2))

  it('give a run to whoever comes first: the engine begins it, or the host has it back', () => {
    const table = claims()
    expect(table.claim(0, 1)).toBe(true)
    expect(table.takeBack(0, 1)).toBe(false)
    expect(table.takeBack(1, 2)).toBe(true)
    expect(table.isOpen(1, 2)).toBe(false)
    expect(table.claim(1, 2)).toBe(false)
  })

  it('say the same when they are asked again', () => {
    const table = claims()
    table.takeBack(0, 1)
    expect(table.takeBack(0, 1)).toBe(true)
    expect(table.claim(0, 1)).toBe(false)
  })

  it('leave the run alone that has the place after the one that is asked for', () => {
    const table = claims()
    table.claim(0, 1)
    table.claim(0, 2)
    expect(table.takeBack(0, 1)).toBe(false)
    expect(table.takeBack(0, 2)).toBe(false)
    table.takeBack(0, 3)
    expect(table.claim(0, 4)).toBe(true)
  })

  it('tell a run why it is to stop, and no other', () => {
    const table = claims()
    table.stop(0, 7, true)
    expect([table.stopReason(0, 7), table.stopReason(0, 8), table.stopReason(1, 7)]).toEqual([
      'cancelled',
      undefined,
      undefined,
    ])
    table.stop(0, 8, false)
    expect(table.stopReason(0, 8)).toBe('timeout')
  })
})
