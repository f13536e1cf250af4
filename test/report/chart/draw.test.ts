import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Chart } from '../../../src/report/chart/chart.ts'
import { drawChart } from '../../../src/report/chart/draw.ts'

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.constantFrom('<&">\'', '</svg><script>alert(1)</script>', '文字'.repeat(20), 'a'.repeat(80), ''),
)
const value = fc.oneof(
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
  fc.constantFrom(undefined, 0, -1, 1, 1e9, 1e-12, 5e-324),
)
const chart: fc.Arbitrary<Chart> = fc.integer({ min: 0, max: 8 }).chain((count) =>
  fc.record({
    kind: fc.constantFrom('bar', 'line'),
    unit: text,
    categories: fc.array(text, { minLength: count, maxLength: count }),
    series: fc.array(fc.record({ name: text, values: fc.array(value, { minLength: count, maxLength: count }) }), {
      maxLength: 7,
    }),
    logarithmic: fc.boolean(),
    stacked: fc.boolean(),
  }),
)

const markup = (given: Chart): string => drawChart('Tokens', given)?.toString() ?? ''
const bars = (given: Partial<Chart> = {}): Chart => ({
  kind: 'bar',
  unit: 'tokens',
  categories: ['direct', 'ours'],
  series: [{ name: 'cl100k', values: [25_767, 229] }],
  ...given,
})
const numbersIn = (drawn: string, attribute: string): number[] =>
  [...drawn.matchAll(new RegExp(`<rect[^>]* ${attribute}="([^"]*)%"`, 'g'))].map(([, found]) => Number(found))

describe('a chart', () => {
  it('is drawn for any numbers and names: well-formed, inside its frame, no text as markup, no script, no inline style', () => {
    fc.assert(
      fc.property(chart, (given) => {
        const drawn = markup(given)
        const hasValue = given.series.some(({ values }) => values.some((one) => one !== undefined))
        expect(drawn !== '').toBe(hasValue)
        expect(drawn).not.toMatch(/NaN|Infinity|undefined|<script|\sstyle=/)
        expect(openTags(drawn)).toEqual([])
        const [x, width] = [numbersIn(drawn, 'x'), numbersIn(drawn, 'width')]
        for (const [at, from] of x.entries()) {
          expect(from).toBeGreaterThanOrEqual(0)
          expect(width[at]).toBeGreaterThanOrEqual(0)
          expect(from + (width[at] ?? 0)).toBeLessThanOrEqual(100.01)
        }
        for (const [, path = ''] of drawn.matchAll(/ d="([^"]*)"/g))
          for (const number of path.match(/-?[\d.]+/g) ?? []) expect(Number(number)).toBeLessThanOrEqual(100)
      }),
    )
  })

  it('refuses what is no finite number, and says where', () => {
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e16])
      expect(() => markup(bars({ series: [{ name: 'cl100k', values: [1, odd] }] }))).toThrow(
        `cannot draw "Tokens": found the value ${odd}`,
      )
  })

  it('is an image with its numbers in words, all of few and the ends of many', () => {
    expect(markup(bars())).toContain('role="img" aria-label="Tokens: tokens. direct 25,767, ours 229"')
    const many = Array.from({ length: 40 }, (_, at) => at)
    const long = bars({ categories: many.map((at) => `t${at}`), series: [{ name: 'n', values: many }] })
    expect(markup(long)).toContain('aria-label="Tokens: tokens. t0 0, t39 39"')
  })

  it('names its series only where there are several', () => {
    expect(markup(bars())).not.toContain('legend')
    const two = bars({
      series: [
        { name: 'a', values: [1, 2] },
        { name: 'b <i>', values: [3, undefined] },
      ],
    })
    expect(markup(two)).toMatch(/legend[^]*series-1[^]*a<[^]*series-2[^]*b &lt;i&gt;/)
  })
})

describe('bars', () => {
  it('are as long as their values, and say them', () => {
    expect(numbersIn(markup(bars({ series: [{ name: '', values: [30, 15] }] })), 'width')).toEqual([100, 50])
    expect(markup(bars())).toContain('<span>25,767</span>')
  })

  it('go to both sides of zero', () => {
    const drawn = markup(bars({ series: [{ name: '', values: [-2, 4] }] }))
    expect(numbersIn(drawn, 'x')).toEqual([0, 33.333])
    expect(numbersIn(drawn, 'width')).toEqual([33.333, 66.667])
  })

  it('on a logarithmic axis have none for 0, whose number stands there still', () => {
    const drawn = markup(bars({ logarithmic: true, series: [{ name: '', values: [0, 100] }] }))
    expect(numbersIn(drawn, 'width')).toEqual([100])
    expect(drawn).toContain('<span>0</span>')
  })

  it('stand on each other where they are stacked, and say their sum', () => {
    const series = [
      { name: 'a', values: [10, 0] },
      { name: 'b', values: [30, undefined] },
    ]
    const drawn = markup(bars({ stacked: true, series }))
    expect(numbersIn(drawn, 'x')).toEqual([0, 25])
    expect(numbersIn(drawn, 'width')).toEqual([25, 75])
    expect(drawn).toMatch(/<span>40<\/span>[^]*<span>0<\/span>/)
  })
})

describe('lines', () => {
  const line = (values: readonly (number | undefined)[]): string =>
    markup({ kind: 'line', unit: 'n', categories: values.map((_, at) => `c${at}`), series: [{ name: 'a', values }] })
  const paths = (drawn: string): string[] =>
    [...drawn.matchAll(/class="line[^"]*" d="([^"]*)"/g)].map(([, d]) => d ?? '')

  it('go through every value, each in the middle of its part of the width', () => {
    expect(paths(line([0, 5, 10]))).toEqual(['M16.67 100L50 50L83.33 0'])
  })

  it('have a gap where there is no value, and a mark for a single point', () => {
    expect(paths(line([10, undefined, 10, 5]))).toEqual(['M12.5 0M62.5 0L87.5 50'])
    expect(line([7])).toMatch(/class="dot" d="M50 [\d.]+h0.001"/)
  })

  it('name all of few categories, and three of many', () => {
    expect(line([1, 2, 3])).toMatch(/c0<[^]*c1<[^]*c2</)
    const many = line(Array.from({ length: 60 }, (_, at) => at))
    expect([...many.matchAll(/<span>(c\d+)</g)].map(([, name]) => name)).toEqual(['c0', 'c30', 'c59'])
    expect(many).not.toContain('class="dot"')
  })
})

/** Tags of a piece of markup that are not closed in order. */
function openTags(drawn: string): string[] {
  const open: string[] = []
  for (const [, close, name = '', alone] of drawn.matchAll(/<(\/?)([a-z]+)(?:\s+[\w-]+="[^"]*")*\s*(\/?)>/gi))
    if (close === '/') {
      if (open.at(-1) !== name) return [...open, `/${name}`]
      open.pop()
    } else if (alone !== '/') open.push(name)
  return open
}
