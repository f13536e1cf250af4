const EXACT = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 })
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const WHOLE = new Intl.NumberFormat('en')
/** Smaller numbers are written with an exponent. */
const SMALL = 1e-4

/** A value at its mark: whole numbers to the last digit up to a million, others to as many digits as one compares. */
export function exactNumber(value: number): string {
  const size = Math.abs(value)
  if (size > 0 && size < SMALL) return exponential(value)
  if (size >= 1e6) return SHORT.format(value)
  if (Number.isInteger(value)) return WHOLE.format(value)
  return size >= 1_000 ? WHOLE.format(Math.round(value)) : EXACT.format(Number(value.toPrecision(3)))
}

/** A tick of an axis. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  return size > 0 && size < SMALL ? exponential(value) : SHORT.format(value)
}

function exponential(value: number): string {
  return Number(value.toPrecision(2)).toExponential()
}
