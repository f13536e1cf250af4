import { join } from 'node:path'
import { Line } from './line.ts'
import { takeLock } from '../../internal/lock-file.ts'

export interface TurnsOptions {
  /** Where other gateways of this user look too; without it turns are kept in this process alone. */
  readonly folder?: string
  readonly atOnce: number
}

/** Who may install now: one at a time for each place, a few at once in all, on this machine. */
export interface Turns {
  /** Waits for a turn; disposing ends it. Rejects when the signal aborts. */
  take(place: string, signal: AbortSignal): Promise<Disposable>
}

export function createTurns({ folder, atOnce }: TurnsOptions): Turns {
  const places = new Map<string, Line>()
  const all = new Line(atOnce)
  const slots = Array.from({ length: atOnce }, (_, index) => `slot-${index + 1}`)
  const lock = async (names: readonly string[], signal: AbortSignal): Promise<Disposable | undefined> => {
    if (folder === undefined) return undefined
    const files = names.map((name) => join(folder, `${name}.lock`))
    return await takeLock(files, signal)
  }

  return {
    async take(place, signal) {
      const line = places.get(place) ?? new Line(1)
      places.set(place, line)
      const held: (Disposable | undefined)[] = []
      const release = (): void => {
        for (const one of held.splice(0).toReversed()) one?.[Symbol.dispose]()
      }
      try {
        // In this order for all: who waits for a slot holds a place, and nobody with a slot waits for a place.
        held.push(await line.enter(signal))
        held.push(await lock([place], signal))
        held.push(await all.enter(signal))
        held.push(await lock(slots, signal))
      } catch (thrown) {
        release()
        throw thrown
      }
      return { [Symbol.dispose]: release }
    },
  }
}
