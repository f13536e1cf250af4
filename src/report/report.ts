import type { Provenance } from '../tokens/figure.ts'
import type { Chart } from './chart/chart.ts'

/** A report: figures as sections, each a table and mostly a chart of the same numbers. Made into a page or into Markdown. */
export interface Report {
  readonly title: string
  /** One paragraph: what was looked at, and what comes out. */
  readonly summary: string
  /** Machine, versions, date, load. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly sections: readonly Section[]
  /** Everything the figures were made from; stands in the page as JSON. */
  readonly raw: unknown
}

export interface Section {
  /** Anchor; letters and `-`. */
  readonly id: string
  readonly title: string
  /** What the figures mean, and what is unfavourable. */
  readonly note: string
  readonly chart?: Chart
  readonly table: Table
}

export interface Table {
  readonly provenance: Provenance
  readonly columns: readonly Column[]
  /** A number is shown with its column's digits, a text as it is. */
  readonly rows: readonly (readonly (string | number)[])[]
}

export interface Column {
  readonly title: string
  /** Digits after the point of numbers. @default 0 */
  readonly digits?: number
}

/** A number as people read it. */
export function formatNumber(value: number, digits: number = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A cell of a table as text. */
export function cellText(cell: string | number | undefined, column: Column | undefined): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? formatNumber(cell, column?.digits) : '–'
  return cell ?? ''
}
