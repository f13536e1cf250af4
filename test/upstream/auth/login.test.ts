import { describe, expect, it } from 'vitest'
import { createLogins } from '../../../src/upstream/auth/login.ts'
import { logIn } from '../../../src/upstream/auth/log-in.ts'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { createUpstream } from '../../../src/upstream/create.ts'
import { temporaryFolder } from '../../support/servers.ts'
import { signedWorld } from '../../support/signed-world.ts'

const signal = (): AbortSignal => new AbortController().signal

describe('a server that wants a login', () => {
  it('says which command logs in, and answers after it', async () => {
    await using world = await signedWorld()
    const logins = createLogins(createFileTokenStore({ folder: temporaryFolder() }))
    const entry = { name: 'signed', url: world.url }
    await using upstream = createUpstream('signed', { type: 'http', url: world.url }, { logins })
    await expect(upstream.listTools(signal())).rejects.toMatchObject({
      code: 'LOGIN_REQUIRED',
      message: expect.stringContaining('mcp-optimizer login signed'),
    })
    const login = await logIn(entry, { open: (address) => void world.browse(address) }, { signal: signal() })
    await logins.save(entry, login)
    expect(login).toMatchObject({ server: 'signed', issuer: world.issuer, resource: world.url })
    const result = await upstream.callTool('whoami', {}, { signal: signal() })
    expect(result.content).toEqual([{ type: 'text', text: 'ann' }])
  })
})
