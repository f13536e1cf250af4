import { OptimizerError } from '../errors.ts'

/** Checks what a model answered for `count` texts, and gives each vector length 1. */
export function toVectors(answer: unknown, count: number): Float32Array[] {
  if (!Array.isArray(answer) || answer.length !== count)
    throw wrong(`found ${Array.isArray(answer) ? `${answer.length} vectors` : typeof answer}, wanted ${count} vectors`)
  const vectors = answer.map(toUnit)
  const dimensions = new Set(vectors.map(({ length }) => length))
  if (dimensions.size > 1)
    throw wrong(`found vectors of ${[...dimensions].join(' and ')} numbers, wanted one dimension`)
  return vectors
}

function toUnit(row: unknown): Float32Array {
  if (!Array.isArray(row) || row.length === 0 || !row.every((value) => Number.isFinite(value)))
    throw wrong('found a vector that is no list of numbers')
  const vector = Float32Array.from(row as number[])
  const length = Math.hypot(...vector)
  if (length === 0) throw wrong('found a vector of zeros, which has no direction')
  return vector.map((value) => value / length)
}

function wrong(what: string): OptimizerError {
  return new OptimizerError('UPSTREAM_PROTOCOL', `cannot use the embedder's answer: ${what}`, {
    suggestion: 'check search.embedder: url, model and type must belong together',
  })
}
