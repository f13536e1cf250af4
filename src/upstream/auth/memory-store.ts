import { abortable } from '../../internal/signal.ts'
import type { TokenStore } from './token-store.ts'

/** Logins that end with this process. */
export function createMemoryTokenStore(): TokenStore {
  const values = new Map<string, string>()
  const held = new Map<string, Promise<void>>()
  return {
    read: async (key) => values.get(key),
    async write(key, value, replaces) {
      if (values.get(key) !== replaces) return false
      values.set(key, value)
      return true
    },
    async delete(key, replaces) {
      return values.get(key) === replaces && values.delete(key)
    },
    keys: async () => [...values.keys()],
    async lock(key, signal) {
      for (let before = held.get(key); before !== undefined; before = held.get(key)) {
        await abortable(before, signal)
      }
      let release: () => void = () => undefined
      held.set(key, new Promise((resolve) => (release = resolve)))
      return {
        [Symbol.dispose]() {
          held.delete(key)
          release()
        },
      }
    },
  }
}
