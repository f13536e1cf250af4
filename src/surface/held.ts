/** Requests that are held open to tell of changes, of all callers and of one: they have places of their own. */
const MAX_HELD = 1_000
const MAX_HELD_OF_ONE = 500

/** Places for requests that are held open. */
export interface HeldPlaces {
  /** Dispose it to give the place back; a text says why there is none. */
  take(principal: string): Disposable | string
}

export function createHeldPlaces(): HeldPlaces {
  const counts = new Map<string, number>()
  let all = 0
  const change = (principal: string, by: 1 | -1): void => {
    all += by
    const count = (counts.get(principal) ?? 0) + by
    if (count === 0) counts.delete(principal)
    else counts.set(principal, count)
  }
  return {
    take(principal) {
      if (all >= MAX_HELD) return `${MAX_HELD} requests are held open, and no more at once`
      if ((counts.get(principal) ?? 0) >= MAX_HELD_OF_ONE)
        return `${MAX_HELD_OF_ONE} requests of this caller are held open, and no more at once`
      change(principal, 1)
      return { [Symbol.dispose]: () => change(principal, -1) }
    },
  }
}
