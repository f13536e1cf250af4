import { describe, expect, it } from 'vitest'
import { screenSchema } from '../../src/catalog/schema.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import type { JsonObject } from '../../src/internal/json.ts'

const schema: JsonObject = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1 },
    items: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } },
    kind: { enum: ['a', 'b'] },
  },
  required: ['limit'],
  additionalProperties: false,
}

describe('validation', () => {
  const validator = createValidator()

  it('accepts what fits', () => {
    expect(validator.validate(schema, { limit: 1, items: [{ id: 'x' }], kind: 'a' })).toBeUndefined()
    expect(validator.validate(true, 'anything')).toBeUndefined()
  })

  it.each([
    [{}, { path: 'limit', message: 'is missing', expected: 'a value' }],
    [{ limit: 'ten' }, { path: 'limit', message: 'found "ten", wanted integer', expected: 'integer' }],
    [{ limit: 0 }, { path: 'limit', message: 'must be >= 1, found 0', expected: 'must be >= 1' }],
    [
      { limit: 1, items: [{ id: 'x' }, {}] },
      { path: 'items[1].id', message: 'is missing', expected: 'a value' },
    ],
    [
      { limit: 1, kind: 'c' },
      { path: 'kind', message: 'found "c", wanted one of "a", "b"', expected: '"a", "b"' },
    ],
    [
      { limit: 1, limt: 2 },
      { path: 'limt', message: 'is not known; did you mean "limit"?', expected: 'one of limit, items, kind' },
    ],
  ])('says what is wrong with %j', (value, mismatch) => {
    expect(validator.validate(schema, value)).toEqual(mismatch)
  })

  it.each([
    [
      'a pattern that explodes',
      { type: 'object', properties: { s: { type: 'string', pattern: '^(a+)+$' } } },
      { s: `${'a'.repeat(40)}!` },
    ],
    [
      'unique items of objects',
      { type: 'object', properties: { a: { type: 'array', uniqueItems: true } } },
      { a: Array.from({ length: 5_000 }, (_, index) => ({ index })) },
    ],
    [
      'doubling references',
      {
        $defs: Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [
            `d${index}`,
            index === 0
              ? { type: 'object' }
              : { allOf: [{ $ref: `#/$defs/d${index - 1}` }, { $ref: `#/$defs/d${index - 1}` }] },
          ]),
        ),
        $ref: '#/$defs/d39',
      },
      {},
    ],
    ['a reference loop', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, {}],
    [
      '20,000 properties',
      {
        type: 'object',
        properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'string' }])),
      },
      {},
    ],
  ])('does not hang on %s', (_what, hostile, value) => {
    const started = performance.now()
    validator.validate(screenSchema(hostile).schema, value)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('refuses values that nest too deep before any recursion', () => {
    let deep: unknown = 1
    for (let level = 0; level < 20_000; level++) deep = { deep }
    expect(validator.validate(schema, deep)?.message).toContain('deeper')
  })
})
