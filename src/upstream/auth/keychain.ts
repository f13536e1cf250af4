import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Cipher } from './file-store.ts'

/** The part of the optional package `@napi-rs/keyring` that is used. */
interface Keyring {
  readonly AsyncEntry: new (service: string, account: string) => KeyringEntry
}

interface KeyringEntry {
  getPassword(): Promise<string | undefined | null>
  setPassword(password: string): Promise<void>
}

const SERVICE = 'mcp-optimizer'
const ACCOUNT = 'logins'
const PACKAGE = '@napi-rs/keyring'

/**
 * Encrypts logins with a key that the keychain of the operating system holds: entries of a keychain are too small for many
 * tokens, and cannot be compared and set. Undefined where the package or the keychain is missing.
 */
export async function keychainCipher(): Promise<Cipher | undefined> {
  const key = await keychainKey()
  return key === undefined ? undefined : createCipher(key)
}

async function keychainKey(): Promise<Buffer | undefined> {
  try {
    const { AsyncEntry } = (await import(PACKAGE)) as Keyring
    const entry = new AsyncEntry(SERVICE, ACCOUNT)
    const known = await entry.getPassword()
    if (typeof known === 'string' && known !== '') return Buffer.from(known, 'base64')
    await entry.setPassword(randomBytes(32).toString('base64'))
    // Another gateway may have set one at the same time: what stands there counts.
    const set = await entry.getPassword()
    return typeof set === 'string' && set !== '' ? Buffer.from(set, 'base64') : undefined
  } catch {
    return undefined
  }
}

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM; a text that was changed, or written with another key, is not read. */
export function createCipher(key: Buffer): Cipher {
  return {
    encrypt(text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce)
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
    },
    decrypt(text) {
      try {
        const bytes = Buffer.from(text, 'base64')
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        )
      } catch {
        return undefined
      }
    },
  }
}
