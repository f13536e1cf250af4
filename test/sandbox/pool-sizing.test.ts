import { expect, it } from 'vitest'
import { type Demand, membersWanted } from '../../src/sandbox/pool/sizing.ts'
import { type PoolShape } from '../../src/sandbox/pool/pool.ts'

const NOTHING: Demand = { held: 0, waiting: 0, computing: 0, arrivalsPerSecond: 0, heldMs: 20, startMs: 200 }
const SHAPE: Required<PoolShape> = {
  min: 1,
  max: 8,
  capacity: 1,
  usesPerMember: Number.POSITIVE_INFINITY,
  isEngine: false,
  maxComputing: 3,
}
const ENGINES = { capacity: 16, isEngine: true }

it.each<[string, number, Partial<Demand>, Partial<PoolShape>]>([
  ['those kept warm, where nothing is asked for', 1, {}, {}],
  ['none, where none is kept warm', 0, {}, { min: 0 }],
  ['one for each program that runs or waits', 5, { held: 3, waiting: 2 }, {}],
  ['as few as have the places', 2, { held: 17 }, { capacity: 16 }],
  ['never more than there may be', 8, { held: 30, waiting: 50 }, {}],
  ['as many as the rate of arrivals keeps at work', 4, { arrivalsPerSecond: 200 }, {}],
  ['one for each program that computes in an engine', 3, { held: 16, computing: 2, waiting: 1 }, ENGINES],
  ['one for many programs that wait in an engine', 1, { held: 16 }, ENGINES],
  ['those that the next arrivals use up meanwhile', 7, { held: 1, arrivalsPerSecond: 30 }, { usesPerMember: 1 }],
])('wanted are %s', (_what, wanted, demand, shape) => {
  expect(membersWanted({ ...NOTHING, ...demand }, { ...SHAPE, ...shape })).toBe(wanted)
})
