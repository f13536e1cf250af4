import { type Cache, type CacheEntry, groupOf } from './cache.ts'

/**
 * Several layers as one, the nearest first: a look-up ends at the first that has it, and what a far layer had is kept by
 * the nearer ones. Disposal waits for writes under way, then disposes the layers.
 */
export function createTieredCache(layers: readonly [Cache, ...Cache[]], options: TieredOptions = {}): Cache {
  return new TieredCache(layers, options)
}

export interface TieredOptions {
  /** False: what other instances clear in a shared layer stays in the others. @default true */
  readonly followClears?: boolean
}

class TieredCache implements Cache {
  readonly name = 'tiered'
  readonly #layers: readonly [Cache, ...Cache[]]
  /** Clears of a group so far, and how many of them are not through all layers yet. */
  readonly #groups = new Map<string, { clears: number; running: number }>()
  readonly #background = new Set<Promise<unknown>>()
  readonly #listeners = new Set<(group: string) => void>()
  readonly #subscriptions: readonly Disposable[]

  constructor(layers: readonly [Cache, ...Cache[]], { followClears = true }: TieredOptions) {
    this.#layers = layers
    this.#subscriptions = (followClears ? layers : []).flatMap((layer) => {
      const subscription = layer.onCleared?.((group) => this.#clearedElsewhere(layer, group))
      return subscription === undefined ? [] : [subscription]
    })
  }

  async get(key: string, signal?: AbortSignal): ReturnType<Cache['get']> {
    const group = groupOf(key)
    const before = this.#clears(group)
    for (const [index, layer] of this.#layers.entries()) {
      // Until a clear is through, far layers may still have what it removes.
      if (this.#isClearing(group)) return undefined
      const hit = await layer.get(key, signal)
      if (hit === undefined) continue
      if (this.#clears(group) !== before) return undefined
      for (const nearer of this.#layers.slice(0, index)) this.#track(nearer.set(key, hit))
      return hit
    }
    return undefined
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    const kept = Promise.all(this.#layers.map(async (layer) => await layer.set(key, entry)))
    this.#track(kept)
    await kept
  }

  /** The farthest layer first, because most share it; but what a nearer one still knows counts where a far one lost it. */
  async add(key: string, entry: CacheEntry): ReturnType<Cache['add']> {
    const added: Cache[] = []
    for (const layer of this.#layers.toReversed()) {
      const outcome = await layer.add(key, entry)
      if (outcome === 'added') added.push(layer)
      else if (outcome !== 'unavailable') {
        await Promise.all(added.map(async (farther) => await farther.set(key, outcome)))
        return outcome
      }
    }
    return added.length === 0 ? 'unavailable' : 'added'
  }

  async clear(group: string): Promise<void> {
    await this.#clearLayers(this.#layers, group)
  }

  stats(): ReturnType<Cache['stats']> {
    return this.#layers.flatMap((layer) => layer.stats())
  }

  onCleared(listener: (group: string) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]()
    this.#listeners.clear()
    await Promise.allSettled(this.#background)
    await Promise.allSettled(this.#layers.map(async (layer) => await layer[Symbol.asyncDispose]()))
  }

  #clearedElsewhere(where: Cache, group: string): void {
    this.#track(
      this.#clearLayers(
        this.#layers.filter((layer) => layer !== where),
        group,
      ),
    )
    for (const listener of this.#listeners) listener(group)
  }

  async #clearLayers(layers: readonly Cache[], group: string): Promise<void> {
    const state = this.#groups.get(group) ?? { clears: 0, running: 0 }
    this.#groups.set(group, state)
    state.clears++
    state.running++
    await Promise.all(layers.map(async (layer) => await layer.clear(group)))
    // Not reached when a layer breaks its promise: then the group is not read any more.
    state.running--
  }

  #clears(group: string): number {
    return (this.#groups.get(group)?.clears ?? 0) + (this.#groups.get('')?.clears ?? 0)
  }

  #isClearing(group: string): boolean {
    return (this.#groups.get(group)?.running ?? 0) + (this.#groups.get('')?.running ?? 0) > 0
  }

  #track(work: Promise<unknown>): void {
    const settled = work.catch(() => undefined)
    this.#background.add(settled)
    void settled.finally(() => this.#background.delete(settled))
  }
}
