import { describe, expect, it } from 'vitest'
import { screenSchema, validationSchema } from '../../src/catalog/schema.ts'

const screened = (raw: unknown): unknown => screenSchema(raw).schema

describe('screenSchema', () => {
  it('keeps what validation and typings need', () => {
    const schema = {
      type: 'object',
      description: 'd',
      properties: {
        a: { type: 'string', minLength: 1, pattern: '^a', format: 'date', default: 'x' },
        b: { enum: [1, null, 'x'] },
      },
      required: ['a'],
      additionalProperties: false,
    }
    expect(screenSchema(schema)).toEqual({ schema, problems: [] })
  })

  it.each([
    [null, 'is null, not an object'],
    [undefined, 'is missing, not an object'],
    ['text', 'is a string, not an object'],
    [[], 'is a list, not an object'],
    [false, 'is a boolean, not an object'],
    [{ type: 'banana' }, 'type "banana" is no JSON Schema type'],
  ])('makes %j allow everything and says why', (raw, problem) => {
    expect(screenSchema(raw)).toEqual({ schema: true, problems: [problem] })
  })

  it.each([
    ['a type', { type: 'banana' }, {}],
    ['a list of names', { required: 'a' }, {}],
    ['a number', { minimum: '5' }, {}],
    ['a schema', { items: 'string' }, {}],
    ['a list of schemas', { anyOf: {} }, {}],
    ['an object of schemas', { properties: [] }, {}],
    ['a list of values', { enum: [] }, {}],
    ['a positive number', { multipleOf: 0 }, {}],
    ['schemas inside', { anyOf: ['string', { type: 'null' }] }, { anyOf: [true, { type: 'null' }] }],
  ])('drops what should be %s and keeps the rest', (_what, inner, clean) => {
    const { schema, problems } = screenSchema({ type: 'object', properties: { a: inner } })
    expect(schema).toEqual({ type: 'object', properties: { a: clean } })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^#\/properties\/a/)
  })

  it.each([
    [
      'list-form items',
      { items: [{ type: 'string' }], additionalItems: false },
      { prefixItems: [{ type: 'string' }], items: false },
    ],
    ['boolean exclusiveMinimum', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
    ['idle exclusiveMaximum', { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
    [
      'dependencies',
      { dependencies: { a: ['b'], c: { type: 'object' } } },
      { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { type: 'object' } } },
    ],
    ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['nullable enum', { type: 'string', enum: ['a'], nullable: true }, { type: ['string', 'null'], enum: ['a', null] }],
    [
      'nullable without type',
      { oneOf: [{ type: 'string' }], nullable: true },
      { anyOf: [{ oneOf: [{ type: 'string' }] }, { type: 'null' }] },
    ],
    ['types in capitals', { type: ['STRING', 'Null'] }, { type: ['string', 'null'] }],
    ['types of Python', { type: 'list', items: { type: 'int' } }, { type: 'array', items: { type: 'integer' } }],
    ['values of another type', { type: 'string', enum: [1, true] }, { enum: [1, true, '1', 'true'] }],
    ['numbers as texts', { type: 'integer', enum: ['1', 'x'] }, { enum: ['1', 'x', 1] }],
    [
      'required in a property',
      { type: 'object', properties: { b: { type: 'string', required: true } } },
      { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
    ],
    [
      'properties as a list',
      { type: 'object', properties: [{ name: 'b', type: 'string' }] },
      { type: 'object', properties: { b: { type: 'string' } } },
    ],
    ['type any', { type: 'any', description: 'd' }, { description: 'd' }],
    ['type list of one', { type: ['string'] }, { type: 'string' }],
  ])('rewrites %s', (_what, old, modern) => {
    expect(screened({ type: 'object', properties: { a: old } })).toEqual({ type: 'object', properties: { a: modern } })
  })

  it.each([
    ['$defs', { $defs: { A: { type: 'string' } } }, '#/$defs/A'],
    ['definitions', { definitions: { A: { type: 'string' } } }, '#/definitions/A'],
    ['a place of its own', { components: { schemas: { A: { type: 'string' } } } }, '#/components/schemas/A'],
    ['an anchor', { $defs: { A: { $anchor: 'A', type: 'string' } } }, '#A'],
    [
      'the own address',
      { $id: 'https://x.invalid/s', $defs: { A: { type: 'string' } } },
      'https://x.invalid/s#/$defs/A',
    ],
    ['an address inside', { $defs: { A: { $id: 'a.json', type: 'string' } } }, 'a.json'],
    ['an escaped name', { $defs: { 'A/~%': { type: 'string' } } }, '#/$defs/A~1~0%25'],
  ])('resolves references to %s', (_what, more, reference) => {
    const schema = screened({ ...more, type: 'object', properties: { a: { $ref: reference } } })
    const [name = ''] = Object.keys((schema as { $defs: object }).$defs)
    expect(schema).toEqual({
      type: 'object',
      properties: { a: { $ref: `#/$defs/${name}` } },
      $defs: { [name]: { type: 'string' } },
    })
  })

  it.each([
    'https://x.invalid/s.json',
    'file:///etc/passwd',
    '#/nowhere',
    '#/properties/a/description',
    'other.json#/a',
  ])('never follows %s', (reference) => {
    const { schema, problems } = screenSchema({
      type: 'object',
      properties: { a: { $ref: reference, description: 'd' } },
    })
    expect(schema).toEqual({ type: 'object', properties: { a: { description: 'd' } } })
    expect(problems[0]).toContain('leads to nothing in this schema')
  })

  it('keeps recursion that descends into the value', () => {
    const tree = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } } }
    expect(screenSchema(tree)).toEqual({ schema: tree, problems: [] })
  })

  it('cuts references that only lead back to themselves', () => {
    const loop = { $defs: { a: { $ref: '#/$defs/b' }, b: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' }
    const { schema, problems } = screenSchema(loop)
    expect(JSON.stringify(schema)).not.toContain('#/$defs/a"}]')
    expect(problems).toHaveLength(1)
    expect(screenSchema({ type: 'object', allOf: [{ $ref: '#' }] }).schema).toEqual({ type: 'object', allOf: [{}] })
  })

  it.each([
    ['depth', nested(2_000), 'nests deeper than 48'],
    ['properties', { properties: wide(20_000) }, 'object of 20000 properties'],
    ['size', { anyOf: Array.from({ length: 30 }, () => ({ properties: wide(1_000) })) }, 'more than 20000 values'],
    ['text', { properties: { a: { enum: ['x'.repeat(2 ** 21)] } } }, 'more than 1048576 characters'],
    ['doubling references', doubling(40), 'unfolds to more than 5000'],
    ['a chain of references', chain(3_000), 'chains more than 400'],
  ])('gives a schema up for its %s', (_what, raw, problem) => {
    const started = performance.now()
    expect(screenSchema(raw)).toEqual({ schema: true, problems: [expect.stringContaining(problem)] })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('looks many unknown names up without searching the whole document for each', () => {
    const references = Array.from({ length: 1_900 }, (_, index) => [`p${index}`, { $ref: `#name${index}` }])
    const ballast = Array.from({ length: 60_000 }, () => ({}))
    const raw = { type: 'object', properties: Object.fromEntries(references), ballast, deep: nested(5_000) }
    const started = performance.now()
    expect(screenSchema(raw).problems.at(-1)).toBe('and 1895 more')
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('drops properties that would change prototypes', () => {
    const raw: unknown = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{}},"required":["__proto__"]}',
    )
    const { schema, problems } = screenSchema(raw)
    expect(schema).toEqual({ type: 'object', properties: { constructor: {} }, required: [] })
    expect(problems).toEqual(['#/properties: property "__proto__" dropped'])
  })

  it('cleans descriptions of what hides or reorders text', () => {
    const schema = screened({ type: 'object', description: 'a\u202eb\u{e0041}\u0000' })
    expect(schema).toEqual({ type: 'object', description: 'a\ufffdb\ufffd\ufffd' })
  })

  it('bounds its report', () => {
    const raw = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, 5])),
    }
    const { problems } = screenSchema(raw)
    expect(problems).toHaveLength(6)
    expect(problems.at(-1)).toBe('and 45 more')
  })
})

describe('validationSchema', () => {
  it('leaves out what a hostile schema makes slow', () => {
    const inner = { type: 'string', pattern: '^(a+)+$', format: 'date', minLength: 1 }
    const raw = { type: 'object', properties: { a: inner, b: { type: 'array', uniqueItems: true } } }
    expect(validationSchema(raw)).toEqual({
      type: 'object',
      properties: { a: { type: 'string', minLength: 1 }, b: { type: 'array' } },
    })
  })

  it.each([
    ['not', { not: { pattern: 'x' } }, {}],
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    ['if', { if: { pattern: 'x' }, then: { minLength: 1 }, else: false }, {}],
    ['oneOf', { oneOf: [{ format: 'date' }, { format: 'time' }] }, { allOf: [{ anyOf: [{}, {}] }] }],
    ['additionalProperties', { patternProperties: { '^x': {} }, additionalProperties: false }, {}],
    ['maxContains', { contains: { pattern: 'x' }, maxContains: 1 }, { contains: {} }],
    [
      'unevaluatedProperties',
      { allOf: [{ patternProperties: { x: {} } }], unevaluatedProperties: false },
      { allOf: [{}] },
    ],
  ])('refuses no more than before where %s depends on it', (_what, risky, relaxed) => {
    expect(validationSchema({ properties: { a: risky } })).toEqual({ properties: { a: relaxed } })
  })

  it('leaves harmless schemas alone', () => {
    const schema = { type: 'object', properties: { a: { not: { type: 'string' } } }, additionalProperties: false }
    expect(validationSchema(schema)).toEqual(schema)
  })
})

function nested(levels: number): unknown {
  let schema: unknown = { type: 'string' }
  for (let level = 0; level < levels; level++) schema = { type: 'object', properties: { a: schema } }
  return schema
}

function wide(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`property_${index}`, { type: 'string' }]))
}

function doubling(count: number): unknown {
  const definition = (index: number) => ({
    allOf: [{ $ref: `#/$defs/d${index - 1}` }, { $ref: `#/$defs/d${index - 1}` }],
  })
  const $defs = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`d${index}`, index === 0 ? {} : definition(index)]),
  )
  return { $defs, $ref: `#/$defs/d${count - 1}` }
}

function chain(count: number): unknown {
  const $defs = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`d${index}`, { $ref: `#/$defs/d${index + 1}` }]),
  )
  return { $defs: { ...$defs, [`d${count}`]: {} }, $ref: '#/$defs/d0' }
}
