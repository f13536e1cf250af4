import { describe, expect, it } from 'vitest'
import { toTypeScript } from '../../src/catalog/typings.ts'
import { compileErrors } from './support/compile.ts'

/** The type in one line, without comments. */
const typeOf = (schema: unknown): string =>
  toTypeScript(schema)
    .type.replaceAll(/\/\*\*.*?\*\/\s*/g, '')
    .replaceAll(/\n\s*/g, ' ')

const string = { type: 'string' }
const number = { type: 'number' }

interface Sample {
  readonly schema: unknown
  readonly type: string
  /** Expressions that the type must take. */
  readonly good: readonly string[]
  /** Expressions that the type must refuse. */
  readonly bad: readonly string[]
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  integer: { schema: { type: 'integer' }, type: 'number', good: ['1'], bad: ["'1'"] },
  'boolean true': { schema: true, type: 'unknown', good: ['1', 'null'], bad: [] },
  'boolean false': { schema: false, type: 'never', good: [], bad: ['1'] },
  'type list': { schema: { type: ['string', 'null'] }, type: 'string | null', good: ['null', "'a'"], bad: ['1'] },
  nullable: { schema: { type: 'string', nullable: true }, type: 'string | null', good: ['null'], bad: ['1'] },
  enum: {
    schema: { enum: ['a', 1, null, true] },
    type: "'a' | 1 | null | true",
    good: ["'a'", 'null'],
    bad: ["'b'", 'false'],
  },
  'typed enum': { schema: { type: 'string', enum: ['a', null] }, type: "'a'", good: ["'a'"], bad: ['null'] },
  const: { schema: { const: 'a\n\'"' }, type: String.raw`'a\n\'"'`, good: [String.raw`"a\n'\""`], bad: ["'a'"] },
  object: {
    schema: { type: 'object', properties: { a: string, b: number }, required: ['a'] },
    type: '{ a: string b?: number }',
    good: ["{ a: 'x' }", "{ a: 'x', b: 1 }"],
    bad: ['{}', '{ a: 1 }', "{ a: 'x', c: 1 }"],
  },
  'odd property names': {
    schema: { properties: { 'a-b': string, '1': string, "it's": string, class: string, constructor: string } },
    type: String.raw`{ '1'?: string 'a-b'?: string 'it\'s'?: string class?: string constructor?: unknown }`,
    good: ["{ 'a-b': 'x', 1: 'y', \"it's\": 'z', class: 'c' }"],
    bad: ["{ 'a-b': 1 }"],
  },
  'no properties': {
    schema: { type: 'object', additionalProperties: false },
    type: 'Record<string, never>',
    good: ['{}'],
    bad: ['{ a: 1 }'],
  },
  'any object': { schema: { type: 'object' }, type: '{ [key: string]: unknown }', good: ['{ a: 1 }'], bad: ['1'] },
  map: {
    schema: { type: 'object', additionalProperties: number },
    type: '{ [key: string]: number }',
    good: ['{ a: 1 }'],
    bad: ["{ a: 'x' }"],
  },
  'open object': {
    schema: { type: 'object', properties: { a: string }, additionalProperties: true },
    type: '{ a?: string [key: string]: unknown }',
    good: ["{ a: 'x', b: 1 }"],
    bad: ['{ a: 1 }'],
  },
  patternProperties: {
    schema: { type: 'object', patternProperties: { '^a': string, '^b': number }, additionalProperties: false },
    type: '{ [key: string]: string | number }',
    good: ["{ a: 'x', b: 1 }"],
    bad: ['{ a: true }'],
  },
  'required without properties': {
    schema: { required: ['a'] },
    type: '{ a: unknown [key: string]: unknown }',
    good: ['{ a: 1, b: 2 }'],
    bad: ['{ b: 2 }'],
  },
  array: {
    schema: { type: 'array', items: { type: ['string', 'null'] } },
    type: '(string | null)[]',
    good: ["['a', null]"],
    bad: ['[1]'],
  },
  'array of anything': { schema: { type: 'array' }, type: 'unknown[]', good: ['[1, null]'], bad: ['{}'] },
  prefixItems: {
    schema: { prefixItems: [string, number], items: false, minItems: 2 },
    type: '[string, number]',
    good: ["['a', 1]"],
    bad: ["['a']", "['a', 1, 2]"],
  },
  'tuple of draft-07': {
    schema: { type: 'array', items: [string, number], additionalItems: { type: 'boolean' }, minItems: 1 },
    type: '[string, number?, ...boolean[]]',
    good: ["['a']", "['a', 1, true, false]"],
    bad: ['[]', "['a', 'b']"],
  },
  'tuple of fixed length': {
    schema: { type: 'array', items: [number, number], minItems: 2, maxItems: 2 },
    type: '[number, number]',
    good: ['[1, 2]'],
    bad: ['[1]', '[1, 2, 3]'],
  },
  anyOf: {
    schema: { anyOf: [string, { type: 'array', items: string }] },
    type: 'string | string[]',
    good: ["['a']"],
    bad: ['1'],
  },
  oneOf: {
    schema: {
      oneOf: [
        { properties: { k: { const: 'a' } }, required: ['k'] },
        { properties: { k: { const: 'b' }, v: number }, required: ['k', 'v'] },
      ],
    },
    type: "{ k: 'a' } | { k: 'b' v: number }",
    good: ["{ k: 'a' }", "{ k: 'b', v: 1 }"],
    bad: ["{ k: 'b' }", "{ k: 'c' }"],
  },
  allOf: {
    schema: { allOf: [{ properties: { a: string }, required: ['a'] }, { properties: { b: number } }] },
    type: '{ a: string } & { b?: number }',
    good: ["{ a: 'x', b: 1 }"],
    bad: ['{ b: 1 }', "{ a: 'x', b: 'y' }"],
  },
  'anyOf of required': {
    schema: { type: 'object', properties: { a: string, b: string }, anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    type: '{ a?: string b?: string } & ({ a: unknown [key: string]: unknown } | { b: unknown [key: string]: unknown })',
    good: ["{ a: 'x' }", "{ a: 'x', b: 'y' }"],
    bad: ['{}', '{ a: 1 }'],
  },
  'format in anyOf': {
    schema: { type: 'string', anyOf: [{ format: 'date' }, { pattern: 'x' }] },
    type: 'string',
    good: ["'a'"],
    bad: ['1'],
  },
  'not, if, then, else': {
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    schema: { type: 'string', not: { const: 'a' }, if: { minLength: 1 }, then: { maxLength: 5 }, else: false },
    type: 'string',
    good: ["'a'"],
    bad: ['1'],
  },
  '$ref to $defs': {
    schema: { $defs: { S: string }, type: 'array', items: { $ref: '#/$defs/S' } },
    type: 'string[]',
    good: ["['a']"],
    bad: ['[1]'],
  },
  '$ref to definitions': {
    schema: { definitions: { S: string }, anyOf: [{ $ref: '#/definitions/S' }, number] },
    type: 'string | number',
    good: ['1'],
    bad: ['null'],
  },
  '$ref with siblings': {
    schema: {
      $defs: { A: { properties: { a: string }, required: ['a'] } },
      $ref: '#/$defs/A',
      properties: { b: number },
    },
    type: '{ a: string } & { b?: number }',
    good: ["{ a: 'x' }"],
    bad: ['{ b: 1 }'],
  },
  'recursive root': {
    schema: { type: 'object', properties: { next: { $ref: '#' }, v: number }, required: ['v'] },
    type: 'Schema_Root',
    good: ['{ v: 1, next: { v: 2, next: { v: 3 } } }'],
    bad: ['{ v: 1, next: { v: 2, next: {} } }'],
  },
  'recursive definition': {
    schema: {
      $defs: { Tree: { type: 'object', additionalProperties: { anyOf: [string, { $ref: '#/$defs/Tree' }] } } },
      $ref: '#/$defs/Tree',
    },
    type: 'Schema_Tree',
    good: ["{ a: { b: 'x' } }"],
    bad: ['{ a: { b: 1 } }'],
  },
  'mutual recursion': {
    schema: {
      definitions: {
        a: { type: 'array', items: { $ref: '#/definitions/b' } },
        b: { anyOf: [{ type: 'null' }, { type: 'object', properties: { a: { $ref: '#/definitions/a' } } }] },
      },
      $ref: '#/definitions/a',
    },
    type: 'Schema_a',
    good: ['[null, { a: [null] }]'],
    bad: ['[{ a: [1] }]'],
  },
  'unknown type': { schema: { type: 'banana' }, type: 'unknown', good: ['1'], bad: [] },
  'array implied': { schema: { items: string }, type: 'string[]', good: ["['a']"], bad: ['[1]'] },
}

describe('toTypeScript', () => {
  it.each(Object.entries(SAMPLES))('writes %s', (_name, { schema, type }) => {
    expect(typeOf(schema)).toBe(type)
  })

  it('writes types that take what the schema accepts and refuse the rest', () => {
    const samples = Object.values(SAMPLES).map(({ schema, good, bad }, index) => {
      const { type, declarations } = toTypeScript(schema, { name: `T${index}` })
      const values = good.map((value) => `check<T${index}>(${value})`)
      const refused = bad.map((value) => `// @ts-expect-error\ncheck<T${index}>(${value})`)
      return [...declarations, `type T${index} = ${type}`, ...values, ...refused].join('\n')
    })
    expect(compileErrors(['declare function check<T>(value: T): void', ...samples].join('\n'))).toEqual([])
  })

  it('writes descriptions and defaults as comments that nothing can end', () => {
    const a = { type: 'string', description: 'one */ process.exit() /*\n two \u202e\u0000', default: 'x' }
    expect(toTypeScript({ type: 'object', properties: { a } }).type).toBe(
      '{\n  /** one *\\/ process.exit() /* two \ufffd\ufffd Default: "x" */\n  a?: string\n}',
    )
  })

  it('escapes what would end or hide a literal', () => {
    const schema = { enum: ["'; process.exit(); '", '\u2028', '\u{e0041}', '\\', '\ud800'] }
    expect(toTypeScript(schema).type).toBe(
      String.raw`'\'; process.exit(); \'' | '\u2028' | '\u{e0041}' | '\\' | '\ud800'`,
    )
  })

  it('names a long type that is used more than once', () => {
    const person = {
      type: 'object',
      properties: Object.fromEntries(['name', 'email', 'phone', 'city'].map((key) => [key, string])),
    }
    const { type, declarations } = toTypeScript(
      { $defs: { Person: person }, properties: { a: { $ref: '#/$defs/Person' }, b: { $ref: '#/$defs/Person' } } },
      { name: 'send' },
    )
    expect(type).toBe('{\n  a?: send_Person\n  b?: send_Person\n}')
    expect(declarations).toEqual([
      'type send_Person = {\n  name?: string\n  email?: string\n  phone?: string\n  city?: string\n}',
    ])
  })

  it('cuts at maxDepth and maxChars to types that still compile', () => {
    const deep = {
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'object', properties: { c: string } } } } },
    }
    expect(toTypeScript(deep, { maxDepth: 1 }).type).toBe('{\n  a?: { [key: string]: unknown }\n}')
    const wide = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, string])),
    }
    const { type } = toTypeScript(wide, { maxChars: 500 })
    expect(type.length).toBeLessThan(700)
    expect(type).toContain('[key: string]: unknown')
    expect(compileErrors(`type T = ${type}`)).toEqual([])
  })

  it('does not multiply alternatives out', () => {
    const alternatives = (key: string) => ({
      anyOf: Array.from({ length: 100 }, (_, index) => ({ properties: { [key]: { const: index } }, required: [key] })),
    })
    const { type } = toTypeScript({ allOf: ['a', 'b', 'c', 'd'].map(alternatives) })
    expect(compileErrors(`type T = ${type}\ndeclare const t: T\nexport const a: number = t.a`)).toEqual([])
  })
})
