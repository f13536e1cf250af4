import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { createLogins, type LoginEntry, type Logins } from '../../../src/upstream/auth/login.ts'
import { logIn } from '../../../src/upstream/auth/log-in.ts'
import { createUpstream } from '../../../src/upstream/create.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'
import { temporaryFolder } from '../../support/servers.ts'
import { answer, type SignedWorld, signedWorld } from '../../support/signed-world.ts'

const signal = (): AbortSignal => new AbortController().signal

async function loggedIn(world: SignedWorld): Promise<{ folder: string; logins: Logins; entry: LoginEntry }> {
  const folder = temporaryFolder()
  const logins = createLogins(createFileTokenStore({ folder }))
  const entry = { name: 'signed', url: world.url }
  await logins.save(entry, await logIn(entry, { open: (address) => void world.browse(address) }, { signal: signal() }))
  return { folder, logins, entry }
}

async function whoami(upstream: Upstream): Promise<unknown> {
  const { content } = await upstream.callTool('whoami', {}, { signal: signal() })
  return content[0]?.['text']
}

/** Has the token endpoint answer otherwise, so many times. */
function refusing(world: SignedWorld, status: number, body: object, times = Number.POSITIVE_INFINITY): void {
  let left = times
  world.fault = ({ path }, response) => {
    if (path !== '/token' || left-- <= 0) return false
    answer(response, status, body)
    return true
  }
}

describe('a token that is refused', () => {
  it('is renewed once for all calls at the same time, each of which is answered', async () => {
    await using world = await signedWorld()
    const { logins } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await whoami(upstream)
    world.expireAll()
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await whoami(upstream)))
    expect(new Set(answers)).toEqual(new Set(['ann']))
    expect(world.redemptions()).toBe(1)
  })

  it('ends the session that it opened, whose calls go on in a new one', async () => {
    await using world = await signedWorld({ bindsSessions: true })
    const { logins } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await whoami(upstream)
    world.expireAll()
    expect(await whoami(upstream)).toBe('ann')
    expect(world.seen.filter((method) => method === 'initialize')).toHaveLength(2)
    await expect.poll(() => world.seen).toContain('DELETE')
  })

  it('is renewed for a list too', async () => {
    await using world = await signedWorld()
    const { logins } = await loggedIn(world)
    {
      await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
      await whoami(upstream)
    }
    world.expireAll()
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    expect(await upstream.listTools(signal())).toHaveLength(1)
    expect(world.redemptions()).toBe(1)
  })

  it('keeps the login where the issuer fails, and is renewed when it is back', async () => {
    await using world = await signedWorld()
    const { logins, entry } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await whoami(upstream)
    world.expireAll()
    refusing(world, 500, { error: 'server_error', error_description: 'the database is away' }, 1)
    await expect(whoami(upstream)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('the database is away'),
    })
    expect(await logins.read(entry)).toBeDefined()
    expect(await whoami(upstream)).toBe('ann')
  })

  it('asks for a new login where the issuer refuses for good, once, and finds it', async () => {
    await using world = await signedWorld()
    const { logins, entry } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await whoami(upstream)
    world.expireAll()
    refusing(world, 400, { error: 'invalid_grant', error_description: 'it was revoked by an administrator' })
    for (let tries = 0; tries < 3; tries++)
      await expect(whoami(upstream)).rejects.toMatchObject({
        code: 'LOGIN_REQUIRED',
        message: expect.stringMatching(/revoked by an administrator.*mcp-optimizer login signed/s),
      })
    expect(world.redemptions()).toBe(1)
    expect(await logins.read(entry)).toBeDefined()
    world.fault = undefined
    await logins.save(
      entry,
      await logIn(entry, { open: (address) => void world.browse(address, 'bob') }, { signal: signal() }),
    )
    expect(await whoami(upstream)).toBe('bob')
  })

  it('is not renewed after a 403', async () => {
    await using world = await signedWorld()
    const { logins } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await whoami(upstream)
    world.serverFault = ({ method }, response) => {
      if (method !== 'POST') return false
      answer(response, 403, { error: 'ann may not do this' })
      return true
    }
    await expect(whoami(upstream)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(world.redemptions()).toBe(0)
  })

  it('names the scopes that a person has to give', async () => {
    await using world = await signedWorld({ needs: ['write'] })
    const { logins, entry } = await loggedIn(world)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await expect(whoami(upstream)).rejects.toMatchObject({
      code: 'LOGIN_REQUIRED',
      suggestion: expect.stringMatching(/mcp-optimizer login signed --scope '.*\bread\b.*\bwrite\b.*'/),
    })
    const login = await logIn(
      entry,
      { open: (address) => void world.browse(address) },
      { signal: signal(), scope: 'openid offline_access read write' },
    )
    await logins.save(entry, login)
    expect(await whoami(upstream)).toBe('ann')
  })
})

describe('a token that is about to expire', () => {
  it('is renewed ahead, while calls go on with the one that is good', async () => {
    await using world = await signedWorld({ tokenSeconds: 600 })
    const { logins, entry } = await loggedIn(world)
    const login = await logins.read(entry)
    if (login === undefined) throw new Error('no login')
    await logins.save(entry, { ...login, obtainedAt: Date.now() - 590_000, expiresAt: Date.now() + 10_000 })
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    expect(await whoami(upstream)).toBe('ann')
    await expect.poll(async () => (await logins.read(entry))?.tokens.access_token).not.toBe(login.tokens.access_token)
    expect(await whoami(upstream)).toBe('ann')
    expect(world.redemptions()).toBe(1)
  })

  it('is used as it is where the issuer does not say when, until the server refuses it', async () => {
    await using world = await signedWorld()
    const { logins, entry } = await loggedIn(world)
    const login = await logins.read(entry)
    if (login === undefined) throw new Error('no login')
    const { expiresAt: _expiry, ...open } = login
    await logins.save(entry, open)
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    expect(await whoami(upstream)).toBe('ann')
    expect(world.redemptions()).toBe(0)
    world.expireAll()
    expect(await whoami(upstream)).toBe('ann')
  })
})

describe('logins on disk', () => {
  it('are files of their owner alone, each account of one address for itself', async () => {
    await using world = await signedWorld()
    const { folder, logins } = await loggedIn(world)
    const other = { name: 'signed-work', url: world.url }
    await logins.save(
      other,
      await logIn(other, { open: (address) => void world.browse(address, 'bob') }, { signal: signal() }),
    )
    await using home = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await using work = createUpstream('signed-work', { type: 'http', url: world.url }, { logins })
    expect([await whoami(home), await whoami(work)]).toEqual(['ann', 'bob'])
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    expect((await logins.all()).map(({ server }) => server).toSorted()).toEqual(['signed', 'signed-work'])
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).not.toBe('')
  })
})
