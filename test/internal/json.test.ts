import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExact, parseJson, quoteIntegers, toJson, withoutBigInts } from '../../src/internal/json.ts'
import { stableJson } from '../../src/internal/hash.ts'

const beyond = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }))
  .map(([negative, integer]) => (negative ? -integer : integer))

/** JSON values that hold integers of any size, and texts that look like them. */
const { exact } = fc.letrec((tie) => ({
  exact: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      beyond,
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
      beyond.map(String),
      beyond.map((n) => `"${n}, [${n}],:${n}\\`),
      fc.string({ unit: 'binary' }),
      fc.constant(null),
      fc.boolean(),
    ),
    fc.array(tie('exact'), { maxLength: 5 }),
    fc.dictionary(
      fc.oneof(fc.string(), beyond.map(String), fc.constant('\\"')).filter((key) => key !== '__proto__'),
      tie('exact'),
      { maxKeys: 5, noNullPrototype: true },
    ),
  ),
}))

function asTexts(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(asTexts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asTexts(inner)]))
}

describe('integers that a number cannot hold', () => {
  it('come and go exactly', () => {
    fc.assert(
      fc.property(exact, (value) => {
        expect(parseExact(toJson(value))).toEqual(value)
      }),
    )
  })

  it('are texts in values', () => {
    fc.assert(
      fc.property(exact, (value) => {
        const json = toJson(value)
        expect(parseJson(json)).toEqual(asTexts(value))
        expect(JSON.parse(quoteIntegers(json))).toEqual(asTexts(value))
        expect(withoutBigInts(value)).toEqual(asTexts(value))
      }),
    )
  })

  it('are found whatever space stands around them', () => {
    fc.assert(
      fc.property(beyond, fc.stringMatching(/^[ \t\r\n]{0,4}$/), (integer, space) => {
        const text = `${space}{${space}"a"${space}:${space}[${space}${integer}${space},${space}${integer}${space}]${space}}${space}`
        expect(parseExact(text)).toEqual({ a: [integer, integer] })
      }),
    )
  })

  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740991', -9_007_199_254_740_991],
    ['-9007199254740993', '-9007199254740993'],
    ['1541815603606036480', '1541815603606036480'],
    ['[1541815603606036480]', ['1541815603606036480']],
    ['1e21', 1e21],
    ['12345678901234567.5', Number('12345678901234567.5')],
    ['0.12345678901234567890', Number('0.1234567890123456789')],
    ['12345678901234567e2', Number('12345678901234567e2')],
    ['-0', -0],
    ['1e400', '1e400'],
    ['[-1.5E+400, 1e-400]', ['-1.5E+400', 0]],
    [`1${'0'.repeat(400)}.5`, `1${'0'.repeat(400)}.5`],
    ['{"12345678901234567890":1}', { '12345678901234567890': 1 }],
    [String.raw`"\\" `, '\\'],
    [
      String.raw`["\\",12345678901234567890,"\"12345678901234567890"]`,
      ['\\', '12345678901234567890', '"12345678901234567890'],
    ],
  ])('%s is read', (text, value) => {
    expect(parseJson(text)).toEqual(value)
    expect(JSON.parse(quoteIntegers(text))).toEqual(value)
  })

  it.each([
    '012345678901234567890',
    '{12345678901234567890:1}',
    '[12345678901234567890-1]',
    '- 12345678901234567890',
    'see 12345678901234567890',
    '[see: 12345678901234567890, 1]',
    '"12345678901234567890',
    '12345678901234567890.',
    '[1 12345678901234567890]',
  ])('%s stays no JSON', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
    expect(() => parseExact(text)).toThrow(SyntaxError)
    expect(quoteIntegers(text)).toBe(text)
  })

  it('no text is read otherwise than JSON.parse reads it, but for its large numbers', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      ' ',
      '-',
      '.',
      'e',
      '+',
      '0',
      'a',
      '1234567890123456789',
      '1e999',
    )
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
        (text) => {
          const isJson = reads(JSON.parse, text)
          expect(reads(parseJson, text)).toBe(isJson)
          expect(reads(parseExact, text)).toBe(isJson)
          if (!isJson) expect(quoteIntegers(text)).toBe(text)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('drop a key that would change a prototype', () => {
    expect(parseExact('{"__proto__":{"a":1},"b":12345678901234567890}')).toEqual({ b: 12_345_678_901_234_567_890n })
  })

  it.each(['__proto__', '\\u005f_proto__', '__\\u0070roto__', '\\u005F\\u005fpr\\u006fto__'])(
    'drop that key written as %s',
    (key) => {
      const value = parseJson(`{"rows":[{"${key}":{"admin":true},"id":1}]}`) as { rows: Record<string, unknown>[] }
      expect(value).toEqual({ rows: [{ id: 1 }] })
      expect(Object.keys(value.rows[0] ?? {})).toEqual(['id'])
    },
  )

  it('are read from values of any depth, and digits beyond a thousand stay text', () => {
    const depth = 100_000
    expect(() => parseExact(`${'['.repeat(depth)}12345678901234567890${']'.repeat(depth)}`)).not.toThrow()
    expect(parseExact('9'.repeat(1_001))).toBe('9'.repeat(1_001))
    expect(parseExact('9'.repeat(1_000))).toBe(BigInt('9'.repeat(1_000)))
  })

  it('leave as digits although an application gave bigints a toJSON', () => {
    const prototype = Object.getPrototypeOf(0n) as { toJSON?: unknown }
    Object.defineProperty(prototype, 'toJSON', { value: () => 'text', configurable: true })
    try {
      expect(toJson({ id: 2n ** 60n })).toBe('{"id":1152921504606846976}')
    } finally {
      delete prototype.toJSON
    }
  })

  it('give keys of their own', () => {
    expect(stableJson({ b: 2n ** 60n, a: 1 })).toBe('{"a":1,"b":1152921504606846976}')
    expect(stableJson({ b: String(2n ** 60n) })).not.toBe(stableJson({ b: 2n ** 60n }))
  })

  it('what JSON cannot hold is refused as before', () => {
    const circular: Record<string, unknown> = { id: 1n }
    circular['self'] = circular
    expect(() => toJson(circular)).toThrow(TypeError)
    expect(toJson(undefined)).toBe('null')
  })
})

function reads(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}
