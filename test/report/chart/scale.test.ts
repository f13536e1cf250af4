import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linearScale, logarithmicScale } from '../../../src/report/chart/scale.ts'

const value = fc.oneof(
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  fc.constantFrom(0, -0, 1, 0.001, 1e-9, 5e-324, 1e9, 1e15, -1e15),
)
const values = fc.oneof(
  fc.array(value, { maxLength: 30 }),
  value.map((one) => [one, one, one]),
)

describe('a linear axis', () => {
  it('has few evenly spaced ticks from its beginning to its end, and every value between them, in order', () => {
    fc.assert(
      fc.property(values, (all) => {
        const { ticks, at, base } = linearScale(all)
        expect(ticks.length).toBeGreaterThan(1)
        expect(ticks.length).toBeLessThanOrEqual(8)
        ticks.forEach((tick, index) => expect(at(tick)).toBeCloseTo(index / (ticks.length - 1), 9))
        const places = all.toSorted((a, b) => a - b).map((one) => at(one) ?? Number.NaN)
        expect(places.every((place) => place >= 0 && place <= 1)).toBe(true)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        expect(at(0)).toBe(base)
      }),
    )
  })

  it('begins at 0, has round steps, and none between whole numbers', () => {
    expect(linearScale([25_767, 229]).ticks).toEqual([0, 10_000, 20_000, 30_000])
    expect(linearScale([1, 2]).ticks).toEqual([0, 1, 2])
    expect(linearScale([0.3]).at(0.3)).toBeCloseTo(1, 1)
    expect(linearScale([-3, 5]).ticks).toEqual([-4, -2, 0, 2, 4, 6])
    expect(linearScale([0, 0]).ticks).toEqual([0, 1])
  })
})

describe('a logarithmic axis', () => {
  it('gives every value above 0 a length, in order, and the others none', () => {
    fc.assert(
      fc.property(values, (all) => {
        const { ticks, at } = logarithmicScale(all)
        expect(ticks.length).toBeGreaterThan(1)
        expect(ticks.length).toBeLessThanOrEqual(8)
        const positive = all.filter((one) => one >= 1e-15)
        if (positive.length === 0) return
        ticks.forEach((tick, index) => expect(at(tick)).toBeCloseTo(index / (ticks.length - 1), 9))
        const places = positive.toSorted((a, b) => a - b).map((one) => at(one) ?? Number.NaN)
        expect(places.every((place) => place > 0 && place <= 1)).toBe(true)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        expect([at(0), at(-1)]).toEqual([undefined, undefined])
      }),
    )
  })

  it('has powers of ten', () => {
    expect(logarithmicScale([229, 25_767]).ticks).toEqual([100, 1_000, 10_000, 100_000])
    expect(logarithmicScale([100]).ticks).toEqual([10, 100])
    expect(logarithmicScale([1e-9, 1e9]).ticks).toHaveLength(5)
  })
})
