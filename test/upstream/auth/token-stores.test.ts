import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { createCipher } from '../../../src/upstream/auth/keychain.ts'
import { createMemoryTokenStore } from '../../../src/upstream/auth/memory-store.ts'
import { tokenStoreContract } from '../../contracts/token-store.ts'
import { temporaryFolder } from '../../support/servers.ts'

describe('logins in memory', () => {
  tokenStoreContract(createMemoryTokenStore)
})

describe('logins in files', () => {
  tokenStoreContract(() => createFileTokenStore({ folder: temporaryFolder() }))

  it('takes a damaged file for none', async () => {
    const folder = temporaryFolder()
    const store = createFileTokenStore({ folder })
    await store.write('a', 'one', undefined)
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"key":"a","val')
    expect(await store.read('a')).toBeUndefined()
    expect(await store.write('a', 'two', undefined)).toBe(true)
  })
})

describe('logins in encrypted files', () => {
  tokenStoreContract(() => createFileTokenStore({ folder: temporaryFolder(), cipher: createCipher(randomBytes(32)) }))

  it('are unreadable without their key', async () => {
    const folder = temporaryFolder()
    const store = createFileTokenStore({ folder, cipher: createCipher(randomBytes(32)) })
    await store.write('a', 'a secret', undefined)
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'utf8')).not.toContain('secret')
    expect(await createFileTokenStore({ folder, cipher: createCipher(randomBytes(32)) }).read('a')).toBeUndefined()
  })
})
