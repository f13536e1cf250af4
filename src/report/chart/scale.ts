/** Where values stand on an axis: 0 is its beginning, 1 its end. */
export interface Scale {
  /** Evenly spaced from the beginning of the axis to its end. */
  readonly ticks: readonly number[]
  /** Where bars begin. */
  readonly base: number
  /** Undefined for what a logarithmic axis has no place for. */
  at(value: number): number | undefined
}

/** Steps between ticks that an axis is divided into, about. */
const STEPS = 4
const MAX_DECADES = 4
/** Smaller values are drawn as 0, so that no step is lost in rounding. */
const LEAST = 1e-15

/** An axis from 0, or from below it, to a round number. */
export function linearScale(values: readonly number[]): Scale {
  const all = values.map((value) => (Math.abs(value) < LEAST ? 0 : value))
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)]
  const isWhole = all.every((value) => Number.isInteger(value))
  const step = roundStep((high - low || 1) / STEPS, isWhole)
  const [first, last] = [Math.floor(low / step), Math.max(Math.ceil(high / step), Math.floor(low / step) + 1)]
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
  const at = (value: number): number => within((value / step - first) / (last - first))
  return { ticks, base: at(0), at }
}

/** An axis of powers of ten; it begins below the least value, so that every bar has a length. */
export function logarithmicScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value >= LEAST)
  if (positive.length === 0) return linearScale(values.filter((value) => value >= 0))
  const low = Math.floor(Math.log10(Math.min(...positive)) - 0.1)
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...positive)) - low))
  const each = Math.ceil(decades / MAX_DECADES)
  const count = Math.ceil(decades / each)
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => Number(`1e${low + index * each}`)),
    base: 0,
    at: (value) => (value < LEAST ? undefined : within((Math.log10(value) - low) / (count * each))),
  }
}

/** 1, 2 or 5 times a power of ten: the next one that is not less. */
function roundStep(least: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const step = ([1, 2, 5].find((times) => times * power >= least * 0.999) ?? 10) * power
  return isWhole ? Math.max(1, step) : step
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share))
}
