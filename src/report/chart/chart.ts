/** Figures to be drawn; the table beside a chart holds the same numbers. */
export interface Chart {
  readonly kind: 'bar' | 'line'
  /** Unit of the values, for the axis. */
  readonly unit: string
  readonly categories: readonly string[]
  readonly series: readonly Series[]
  /** True: a logarithmic axis, where values at or below 0 have no mark. @default false */
  readonly logarithmic?: boolean
  /** True: the series of a category stand on each other. @default false */
  readonly stacked?: boolean
}

export interface Series {
  readonly name: string
  /** One for each category, undefined where there is none. Between -1e15 and 1e15. */
  readonly values: readonly (number | undefined)[]
}

/** Class of a series' colour; there are five, and every sixth series has the first again. */
export function seriesClass(at: number): string {
  return `series-${(at % 5) + 1}`
}

/** What stands at the axis: a logarithmic one says so, because bars there are no shares of each other. */
export function unitOf({ unit, logarithmic }: Chart): string {
  return logarithmic === true ? `${unit}, log scale` : unit
}
