import { describe, expect, it } from 'vitest'
import { createLogins, LOGIN_MS } from '../../../src/surface/ui/logins.ts'

function clockAt(time = { now: 1_764_000_000_000 }) {
  return { time, now: () => time.now, wall: () => time.now }
}

describe('logins', () => {
  it('end by themselves', () => {
    const clock = clockAt()
    const logins = createLogins(clock)
    const secret = logins.open('local')
    expect(logins.of(secret)).toMatchObject({ principal: 'local' })
    clock.time.now += LOGIN_MS - 1
    expect(logins.of(secret)).toBeDefined()
    clock.time.now += 1
    expect(logins.of(secret)).toBeUndefined()
  })

  it('have secrets of their own, and the latest hundred are kept', () => {
    const logins = createLogins(clockAt())
    const secrets = Array.from({ length: 101 }, () => logins.open('local'))
    expect(new Set(secrets.map((secret) => logins.of(secret)?.csrf)).size).toBe(101)
    expect(logins.of(secrets[0] ?? '')).toBeUndefined()
  })
})

describe('the code of a link', () => {
  it('is worth one login within ten minutes, and nothing once there is a newer one', () => {
    const clock = clockAt()
    const logins = createLogins(clock)
    expect(logins.redeem('')).toBe(false)
    const [old, late] = [logins.issueCode(), logins.issueCode()]
    expect(logins.redeem(old)).toBe(false)
    clock.time.now += 10 * 60_000
    expect(logins.redeem(late)).toBe(false)
    const code = logins.issueCode()
    expect([logins.redeem(`${code}x`), logins.redeem(code), logins.redeem(code)]).toEqual([false, true, false])
  })
})
