import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/internal/json.ts'
import { createValidator } from '../../src/catalog/validate.ts'

const { validate } = createValidator()
const schema: JsonObject = {
  type: 'object',
  properties: {
    project: { type: 'string', minLength: 1 },
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    sort: { enum: ['freq', 'new', 'user'] },
    items: { type: 'array', items: { type: 'object', properties: { id: { type: 'number' } }, required: ['id'] } },
    'odd name': { type: ['string', 'null'] },
    where: {
      anyOf: [
        { type: 'string' },
        { type: 'object', properties: { and: { type: 'array' } }, required: ['and'], additionalProperties: false },
      ],
    },
  },
  required: ['project'],
  additionalProperties: false,
}

describe('createValidator', () => {
  it('answers undefined for values that match, and leaves them untouched', () => {
    const value = Object.freeze({ project: 'web' })
    expect(validate(schema, value)).toBeUndefined()
    expect(value).toEqual({ project: 'web' })
  })

  it.each<[unknown, { path: string; message: string; expected: string }]>([
    [{}, { path: 'project', message: 'project is missing, expected string', expected: 'string' }],
    [
      { projct: 'web' },
      { path: 'project', message: 'project is missing, expected string; found "projct" instead', expected: 'string' },
    ],
    [
      { project: 'web', limit: 'ten' },
      { path: 'limit', message: 'limit must be integer, found "ten"', expected: 'number' },
    ],
    [
      { project: 'web', limit: 0 },
      { path: 'limit', message: 'limit must be >= 1, found 0', expected: '>= 1' },
    ],
    [
      { project: '' },
      {
        path: 'project',
        message: 'project must NOT have fewer than 1 characters, found ""',
        expected: 'NOT have fewer than 1 characters',
      },
    ],
    [
      { project: 'web', sort: 'old' },
      {
        path: 'sort',
        message: `sort must be 'freq' | 'new' | 'user', found "old"`,
        expected: `'freq' | 'new' | 'user'`,
      },
    ],
    [
      { project: 'web', items: [{ id: 1 }, { id: 2 }, { id: '3' }] },
      { path: 'items[2].id', message: 'items[2].id must be number, found "3"', expected: 'number' },
    ],
    [
      { project: 'web', items: [{}] },
      { path: 'items[0].id', message: 'items[0].id is missing, expected number', expected: 'number' },
    ],
    [
      { project: 'web', 'odd name': 1 },
      { path: "['odd name']", message: "['odd name'] must be string or null, found 1", expected: 'string | null' },
    ],
    [
      { project: 'web', where: 1 },
      { path: 'where', message: 'where matches none of its forms, found 1', expected: 'string | {and: unknown[]}' },
    ],
    [
      { project: 'web', where: { or: [] } },
      {
        path: 'where.and',
        message: 'where.and is missing, expected unknown[]',
        expected: 'unknown[]',
      },
    ],
    [
      [],
      {
        path: '',
        message: 'the value must be object, found a list of 0',
        expected: expect.stringContaining('project: string'),
      },
    ],
    [null, { path: '', message: 'the value must be object, found null', expected: expect.any(String) }],
  ])('explains %j', (value, problem) => {
    expect(validate(schema, value)).toEqual(problem)
  })

  it('sees properties of the value alone, none that every object inherits', () => {
    const inherited: JsonObject = {
      type: 'object',
      properties: { constructor: { type: 'string' }, toString: { type: 'number' }, valueOf: { type: 'boolean' } },
    }
    expect(validate(inherited, {})).toBeUndefined()
    expect(validate(inherited, { constructor: 'x', toString: 1, valueOf: true })).toBeUndefined()
    expect(validate(inherited, { constructor: 5 })?.path).toBe('constructor')
    expect(validate({ type: 'object', required: ['toString'] }, {})?.message).toContain('toString')
  })

  it('names the nearest allowed name of an unknown property', () => {
    expect(validate(schema, { project: 'web', limt: 5 })).toEqual({
      path: 'limt',
      message: 'limt is not a known property, nearest allowed name: "limit"',
      expected: 'project, limit, sort, items, odd name, where',
    })
  })

  it('names all missing properties', () => {
    const two: JsonObject = { type: 'object', properties: { a: {}, b: { type: 'string' } }, required: ['a', 'b'] }
    expect(validate(two, {})?.message).toBe('a is missing (missing properties: "a", "b"), expected unknown')
  })

  it('accepts everything for schema true, and for patterns and formats it does not check', () => {
    expect(validate(true, { any: 'thing' })).toBeUndefined()
    expect(
      validate({ type: 'object', properties: { a: { type: 'string', pattern: '^x', format: 'date' } } }, { a: 'y' }),
    ).toBeUndefined()
  })

  it('understands old drafts', () => {
    const old: JsonObject = {
      properties: {
        a: { type: 'number', minimum: 0, exclusiveMinimum: true },
        b: { items: [{ type: 'string' }], additionalItems: false },
      },
    }
    expect(validate(old, { a: 0 })?.message).toBe('a must be > 0, found 0')
    expect(validate(old, { b: ['x', 'y'] })?.path).toBe('b')
    expect(validate(old, { a: 1, b: ['x'] })).toBeUndefined()
  })

  it('follows recursion', () => {
    const tree: JsonObject = { type: 'object', properties: { next: { $ref: '#' }, v: { type: 'number' } } }
    expect(validate(tree, { next: { next: { v: 'x' } } })?.path).toBe('next.next.v')
  })

  it('never shows a message longer than 500 characters', () => {
    const value = { project: 'web', ['x'.repeat(100_000)]: 1 }
    expect(validate(schema, value)?.message.length).toBeLessThanOrEqual(500)
  })
})

describe('hostile validation', () => {
  it('refuses values that nest too deep, before anything recursive sees them', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
    expect(validate(schema, deep)?.message).toBe('the value nests deeper than 200 levels')
    const loop: Record<string, unknown> = {}
    loop['loop'] = loop
    expect(validate(true, loop)?.expected).toBe('at most 200 levels')
  })

  it('does not hang on values that share their parts', () => {
    let value: unknown = 'x'
    for (let level = 0; level < 100; level++) value = [value, value]
    expect(inTime(() => validate({ type: 'array' }, value))).toBeUndefined()
  })

  it('does not hang on a pattern that backtracks for ever', () => {
    const redos: JsonObject = {
      properties: { a: { type: 'string', pattern: '^(a+)+$' } },
      patternProperties: { '^(a+)+$': {} },
    }
    expect(inTime(() => validate(redos, { a: `${'a'.repeat(50_000)}!` }))).toBeUndefined()
  })

  it('gives up where recursion multiplies with each level of the value', () => {
    const both = { properties: { a: { $ref: '#/$defs/t' } } }
    const doubling: JsonObject = { $defs: { t: { allOf: [both, both] } }, $ref: '#/$defs/t' }
    let value: unknown = {}
    for (let level = 0; level < 150; level++) value = { a: value }
    const problems: string[] = []
    const told = createValidator({ onProblem: (problem) => problems.push(problem) })
    expect(inTime(() => told.validate(doubling, value))).toBeUndefined()
    expect(problems).toEqual([expect.stringContaining('too many steps')])
  })

  it('gives up where a long list meets many alternatives', () => {
    const anyOf = Array.from({ length: 1_500 }, (_, index) => ({
      type: 'object',
      properties: { k: { const: index } },
      required: ['k'],
    }))
    const list = Array.from({ length: 40_000 }, () => ({ k: 1_499 }))
    expect(inTime(() => validate({ type: 'array', items: { anyOf } }, list))).toBeUndefined()
  })

  it.each([
    ['2,000 levels', nested(2_000)],
    [
      '20,000 properties',
      {
        properties: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { type: 'string' }])),
      },
    ],
    ['a reference to itself', { allOf: [{ $ref: '#' }] }],
    ['references in a circle', { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }],
    ['a chain of definitions', chain(1_900)],
    ['invalid keywords', { type: 'banana', properties: 5, required: {}, enum: [] }],
  ])('survives a schema with %s', (_what, hostile) => {
    expect(inTime(() => validate(hostile as JsonObject, { a: { a: 1 } }))).toBeUndefined()
  })
})

function inTime<T>(check: () => T): T {
  const started = performance.now()
  const answer = check()
  expect(performance.now() - started).toBeLessThan(10_000)
  return answer
}

function nested(levels: number): unknown {
  let schema: unknown = { type: 'object' }
  for (let level = 0; level < levels; level++) schema = { properties: { a: schema } }
  return schema
}

function chain(count: number): unknown {
  const link = (index: number) => ({ properties: { a: { $ref: `#/$defs/d${index + 1}` } } })
  const $defs = Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, link(index)]))
  return { $defs: { ...$defs, [`d${count}`]: {} }, $ref: '#/$defs/d0' }
}
