/** The text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

/** One line of a series. */
export interface Sample {
  readonly value: number
  readonly labels?: Labels
  /** What a line of a histogram adds to the name of its series. */
  readonly suffix?: '_bucket' | '_sum' | '_count'
  /** Upper bound of a bucket. */
  readonly le?: number
}

/** A named family of lines, read at each scrape. */
export interface Series {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly read: () => Iterable<Sample>
}

/** Series in the order in which they were added, and their text. */
export class Registry {
  readonly #series = new Map<string, Series>()
  /** Texts of labels: those of a figure are one object for as long as the figure is kept. */
  readonly #texts = new WeakMap<Labels, string>()

  add(series: Series): void {
    if (this.#series.has(series.name)) throw new TypeError(`the series ${series.name} is there already`)
    this.#series.set(series.name, series)
  }

  text(): string {
    return `${[...this.#series.values()].map((series) => this.#block(series)).join('\n\n')}\n`
  }

  #block({ name, help, type, read }: Series): string {
    const lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`]
    for (const { value, labels, suffix = '', le } of read()) {
      const parts = [
        ...(le === undefined ? [] : [`le="${numberText(le)}"`]),
        ...(labels === undefined ? [] : [this.#labelsText(labels)]),
      ].filter((part) => part !== '')
      lines.push(`${name}${suffix}${parts.length === 0 ? '' : `{${parts.join(',')}}`} ${numberText(value)}`)
    }
    return lines.join('\n')
  }

  #labelsText(labels: Labels): string {
    const known = this.#texts.get(labels)
    if (known !== undefined) return known
    const text = Object.entries(labels)
      .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
      .join(',')
    this.#texts.set(labels, text)
    return text
  }
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
