import type { Engine } from '../engine/engine.ts'

/** Resources that one client may watch at once. */
export const MAX_WATCHED = 1_000

/** Changes of resources that a client of the 2026 era listens for, from the beginning of its request to its end. */
export interface Watched extends Disposable {
  /** The addresses that servers agreed to tell of. */
  readonly addresses: readonly string[]
}

export async function watchResources(
  { offers }: Engine,
  wanted: unknown,
  told: (address: string) => void,
  signal: AbortSignal,
): Promise<Watched> {
  const asked = (Array.isArray(wanted) ? (wanted as unknown[]) : []).filter((one) => typeof one === 'string')
  const held: Disposable[] = []
  const watch = async (address: string): Promise<readonly string[]> => {
    try {
      held.push(await offers.watch(address, told, signal))
      return [address]
    } catch {
      // What is not acknowledged is not watched.
      return []
    }
  }
  const addresses = (await Promise.all([...new Set(asked)].slice(0, MAX_WATCHED).map(watch))).flat()
  return {
    addresses,
    [Symbol.dispose]() {
      for (const one of held) one[Symbol.dispose]()
    },
  }
}
