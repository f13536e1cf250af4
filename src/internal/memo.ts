/** Remembers what was made of each key, as long as the key lives, and counts. */
export interface Memo<K extends object, V> {
  of(key: K): V
  stats(): { readonly hits: number; readonly misses: number }
}

export function createMemo<K extends object, V>(make: (key: K) => V): Memo<K, V> {
  const made = new WeakMap<K, { readonly value: V }>()
  let hits = 0
  let misses = 0
  return {
    of(key) {
      const known = made.get(key)
      if (known !== undefined) {
        hits++
        return known.value
      }
      misses++
      const value = make(key)
      made.set(key, { value })
      return value
    },
    stats: () => ({ hits, misses }),
  }
}
