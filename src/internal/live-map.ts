/**
 * A Map for what comes and goes all the time, such as requests by their id. Of an entry that is taken out nothing is held
 * any more; `live-set.ts` says what the old tables of a Map would hold.
 */
export class LiveMap<K, V> {
  readonly #boxes = new Map<K, { value: V | undefined }>()

  get size(): number {
    return this.#boxes.size
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value
  }

  set(key: K, value: V): void {
    const box = this.#boxes.get(key)
    if (box === undefined) this.#boxes.set(key, { value })
    else box.value = value
  }

  /** False: there was none. */
  delete(key: K): boolean {
    const box = this.#boxes.get(key)
    if (box === undefined) return false
    box.value = undefined
    return this.#boxes.delete(key)
  }

  /** Takes out the entry that has been here longest. */
  deleteOldest(): void {
    for (const key of this.#boxes.keys()) {
      this.delete(key)
      return
    }
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#boxes.values()) if (value !== undefined) yield value
  }
}
