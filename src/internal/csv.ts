/** A value of a CSV field; a boolean is written as `1` or nothing, what is missing as nothing. */
export type CsvValue = string | number | boolean | null | undefined

/** CSV with a line of names first, each line ended with a line feed (RFC 4180 but for the carriage return). */
export function csvText<Name extends string>(
  names: readonly Name[],
  rows: readonly Readonly<Partial<Record<Name, CsvValue>>>[],
): string {
  const lines = [names.map(field), ...rows.map((row) => names.map((name) => field(row[name])))]
  return lines.map((line) => `${line.join(',')}\n`).join('')
}

function field(value: CsvValue): string {
  const text = typeof value === 'boolean' ? (value ? '1' : '') : String(value ?? '')
  // Numbers below zero are figures, not formulas.
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** First characters that make a spreadsheet calculate a field instead of showing it, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/
