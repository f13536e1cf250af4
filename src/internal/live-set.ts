/**
 * What is under way, of which much comes and goes. A Set would do, but its table is made anew every few changes, and each
 * table that is left behind points to the next: one of them in the old generation keeps all that came later from the fast
 * collector. Here a place is used again.
 */
export class LiveSet<T extends object> implements Iterable<T> {
  readonly #places: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#places.length - this.#free.length
  }

  /** Dispose what it gives back to take the item out again. */
  add(item: T): Disposable {
    const place = this.#free.pop() ?? this.#places.length
    this.#places[place] = item
    return {
      [Symbol.dispose]: () => {
        if (this.#places[place] !== item) return
        this.#places[place] = undefined
        this.#free.push(place)
      },
    }
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const item of this.#places) if (item !== undefined) yield item
  }
}
