import { createFileTokenStore } from './file-store.ts'
import { createLogins, type Logins } from './login.ts'
import type { StorePlace, TokenStore } from './token-store.ts'

/** The logins of this user; their store is opened with the first use. */
export function openLogins(place: StorePlace): Logins {
  let opened: Promise<TokenStore> | undefined
  const store = async (): Promise<TokenStore> => await (opened ??= openTokenStore(place))
  return createLogins({
    place,
    read: async (key) => await (await store()).read(key),
    write: async (...change) => await (await store()).write(...change),
    delete: async (...change) => await (await store()).delete(...change),
    keys: async () => await (await store()).keys(),
    lock: async (...asked) => await (await store()).lock(...asked),
  })
}

/** The store of this user on this machine. */
export async function openTokenStore({ folder, keychain }: StorePlace): Promise<TokenStore> {
  if (!keychain) return createFileTokenStore({ folder })
  const { keychainCipher } = await import('./keychain.ts')
  const cipher = await keychainCipher()
  return createFileTokenStore(cipher === undefined ? { folder } : { folder, cipher, keychain })
}
