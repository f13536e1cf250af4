import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createValidator } from '../../src/catalog/validate.ts'
import { screenSchema } from '../../src/catalog/schema.ts'
import type { JsonObject } from '../../src/internal/json.ts'
import type { MemoryTool } from '../../src/upstream/memory.ts'
import { demoGateway } from '../support/gateway.ts'

type Properties = Readonly<Record<string, unknown>>

const integer = { type: 'integer' }
const text = { type: 'string' }
const texts = { type: 'array', items: text }
const strict = { type: 'object', additionalProperties: false }

const validator = createValidator()

/** What a tool of this schema receives, or the sentence that refuses the call. */
function received(inputSchema: JsonObject, given: unknown): unknown {
  const { value, problem } = validator.fit(screenSchema(inputSchema).schema, given)
  return problem === undefined ? value : problem.message
}

function properties(map: Properties, required: readonly string[] = []): JsonObject {
  return { ...strict, properties: map, required } as JsonObject
}

describe('arguments that say what is meant in another form (24, 25, 42, 43, 44)', () => {
  it.each<[what: string, schema: JsonObject, given: unknown, right: unknown]>([
    ['a number as text', properties({ limit: integer }), { limit: '5' }, { limit: 5 }],
    ['a number with spaces', properties({ limit: integer }), { limit: ' 5 ' }, { limit: 5 }],
    ['a fraction as text', properties({ price: { type: 'number' } }), { price: '5.20' }, { price: 5.2 }],
    [
      'a large integer as text',
      properties({ id: integer }),
      { id: '1541815603606036481' },
      { id: 1541815603606036481n },
    ],
    [
      'a large number as text',
      properties({ id: { type: 'number' } }),
      { id: '-1541815603606036481' },
      { id: -1541815603606036481n },
    ],
    ['a boolean as text', properties({ all: { type: 'boolean' } }), { all: 'True' }, { all: true }],
    ['a list as JSON text', properties({ labels: texts }), { labels: '["bug"]' }, { labels: ['bug'] }],
    ['one value for a list', properties({ labels: texts }), { labels: 'bug' }, { labels: ['bug'] }],
    [
      'one number as text for a list of them',
      properties({ ids: { type: 'array', items: integer } }),
      { ids: '7' },
      { ids: [7] },
    ],
    [
      'numbers as texts in a list',
      properties({ ids: { type: 'array', items: integer } }),
      { ids: ['7', 8] },
      { ids: [7, 8] },
    ],
    [
      'one object for a list of them',
      properties({ rows: { type: 'array', items: properties({ a: integer }, ['a']) } }),
      { rows: { a: '1' } },
      { rows: [{ a: 1 }] },
    ],
    [
      'an object as JSON text',
      properties({ filter: properties({ n: integer }) }),
      { filter: '{"n":"3"}' },
      { filter: { n: 3 } },
    ],
    ['a number for a text', properties({ title: text }), { title: 42 }, { title: '42' }],
    ['a boolean for a text', properties({ title: text }), { title: true }, { title: 'true' }],
    ['a number for one of some texts', properties({ level: { enum: ['1', '2'] } }), { level: 2 }, { level: '2' }],
    ['a text for one of some numbers', properties({ level: { enum: [1, 2] } }), { level: '2' }, { level: 2 }],
    ['null for what is optional', properties({ cursor: text, n: integer }), { cursor: null, n: 1 }, { n: 1 }],
    ['null inside', properties({ page: properties({ cursor: text }) }), { page: { cursor: null } }, { page: {} }],
    [
      'null in items',
      properties({ rows: { type: 'array', items: properties({ a: text }) } }),
      { rows: [{ a: null }] },
      { rows: [{}] },
    ],
    [
      'null where it is allowed',
      properties({ cursor: { type: ['string', 'null'] } }),
      { cursor: null },
      { cursor: null },
    ],
    ['null for an unknown name', properties({ n: integer }), { n: 1, x: null }, { n: 1 }],
    ['no text for an optional number', properties({ limit: integer }), { limit: '' }, {}],
    ['undefined', properties({ limit: integer }), { limit: undefined, x: undefined }, {}],
    [
      'a required field with a default',
      properties({ scale: { type: 'string', enum: ['css', 'device'], default: 'css' } }, ['scale']),
      {},
      { scale: 'css' },
    ],
    [
      'null for a required field with a default',
      properties({ n: { ...integer, default: 3 } }, ['n']),
      { n: null },
      { n: 3 },
    ],
    ['an optional default', properties({ n: { ...integer, default: 3 } }), {}, {}],
    ['one of two types', properties({ id: { anyOf: [integer, { type: 'null' }] } }), { id: '5' }, { id: 5 }],
    ['null as text', properties({ id: { anyOf: [integer, { type: 'null' }] } }), { id: 'null' }, { id: null }],
    ['a text that may be one', properties({ id: { anyOf: [integer, text] } }), { id: '5' }, { id: '5' }],
    ['a type list', properties({ id: { type: ['integer', 'string'] } }), { id: '5' }, { id: '5' }],
    ['a nullable number', properties({ id: { type: 'integer', nullable: true } }), { id: '5' }, { id: 5 }],
    [
      'a form by its kind',
      properties({
        shape: {
          oneOf: [
            properties({ kind: { const: 'a' }, n: integer }, ['kind']),
            properties({ kind: { const: 'b' }, n: text }, ['kind']),
          ],
        },
      }),
      { shape: { kind: 'a', n: '5' } },
      { shape: { kind: 'a', n: 5 } },
    ],
    [
      'a referred type',
      { ...properties({ id: { $ref: '#/$defs/Id' } }), $defs: { Id: integer } },
      { id: '5' },
      { id: 5 },
    ],
    [
      'a type that holds itself',
      { ...properties({ n: integer, child: { $ref: '#' } }) },
      { child: { child: { n: '5' } } },
      { child: { child: { n: 5 } } },
    ],
    ['a type of all of some', properties({ id: { allOf: [integer, { minimum: 1 }] } }), { id: '5' }, { id: 5 }],
    ['no type', properties({ any: {} }), { any: '5' }, { any: '5' }],
    ['further properties', { type: 'object', additionalProperties: integer }, { a: '5' }, { a: 5 }],
    ['prices by the cent', properties({ n: { type: 'number', multipleOf: 0.01 } }), { n: 0.07 }, { n: 0.07 }],
    ['prices as text', properties({ n: { type: 'number', multipleOf: 0.01 } }), { n: '1.15' }, { n: 1.15 }],
    [
      'parts that shut each other out',
      { allOf: [properties({ a: integer }), properties({ b: text })] },
      { a: 1, b: 'x' },
      { a: 1, b: 'x' },
    ],
    [
      'a part that the whole shuts out',
      { type: 'object', additionalProperties: false, allOf: [{ properties: { a: integer }, required: ['a'] }] },
      { a: 1 },
      { a: 1 },
    ],
    [
      'a referred part that is shut',
      { allOf: [{ $ref: '#/$defs/Base' }, { properties: { b: text } }], $defs: { Base: properties({ a: integer }) } },
      { a: 1, b: 'x' },
      { a: 1, b: 'x' },
    ],
  ])('%s', (_what, schema, given, right) => {
    expect(received(schema, given)).toEqual(right)
  })

  it.each<[what: string, schema: JsonObject, given: unknown, sentence: string]>([
    [
      'a text that is no number',
      properties({ limit: integer }),
      { limit: 'ten' },
      'limit must be integer, found "ten"',
    ],
    [
      'a fraction for a whole number',
      properties({ limit: integer }),
      { limit: '1.5' },
      'limit must be integer, found "1.5"',
    ],
    [
      'a number that is no price',
      properties({ n: { type: 'number', multipleOf: 0.01 } }),
      { n: 0.075 },
      'n must be multiple of 0.01, found 0.075',
    ],
    [
      'what is missing inside',
      properties({
        entities: { type: 'array', items: properties({ name: text, observations: texts }, ['name', 'observations']) },
      }),
      { entities: [{ name: 'a' }] },
      'entities[0].observations is missing, expected string[]',
    ],
    [
      'null for what is required',
      properties({ name: text }, ['name']),
      { name: null },
      'name must be string, found null',
    ],
    [
      'a misspelled name',
      properties({ limit: integer }),
      { limitt: 5 },
      'limitt is not a known property, nearest allowed name: "limit"',
    ],
    [
      'a form that none is like',
      properties({ id: { oneOf: [integer, { type: 'boolean' }] } }),
      { id: 'x' },
      'id matches none of its forms, found "x"',
    ],
    [
      'a list of what it may not hold',
      properties({ ids: { type: 'array', items: integer } }),
      { ids: 'x' },
      'ids must be array, found "x"',
    ],
    [
      'an unknown name beside parts',
      { allOf: [properties({ a: integer })] },
      { z: 1 },
      'z is not a known property, allowed: a',
    ],
  ])('%s is refused in one sentence', (_what, schema, given, sentence) => {
    expect(received(schema, given)).toBe(sentence)
  })

  it('from a program: JSON text, or the one value that a tool needs', async () => {
    const run: MemoryTool['run'] = (input) => input
    const schema = properties({ path: text, head: integer }, ['path'])
    await using gateway = demoGateway({}, [{ name: 'read', inputSchema: schema, run }])
    await gateway.ready()
    const code = `return [await tools.demo.read('/a'), await tools.demo.read('{"path":"/b","head":"2"}')]`
    expect(await gateway.execute({ code })).toMatchObject({ data: [{ path: '/a' }, { path: '/b', head: 2 }] })
  })

  it('and what is refused is said once', async () => {
    await using gateway = demoGateway()
    await gateway.ready()
    expect(await gateway.executeIntent({ intent: 'demo.add', params: { a: 1 } })).toMatchObject({
      error: {
        message: 'cannot call demo.add: b is missing, expected number',
        details: { path: 'b', expected: 'number' },
      },
    })
  })

  it('of an intent', async () => {
    await using gateway = demoGateway()
    await gateway.ready()
    const rows = await gateway.executeIntent({ intent: 'demo.rows', params: { count: 1_000 } })
    const handle = (rows as { data: { handle: string } }).data.handle
    const page = { handle, path: 'rows', offset: '998', limit: null }
    expect(await gateway.executeIntent({ intent: 'results.read', params: page })).toMatchObject({
      status: 'ok',
      data: { items: [{ id: 998 }, { id: 999 }] },
    })
  })
})

describe('adapting', () => {
  const schema = screenSchema(
    properties({ id: integer, all: { type: 'boolean' }, labels: texts, page: properties({ n: integer }) }, ['id']),
  ).schema

  it('copies what it changes and nothing else', () => {
    const page = Object.freeze({ n: 1 })
    const labels = Object.freeze(['a'])
    const given = Object.freeze({ id: '5', labels, page })
    const { value } = validator.fit(schema, given)
    expect(value).toEqual({ id: 5, labels: ['a'], page: { n: 1 } })
    expect((value as { page: unknown }).page).toBe(page)
    const right = { id: 5, labels }
    expect(validator.fit(schema, right).value).toBe(right)
  })

  it('gives the value itself, or one that matches', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, maxDepth: 3 }), (value) => {
        for (const given of [value, { id: value }, { id: 1, labels: value, page: value }]) {
          const { value: made, problem } = validator.fit(schema, given)
          if (problem === undefined) expect(validator.validate(schema, made)).toBeUndefined()
          const again = validator.fit(schema, made)
          expect(again.value).toEqual(made)
        }
      }),
    )
  })

  it('ends soon whatever the schema', () => {
    const branches = Array.from({ length: 30 }, (_, n) => ({
      properties: { next: { $ref: '#' }, n: { const: n } },
      required: ['n'],
    }))
    const nested = screenSchema({ type: 'object', anyOf: branches }).schema
    let value: unknown = { n: 'x' }
    for (let depth = 0; depth < 150; depth++) value = { n: '3', next: value }
    const start = performance.now()
    validator.fit(nested, value)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
