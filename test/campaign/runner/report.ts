/** A figure of a part, with what it has to be. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** `at most` or `exactly` this. */
  readonly most?: number
  readonly exactly?: number
}

/** What one part of the campaign showed. */
export interface PartReport {
  readonly part: string
  readonly figures: readonly Figure[]
  /** One line for each fault. */
  readonly faults: readonly string[]
  /** What was not tried here, and why. */
  readonly skipped: readonly string[]
  readonly seconds: number
}

export function holds({ value, most, exactly }: Figure): boolean {
  if (exactly !== undefined) return value === exactly
  return most === undefined || value <= most
}

const WIDTH = 80
const WANTED = 14
const VALUE = 16

/** The part as lines of at most 80 columns. */
export function toLines({ part, figures, faults, skipped, seconds }: PartReport): string[] {
  return [
    `${part} (${seconds.toFixed(0)} s)`,
    ...figures.map(figureLine),
    ...skipped.flatMap((what) => wrapped(`not tried: ${what}`)),
    ...faults.flatMap((what) => wrapped(`fault: ${what}`)),
  ]
}

function figureLine(figure: Figure): string {
  const { what, value, unit, most, exactly } = figure
  const wanted = exactly !== undefined ? `= ${exactly}` : most !== undefined ? `≤ ${most}` : ''
  const mark = wanted === '' ? ' ' : holds(figure) ? '✓' : '✗'
  const name = clip(what, WIDTH - 4 - VALUE - WANTED)
  return `  ${mark} ${name.padEnd(WIDTH - 4 - VALUE - WANTED)}${`${round(value)} ${unit}`.padStart(VALUE)}${wanted.padStart(WANTED)}`
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

/** Lines of at most 80 columns; what goes on is further in. */
function wrapped(text: string): string[] {
  const pieces = text.replaceAll(/\s+/g, ' ').match(new RegExp(`.{1,${WIDTH - 6}}`, 'gu')) ?? []
  return pieces.map((piece, index) => `${index === 0 ? '  ' : '      '}${piece}`)
}
