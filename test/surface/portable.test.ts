import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asObjectSchema } from '../../src/catalog/dialect.ts'
import { screenSchema } from '../../src/catalog/schema.ts'
import { withOwnNames } from '../../src/surface/portable/names.ts'
import { outlinedSchema } from '../../src/surface/portable/outline.ts'
import { portableSchema } from '../../src/surface/portable/portable-schema.ts'
import type { PortableSchema } from '../../src/surface/portable/writer.ts'
import { vendorFaults } from '../support/vendor-subsets.ts'

const portable = (schema: unknown): PortableSchema => portableSchema(screenSchema(asObjectSchema(schema)).schema)
const faultsOf = (schema: object): readonly string[] =>
  vendorFaults({ name: 'x', description: 'x', inputSchema: schema })
const text = { type: 'string' }
const number = { type: 'number' }
const an = (properties: object, ...required: string[]): object => ({ type: 'object', properties, required })

/** The schema of a parameter, and how it is shown. */
const PARAMETERS: readonly (readonly [what: string, given: unknown, shown: object])[] = [
  ['null beside a type', { type: ['string', 'null'], description: 'A name' }, { description: 'A name (or null)' }],
  ['several types', { type: ['number', 'string'] }, { type: 'string', description: 'number | string' }],
  [
    'one or a list',
    { anyOf: [text, { type: 'array', items: text }], description: 'Ids' },
    { type: 'array', items: text, description: 'Ids (string | string[])' },
  ],
  [
    'a text or an object',
    { oneOf: [text, an({ id: text }, 'id')] },
    { type: 'object', properties: { id: text }, required: ['id'], description: 'string | {id: string}' },
  ],
  [
    'a value of many types',
    { anyOf: [text, number, { type: 'boolean' }, { type: 'array', items: text }, { type: 'null' }] },
    { type: 'string', description: 'string | number | boolean | string[] | null' },
  ],
  ['many types at once', { type: ['number', 'array', 'string'] }, { type: 'string' }],
  [
    'choices or an object',
    { anyOf: [{ enum: ['a', 'b'] }, { type: 'object' }] },
    { description: "'a' | 'b' | object" },
  ],
  ['null as an alternative', { anyOf: [text, { type: 'null' }] }, { type: 'string', description: 'or null' }],
  ['a list without items', { type: 'array' }, { items: { type: 'string', description: 'any JSON value' } }],
  ['a list of anything', { type: 'array', items: true }, { items: { type: 'string', description: 'any JSON value' } }],
  [
    'a tuple',
    { type: 'array', items: [number, text], minItems: 2, additionalItems: false },
    {
      type: 'array',
      items: { type: 'string', description: 'number | string' },
      description: '[number, string]',
    },
  ],
  ['a tuple of one type', { prefixItems: [number, number], items: false }, { items: number }],
  ['a constant', { const: 'x' }, { type: 'string', enum: ['x'] }],
  ['a constant that is no text', { const: 5 }, { type: 'integer', description: 'only 5' }],
  ['a constant of null', { const: null }, { type: 'string', description: 'only null' }],
  ['numbers to choose from', { enum: [1, 2], type: 'integer' }, { type: 'integer', description: 'one of 1, 2' }],
  ['an empty choice', { enum: ['', 'a'] }, { type: 'string', enum: ['a'], description: 'or ""' }],
  ['a choice or null', { enum: ['a', null] }, { type: 'string', enum: ['a'] }],
  ['mixed choices', { enum: ['a', 1] }, { type: 'string', description: 'one of "a", 1' }],
  ['objects to choose from', { enum: [{ a: 1 }] }, { type: 'object', description: 'only {"a":1}' }],
  [
    'choices that say what they mean',
    {
      oneOf: [
        { const: 'a', description: 'first' },
        { const: 'b', description: 'last' },
      ],
    },
    { type: 'string', enum: ['a', 'b'], description: '"a": first, "b": last' },
  ],
  [
    'bounds and a default',
    { type: 'integer', exclusiveMinimum: 0, maximum: 100, default: 10 },
    { type: 'integer', description: 'at most 100, above 0, default 10' },
  ],
  ['a bound of draft 4', { type: 'number', minimum: 1, exclusiveMinimum: true }, { description: 'above 1' }],
  [
    'bounds that are told',
    { type: 'integer', minimum: 1, maximum: 50, default: 5, description: 'From 1 to 50 (default: 5)' },
    { type: 'integer', description: 'From 1 to 50 (default: 5)' },
  ],
  [
    'bounds of all numbers',
    { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
    { type: 'integer' },
  ],
  [
    'a pattern',
    { type: 'string', pattern: '^[a-z]+$', minLength: 1, maxLength: 9 },
    { description: '1 to 9 characters, like ^[a-z]+$' },
  ],
  ['a format', { type: 'string', format: 'date-time' }, { type: 'string', description: 'format date-time' }],
  ['names of any kind', { additionalProperties: number }, { type: 'object', description: 'any names: number' }],
  ['names of a pattern', { patternProperties: { '^x-': text } }, { description: 'names like ^x-: string' }],
  ['anything', true, { type: 'string', description: 'any JSON value' }],
  ['null for a schema', null, { type: 'string', description: 'any JSON value' }],
  ['what is not', { type: 'string', not: { const: 'a' } }, { type: 'string', description: "not 'a'" }],
  [
    'alternatives of objects',
    { oneOf: [an({ kind: { const: 'a' }, x: text }, 'kind', 'x'), an({ kind: { const: 'b' }, y: number }, 'kind')] },
    {
      type: 'object',
      properties: { kind: { type: 'string', enum: ['a', 'b'] }, x: text, y: number },
      required: ['kind'],
      description: "{kind: 'a'; x: string} | {kind: 'b'; y?: number}",
    },
  ],
  [
    'conditions',
    { ...an({ a: text }), if: { properties: { a: { const: 'x' } } }, then: { required: ['b'] } },
    { description: "if {a?: 'x'} then {b: unknown}" },
  ],
  ['dependencies', { ...an({ a: text, b: text }), dependencies: { a: ['b'] } }, { description: 'a needs b' }],
  ['a switch or a word', { anyOf: [{ type: 'boolean' }, { const: 'auto' }] }, { description: "boolean | 'auto'" }],
  ['alternatives in alternatives', { anyOf: [{ anyOf: [text, { type: 'null' }] }, number] }, { type: 'string' }],
]

describe('parameters', () => {
  it.each(PARAMETERS)('%s', (_what, given, shown) => {
    const { schema } = portable({ type: 'object', properties: { p: given } })
    expect(schema.properties?.['p']).toMatchObject(shown)
    expect(faultsOf(schema)).toEqual([])
  })

  it('that nothing fits, or that are not there, are told', () => {
    const { schema } = portable({ type: 'object', properties: { p: false, q: text }, required: ['q', 'r'] })
    expect(schema).toEqual({
      type: 'object',
      properties: { p: { type: 'string', description: 'never given' }, q: text },
      required: ['q'],
      description: 'also needs "r"',
    })
  })

  it('of a hundred choices are listed, and many in words', () => {
    const values = Array.from({ length: 1_200 }, (_, index) => `value-${index}`)
    const few = portable(an({ p: { enum: values.slice(0, 100) } })).schema
    expect(few.properties?.['p']?.enum).toHaveLength(100)
    const { schema } = portable(an({ p: { enum: values } }))
    expect(schema.properties?.['p']).toMatchObject({ type: 'string', description: expect.stringMatching(/ more\)$/) })
    const lists = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`p${index}`, { enum: values.slice(0, 200) }]),
    )
    for (const one of [schema, portable(an(lists)).schema]) expect(faultsOf(one)).toEqual([])
  })
})

describe('roots', () => {
  it.each([
    ['nothing', {}, {}],
    ['null', null, {}],
    ['a text', { type: 'string' }, {}],
    ['an object or null', { type: ['object', 'null'], properties: { a: text } }, { properties: { a: text } }],
    [
      'alternatives',
      { anyOf: [an({ a: text }, 'a'), an({ b: text }, 'b')] },
      { properties: { a: text, b: text }, description: '{a: string} | {b: string}' },
    ],
    [
      'alternatives of what is needed',
      { ...an({ a: text, b: text, c: text }), anyOf: [{ required: ['a'] }, { required: ['b', 'c'] }] },
      { description: 'needs a, or b and c' },
    ],
    [
      'parts',
      { allOf: [an({ a: text }, 'a'), { properties: { b: number }, required: ['b'] }] },
      { properties: { a: text, b: number }, required: ['a', 'b'] },
    ],
    [
      'a reference',
      { $ref: '#/definitions/In', definitions: { In: an({ id: { $ref: '#/definitions/Id' } }, 'id'), Id: text } },
      { properties: { id: text }, required: ['id'] },
    ],
  ])('%s', (_what, given, shown) => {
    const { schema } = portable(given)
    expect(schema).toMatchObject({ type: 'object', properties: {}, ...shown })
    expect(faultsOf(schema)).toEqual([])
  })
})

describe('what has no end, or a far one', () => {
  const circle = {
    ...an({ root: { $ref: '#/$defs/Node' } }),
    $defs: { Node: an({ name: text, children: { type: 'array', items: { $ref: '#/$defs/Node' } } }) },
  }
  let deep: object = text
  for (let level = 0; level < 40; level++) deep = an({ in: deep })
  let tooDeep: object = text
  for (let level = 0; level < 100; level++) tooDeep = an({ in: tooDeep })
  const wide = (count: number): object =>
    an(Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, { type: 'string', minLength: 2 }])))
  const all = { anyOf: Array.from({ length: 12 }, (_, index) => ({ $ref: `#/$defs/d${index}` })) }
  const web = {
    ...an({ p: all }),
    $defs: Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [
        `d${index}`,
        an({ [`n${index}`]: all, list: { type: 'array', items: all } }),
      ]),
    ),
  }

  it.each([
    ['a circle', circle],
    ['40 levels', deep],
    ['100 levels', tooDeep],
    ['1,500 parameters', wide(1_500)],
    ['10,000 parameters', wide(10_000)],
    ['definitions that all hold each other', web],
    ['a circle of parts', { allOf: [{ $ref: '#' }], properties: { a: text } }],
    [
      '__proto__',
      JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"},"toString":{"type":"string"}}}'),
    ],
  ])('%s is cut where it is too much, in bounded time', (_what, given) => {
    const start = performance.now()
    const { schema } = portable(given)
    expect(performance.now() - start).toBeLessThan(3_000)
    expect(JSON.stringify(schema).length).toBeLessThan(Math.max(4_000, JSON.stringify(given).length * 2))
    expect(faultsOf(schema)).toEqual([])
  })

  it('shows the first parameters where the whole cannot be read', () => {
    const raw = wide(10_000)
    const { schema } = outlinedSchema({ ...raw, required: ['p3', 'p9999'] })
    expect(Object.keys(schema.properties ?? {})).toHaveLength(200)
    expect(schema).toMatchObject({ required: ['p3'], description: 'too large to show: 9800 more parameters' })
    expect(outlinedSchema(tooDeep).schema).toEqual({
      type: 'object',
      properties: { in: { type: 'object' } },
      description: 'too large to show in whole',
    })
    for (const odd of [undefined, null, true, {}, { properties: 3 }])
      expect(outlinedSchema(odd).schema).toEqual({ type: 'object', properties: {} })
  })

  it('tells the type of what was cut', () => {
    const shown = portable(circle).schema.properties?.['root']?.properties?.['children']
    expect(shown?.items).toEqual({ type: 'object', description: '{name?: string; children?: …[]}' })
  })
})

describe('names that vendors refuse', () => {
  const { schema, names } = portable(
    an(
      {
        $filter: text,
        'a b': an({ 'x[]': { type: 'array', items: an({ 'n n': text }) } }, 'x[]'),
        a_b: number,
        ['n'.repeat(80)]: text,
        日本: text,
      },
      '$filter',
    ),
  )

  it('are shown otherwise, each as another one, and told', () => {
    expect(faultsOf(schema)).toEqual([])
    expect(Object.keys(schema.properties ?? {})).toHaveLength(5)
    expect(schema.required).toEqual(['_filter'])
    expect(schema.properties?.['_filter']?.description).toBe('sent as "$filter"')
  })

  it('reach the server as it knows them, at all levels', () => {
    const [, outer = ''] = Object.keys(schema.properties ?? {})
    const given = { _filter: 'x', [outer]: { x_: [{ n_n: 'deep' }, 'odd'] }, a_b: 1, other: null }
    expect(withOwnNames(given, names)).toEqual({
      $filter: 'x',
      'a b': { 'x[]': [{ 'n n': 'deep' }, 'odd'] },
      a_b: 1,
      other: null,
    })
    const own = { $filter: 'x', 'a b': { 'x[]': [] } }
    expect(withOwnNames(own, names)).toEqual(own)
    expect(portable(an({ plain: text })).names).toBeUndefined()
  })
})

describe('any schema', () => {
  const keys = 'type properties items anyOf oneOf allOf enum const $ref required not if then additionalProperties'
  const leaf = fc.oneof(
    fc.constantFrom('string', 'object', 'array', 'null', '#', '#/properties/a', '#/$defs/b'),
    fc.jsonValue({ maxDepth: 1 }),
  )
  const { schema: anySchema } = fc.letrec((tie) => ({
    schema: fc.dictionary(
      fc.constantFrom(...keys.split(' '), '$defs', 'prefixItems', 'default', 'description', 'minimum'),
      fc.oneof(
        { maxDepth: 4 },
        leaf,
        tie('schema'),
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', '$c', '__proto__'), tie('schema'), { maxKeys: 3 }),
      ),
      { maxKeys: 5 },
    ),
  }))

  it('is shown as every vendor takes it', () => {
    fc.assert(
      fc.property(anySchema, (schema) => {
        expect(faultsOf(portable(schema).schema)).toEqual([])
      }),
      { seed: 20_261_130, numRuns: 1_000 },
    )
  })
})
