import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toShortType } from '../../src/catalog/typings.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import {
  createStructure,
  fromJson,
  merge,
  observe,
  type Structure,
  toJson,
  toSchema,
} from '../../src/internal/structure.ts'

const learn = (...values: readonly unknown[]): Structure => {
  const structure = createStructure()
  for (const value of values) observe(structure, value)
  return structure
}
const type = (...values: readonly unknown[]): string => toShortType(toSchema(learn(...values)), 6)

describe('structure of values', () => {
  it.each([
    ['a record', [{ id: 1, name: 'x' }], '{id: number; name: string}'],
    ['fields that are missing once', [{ a: 1, b: 2 }, { a: 1 }], '{a: number; b?: number}'],
    ['fields that come later', [{ a: 1 }, { a: 1, b: 'x' }], '{a: number; b?: string}'],
    ['fields that are null once', [{ a: null }, { a: 'x' }], '{a: null | string}'],
    ['items of lists, all of them', [[{ a: 1 }, { b: true }]], '{a?: number; b?: boolean}[]'],
    ['empty lists', [{ items: [] }], '{items: unknown[]}'],
    ['several kinds', ['x', [1], { a: 1 }], 'number[] | {a: number} | string'],
    ['maps by id', [{ u_10293: { a: 1 }, u_10294: { a: 2 } }], '{[key: string]: {a: number}}'],
    ['maps by address', [{ 'ann@x.org': 1 }], '{[key: string]: number}'],
    ['maps by path', [{ 'src/a.ts': [1] }], '{[key: string]: number[]}'],
    ['maps by date', [{ '2026-01-01': 3 }], '{[key: string]: number}'],
    ['maps by name', [{ ann: { age: 1 }, bob: { age: 2 }, eve: { age: 3 } }], '{[key: string]: {age: number}}'],
  ])('knows %s', (_what, values, wanted) => {
    expect(type(...values)).toBe(wanted)
  })

  it('finds maps by names that change from time to time', () => {
    const words = Array.from(
      { length: 40 },
      (_, at) => `word_${String.fromCharCode(97 + (at % 26))}${at > 25 ? 'x' : ''}`,
    )
    expect(type(...words.map((word) => ({ [word]: 1 })))).toBe('{[key: string]: number}')
  })

  it('keeps no value and no key that looks like data', () => {
    const secret = { token: 'sk-secret', 'ann@example.org': 'ann', users: { 'Ann Smith': { mail: 'a@b.c' } }, n: 42 }
    const kept = JSON.stringify(toJson(learn(secret, { users: [{ id: 'abc-123' }] })))
    for (const value of ['sk-secret', 'ann@', 'Ann Smith', 'a@b.c', '42', 'abc-123']) expect(kept).not.toContain(value)
  })

  it('describes every value that it has seen, and comes back from a file', () => {
    const validator = createValidator()
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 1, maxLength: 8 }), (values) => {
        const copies = JSON.parse(JSON.stringify(values)) as unknown[]
        const structure = learn(...copies)
        const schema = toSchema(structure)
        for (const value of copies) expect(validator.validate(schema, value)).toBeUndefined()
        const back = fromJson(JSON.parse(JSON.stringify(toJson(structure))))
        expect(back === undefined ? undefined : toSchema(back)).toEqual(schema)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same learned at once or merged', () => {
    const values = [
      { a: 1, b: [{ c: 'x' }] },
      { a: null, d: {} },
      { a: 'x', b: [] },
    ]
    const merged = learn(values[0])
    merge(merged, learn(...values.slice(1)))
    expect(toSchema(merged)).toEqual(toSchema(learn(...values)))
  })

  it('stays small for wide, deep, large and varied values', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep }
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}x`, at]))
    const nested = (depth: number): unknown =>
      depth === 0 ? 1 : Object.fromEntries('abcdefghij'.split('').map((key) => [`${key}${depth}`, nested(depth - 1)]))
    const structure = learn(
      deep,
      wide,
      Array.from({ length: 100_000 }, () => wide),
      nested(5),
    )
    expect(JSON.stringify(toJson(structure)).length).toBeLessThan(60_000)
  })

  it.each([
    null,
    1,
    'x',
    [],
    {},
    { seen: -1, types: [] },
    { seen: 1, types: ['function'] },
    { seen: 1, types: [], record: { seen: 1, fields: [[1, {}]] } },
  ])('takes nothing else from a file: %j', (value) => {
    expect(fromJson(value)).toBeUndefined()
  })
})
