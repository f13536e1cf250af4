/**
 * A store of logins: texts by key. Writing and deleting are compare-and-set, because several gateways share a store
 * and none of them may overwrite a newer login. Every implementation passes `test/contracts/token-store.ts`.
 */
export interface TokenStore {
  read(key: string): Promise<string | undefined>
  /** Writes where the value is still `replaces` (undefined: none); false: it is another one by now, and stays. */
  write(key: string, value: string, replaces: string | undefined): Promise<boolean>
  /** Deletes where the value is still `replaces`; false: it is another one by now, and stays. */
  delete(key: string, replaces: string): Promise<boolean>
  keys(): Promise<readonly string[]>
  /** Waits until nobody else holds this key, in any process that shares the store; disposing gives it back. */
  lock(key: string, signal: AbortSignal): Promise<Disposable>
  /** How another process opens the same store; undefined: it is of this process alone. */
  readonly place?: StorePlace
}

/** A store on this machine, as another process opens it. */
export interface StorePlace {
  readonly folder: string
  /** Encrypts with a key of the OS keychain. */
  readonly keychain: boolean
}
