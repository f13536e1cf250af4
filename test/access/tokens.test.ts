import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { parseEffects, parseExpiry, parseRate } from '../../src/access/grant.ts'
import { openTokens } from '../../src/access/live-tokens.ts'
import { createTokenFile, TOKEN_PREFIX } from '../../src/access/token-file.ts'
import { systemClock } from '../../src/internal/clock.ts'
import { temporaryFolder } from '../support/servers.ts'

const fresh = () => createTokenFile(join(temporaryFolder(), 'deep', 'tokens.json'))
const NOW = new Date('2026-11-30T10:00:00Z')

describe('the file of tokens', () => {
  it('keeps the hash of a token, never the token, for the eyes of its owner alone', async () => {
    const file = fresh()
    const token = await file.create('ci', { servers: ['github'], effects: 'read' }, NOW)
    expect(token.startsWith(TOKEN_PREFIX)).toBe(true)
    expect(readFileSync(file.path, 'utf8')).not.toContain(token.slice(TOKEN_PREFIX.length))
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
    expect(await file.list()).toEqual([
      {
        name: 'ci',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        created: NOW.toISOString(),
        grant: { servers: ['github'], effects: 'read' },
      },
    ])
  })

  it('has one token a name, and forgets what is revoked', async () => {
    const file = fresh()
    await file.create('ci', {}, NOW)
    await expect(file.create('ci', {}, NOW)).rejects.toThrow(/there is one of the name ci/)
    expect(await file.revoke('ci')).toBe(true)
    expect(await file.revoke('ci')).toBe(false)
    expect(await file.list()).toEqual([])
  })

  it.each(['', 'a b', 'ä', '../x', 'x'.repeat(61), 'a\nb'])('refuses the name %j', async (name) => {
    await expect(fresh().create(name, {}, NOW)).rejects.toThrow(/wanted a name of 1 to 60/)
  })

  it('loses no token that others create at the same time', async () => {
    const file = fresh()
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => await createTokenFile(file.path).create(`t${index}`, {}, NOW)),
    )
    expect((await file.list()).map(({ name }) => name).toSorted()).toHaveLength(12)
  })

  it.each([
    ['no JSON', '{"tokens": ['],
    ['no list', '{"tokens": {}}'],
    ['a token without a hash', '{"tokens": [{"name": "a", "created": "x", "grant": {}}]}'],
    [
      'effects that do not exist',
      `{"tokens": [{"name": "a", "hash": "${'0'.repeat(64)}", "created": "x", "grant": {"effects": "all"}}]}`,
    ],
    [
      'servers that are no list',
      `{"tokens": [{"name": "a", "hash": "${'0'.repeat(64)}", "created": "x", "grant": {"servers": "github"}}]}`,
    ],
  ])('is never written over where it is damaged: %s', async (_what, text) => {
    const file = fresh()
    await file.create('first', {}, NOW)
    writeFileSync(file.path, text)
    await expect(file.create('second', {}, NOW)).rejects.toThrow(/cannot read the tokens in/)
    await expect(file.revoke('first')).rejects.toThrow(/cannot read the tokens in/)
    expect(readFileSync(file.path, 'utf8')).toBe(text)
  })
})

describe('live tokens', () => {
  it('know within a second what another process creates and revokes', async () => {
    const file = fresh()
    using tokens = await openTokens({ path: file.path, clock: systemClock, pollMs: 20 })
    const token = await file.create('ci', { effects: 'read' }, NOW)
    await vi.waitFor(() => expect(tokens.find(token)).toMatchObject({ name: 'ci', grant: { effects: 'read' } }))
    await file.revoke('ci')
    await vi.waitFor(() => expect(tokens.find(token)).toBeUndefined())
    expect(tokens.find('')).toBeUndefined()
  })

  it('let nobody in by a file that is damaged, and all again when it is mended', async () => {
    const file = fresh()
    const token = await file.create('ci', {}, NOW)
    const whole = readFileSync(file.path, 'utf8')
    const problems: (string | undefined)[] = []
    using tokens = await openTokens({
      path: file.path,
      clock: systemClock,
      pollMs: 20,
      onProblem: (one) => problems.push(one),
    })
    expect(tokens.find(token)).toBeDefined()
    writeFileSync(file.path, whole.slice(0, -20))
    await vi.waitFor(() => expect(tokens.find(token)).toBeUndefined())
    writeFileSync(file.path, whole)
    await vi.waitFor(() => expect(tokens.find(token)).toBeDefined())
    expect(problems).toEqual([expect.stringMatching(/cannot read the tokens in/), undefined])
    rmSync(file.path)
    await vi.waitFor(() => expect(tokens.count).toBe(0))
  })

  it('end at their time', async () => {
    const file = fresh()
    const token = await file.create('short', { expires: '2026-12-01T00:00:00.000Z' }, NOW)
    let wall = NOW.getTime()
    using tokens = await openTokens({ path: file.path, clock: { ...systemClock, wall: () => wall } })
    expect(tokens.find(token)).toBeDefined()
    wall = Date.parse('2026-12-01T00:00:00.000Z')
    expect(tokens.find(token)).toBeUndefined()
  })
})

describe('what the command line says of a token', () => {
  it.each([
    ['60/min', { requests: 60, seconds: 60 }],
    ['5/s', { requests: 5, seconds: 1 }],
    [' 1000 / hour ', { requests: 1_000, seconds: 3_600 }],
  ])('reads the rate %j', (text, expected) => {
    expect(parseRate(text)).toEqual(expected)
  })

  it.each(['60', '0/min', '60/year', '-1/s', '60/min/min', 'constructor/toString'])('refuses the rate %j', (text) => {
    expect(() => parseRate(text)).toThrow(/cannot read a rate: found .*, wanted 60\/min/)
  })

  it.each([
    ['30d', '2026-12-30T10:00:00.000Z'],
    ['12h', '2026-11-30T22:00:00.000Z'],
    ['90 min', '2026-11-30T11:30:00.000Z'],
    ['2 weeks', '2026-12-14T10:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
  ])('reads the end %j', (text, expected) => {
    expect(parseExpiry(text, NOW.getTime())).toBe(expected)
  })

  it.each(['', 'soon', '2020-01-01', '0d', '30', '1e9d', '30y'])('refuses the end %j', (text) => {
    expect(() => parseExpiry(text, NOW.getTime())).toThrow(/cannot read when a token ends/)
  })

  it('refuses effects that do not exist', () => {
    expect(() => parseEffects('all')).toThrow(/found "all", wanted read, write, destructive/)
  })
})
