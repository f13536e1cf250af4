/**
 * What the hot path adds to: some nanoseconds each, where the histograms and counters of the libraries take a microsecond
 * to find theirs. Whoever publishes reads them when asked.
 */

/** How values spread over fixed bounds. */
export class Distribution {
  readonly bounds: readonly number[]
  /** Values up to each bound and above the one before; the last one: above all bounds. */
  readonly counts: number[]
  sum = 0
  count = 0

  /** `bounds` rise. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let at = 0
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++
    counts[at] = (counts[at] ?? 0) + 1
    this.sum += value
    this.count++
  }
}

/** A sum. */
export class Count {
  value = 0

  add(amount = 1): void {
    this.value += amount
  }
}

/** One figure for each combination of label values; up to four labels. */
export class Labelled<T> {
  readonly #names: readonly string[]
  readonly #create: () => T
  readonly #figures = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly figure: T }>()

  constructor(names: readonly string[], create: () => T) {
    this.#names = names
    this.#create = create
  }

  /** The figure for these values, in the order of the names. */
  of(a = '', b = '', c = '', d = ''): T {
    const key = this.#names.length < 2 ? a : `${a}\n${b}\n${c}\n${d}`
    return this.#figures.get(key)?.figure ?? this.#add(key, [a, b, c, d])
  }

  entries(): Iterable<{ readonly labels: Readonly<Record<string, string>>; readonly figure: T }> {
    return this.#figures.values()
  }

  /** Forgets all figures; the next ones start from nothing. */
  clear(): void {
    this.#figures.clear()
  }

  #add(key: string, values: readonly string[]): T {
    const figure = this.#create()
    const labels = Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? '']))
    this.#figures.set(key, { labels, figure })
    return figure
  }
}
