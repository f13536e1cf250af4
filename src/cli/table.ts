import type { Palette } from './palette.ts'
import { widthOf, wrap } from './wrap.ts'

export interface Column {
  readonly head: string
  /** Figures stand at the right and are never broken. */
  readonly isFigure?: boolean
  /** Left out where there is no room for it, the last one first; a line below the table names it. */
  readonly isOptional?: boolean
  /** Never broken: names and times that somebody copies. */
  readonly isWhole?: boolean
}

/** A text, or one with its colour; lines are broken before they are painted. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string }

export interface TableLook {
  /** Columns of the terminal. */
  readonly width: number
  readonly palette: Palette
}

const BETWEEN = ' │ '
/** A column of text is not made narrower than this. */
const MIN_TEXT = 12

/** A table that fits the width; where not even its narrowest form does, one block of lines a row. Ends with a line break. */
export function tableText(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: TableLook): string {
  const [shown, left] = chooseColumns(columns, rows, look.width)
  const widths = fit(shown, rows, look.width)
  const names = left.map((index) => columns[index]?.head ?? '')
  const note = names.length === 0 ? '' : `${look.palette.faint(`no room for: ${names.join(', ')} (see --json)`)}\n`
  if (widths === undefined) return blocks(columns, rows, look)
  const heads = shown.map(({ column }) => ({ text: column.head, paint: look.palette.heading }))
  const line = look.palette.faint(widths.map((width) => '─'.repeat(width)).join('─┼─'))
  const body = rows.map((row) => rowText(pick(row, shown), shown, widths, look))
  return `${[rowText(heads, shown, widths, look), line, ...body].join('\n')}\n${note}`
}

interface Shown {
  readonly column: Column
  readonly index: number
}

/** The columns that have room, and the places of those that have none. */
function chooseColumns(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): [readonly Shown[], readonly number[]] {
  const shown = columns.map((column, index): Shown => ({ column, index }))
  const left: number[] = []
  while (fit(shown, rows, width) === undefined) {
    const last = shown.findLastIndex(({ column }) => column.isOptional === true)
    if (last === -1) break
    left.unshift(...shown.splice(last, 1).map(({ index }) => index))
  }
  return [shown, left]
}

/** Widths of the columns: as they are, else the widest is made narrower step by step. Undefined where that is not enough. */
function fit(shown: readonly Shown[], rows: readonly (readonly Cell[])[], total: number): number[] | undefined {
  const natural = shown.map(({ column, index }) =>
    Math.max(widthOf(column.head), ...rows.map((row) => cellWidth(row[index] ?? ''))),
  )
  const least = shown.map(({ column }, at) => {
    const own = natural[at] ?? 0
    return column.isFigure === true || column.isWhole === true
      ? own
      : Math.min(own, Math.max(MIN_TEXT, widthOf(column.head)))
  })
  const widths = [...natural]
  const room = total - BETWEEN.length * (shown.length - 1)
  for (let over = sum(widths) - room; over > 0; over--) {
    const slack = widths.map((width, at) => (width > (least[at] ?? width) ? width : 0))
    const widest = slack.indexOf(Math.max(...slack))
    if ((slack[widest] ?? 0) === 0) return undefined
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function rowText(cells: readonly Cell[], shown: readonly Shown[], widths: readonly number[], look: TableLook): string {
  const wrapped = cells.map((cell, at) => wrap(textOf(cell), widths[at] ?? 0))
  const height = Math.max(...wrapped.map((lines) => lines.length))
  const bar = look.palette.faint(BETWEEN)
  const lines = Array.from({ length: height }, (_, line) =>
    cells
      .map((cell, at) => {
        const text = wrapped[at]?.[line] ?? ''
        const space = ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(text)))
        const painted = typeof cell === 'string' ? text : cell.paint(text)
        return shown[at]?.column.isFigure === true ? space + painted : painted + space
      })
      .join(bar)
      .trimEnd(),
  )
  return lines.join('\n')
}

function blocks(columns: readonly Column[], rows: readonly (readonly Cell[])[], { width, palette }: TableLook): string {
  const label = Math.max(...columns.map(({ head }) => widthOf(head)))
  const block = (row: readonly Cell[]): string =>
    columns
      .flatMap(({ head }, index) => {
        const cell = row[index] ?? ''
        if (textOf(cell) === '') return []
        const lines = wrap(textOf(cell), width - label - 2)
        return lines.map((line, at) => {
          const name = at === 0 ? head : ''
          const painted = typeof cell === 'string' ? line : cell.paint(line)
          return `${palette.heading(name)}${' '.repeat(label - widthOf(name))}  ${painted}\n`
        })
      })
      .join('')
  return rows.map(block).join('\n')
}

function pick(row: readonly Cell[], shown: readonly Shown[]): Cell[] {
  return shown.map(({ index }) => row[index] ?? '')
}

function cellWidth(cell: Cell): number {
  return Math.max(...textOf(cell).split('\n').map(widthOf))
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
