import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { screenSchema } from '../../src/catalog/schema.ts'
import { signature } from '../../src/catalog/signature.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { declarations } from '../../src/catalog/declarations.ts'
import { parameterDocs } from '../../src/catalog/parameters.ts'
import { assignKeys } from '../../src/catalog/names.ts'
import type { JsonObject } from '../../src/internal/json.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import { compileErrors } from './support/compile.ts'

const SEED = 20_261_124
const names = fc.oneof(
  fc.constantFrom('a', 'b', 'constructor', 'a-b', '1', "it's", 'toString', '*/', 'get', 'new'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const types = fc.constantFrom('array', 'boolean', 'integer', 'null', 'number', 'object', 'string', 'banana')
const odd = fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.constant([]), fc.constant({}))

const pair = (keyword: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<[string, unknown]> =>
  fc.tuple(fc.constant(keyword), value)
const references = ['#', '#/$defs/a', '#/definitions/b', '#/properties/a', '#/items', 'http://x.invalid/', '#a', '']
const json = fc.jsonValue({ maxDepth: 1 })

const { schema: schemas } = fc.letrec<{ schema: unknown; map: object; list: unknown[] }>((tie) => {
  const inner = [
    'additionalProperties',
    'additionalItems',
    'contains',
    'else',
    'if',
    'not',
    'propertyNames',
    'then',
    'unevaluatedProperties',
  ]
  const maps = ['$defs', 'definitions', 'patternProperties', 'properties', 'properties', 'dependencies']
  const keywords = [
    ...inner.map((keyword) => pair(keyword, tie('schema'))),
    ...maps.map((keyword) => pair(keyword, tie('map'))),
    ...['allOf', 'anyOf', 'oneOf', 'prefixItems'].map((keyword) => pair(keyword, tie('list'))),
    ...['minItems', 'maxItems', 'minimum', 'maxLength'].map((keyword) =>
      pair(keyword, fc.integer({ min: -1, max: 4 })),
    ),
    ...['uniqueItems', 'nullable', 'exclusiveMinimum'].map((keyword) => pair(keyword, fc.boolean())),
    ...['properties', 'required', 'items', 'minimum', 'enum', 'anyOf', '$ref'].map((keyword) => pair(keyword, odd)),
    pair('type', types),
    pair('type', fc.array(types, { maxLength: 3 })),
    pair('items', fc.oneof(tie('schema'), tie('list'))),
    pair('required', fc.array(names, { maxLength: 3 })),
    pair('dependencies', fc.dictionary(names, fc.array(names), { maxKeys: 2 })),
    pair('enum', fc.array(json, { maxLength: 4 })),
    pair('const', json),
    pair('default', json),
    pair('description', fc.string({ unit: 'binary', maxLength: 20 })),
    pair('pattern', fc.constantFrom('^a', '(a+)+$')),
    pair('format', fc.constantFrom('date', 'uri')),
    pair('$ref', fc.constantFrom(...references)),
    pair('$ref', fc.constantFrom(...references)),
  ]
  return {
    map: fc.dictionary(names, tie('schema'), { maxKeys: 3 }),
    list: fc.array(tie('schema'), { maxLength: 3 }),
    schema: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.boolean(),
      {
        weight: 12,
        arbitrary: fc.array(fc.oneof(...keywords), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
      },
      odd,
    ),
  }
})

/** What Ajv says of the whole schema; undefined when it does not compile (a pattern that is no regular expression). */
function oracle(schema: JsonObject, value: unknown): boolean | undefined {
  try {
    return new Ajv2020({
      strict: false,
      validateSchema: false,
      validateFormats: false,
      logger: false,
      ownProperties: true,
    }).compile(schema)(value)
  } catch {
    return undefined
  }
}

describe('any schema', () => {
  it('is screened to the same result twice', () => {
    const check = (raw: unknown): void => {
      const { schema } = screenSchema(raw)
      expect(screenSchema(schema)).toEqual({ schema, problems: [] })
    }
    fc.assert(fc.property(schemas, check), { seed: SEED, numRuns: 1_000 })
  })

  it('compiles to a check that answers for any value', () => {
    const problems: string[] = []
    const { validate } = createValidator({ onProblem: (problem) => problems.push(problem) })
    const check = (raw: unknown, value: unknown): void => {
      const problem = validate(screenSchema(raw).schema, value)
      if (problem !== undefined) expect(problem.message.length).toBeLessThanOrEqual(500)
    }
    fc.assert(fc.property(schemas, fc.jsonValue(), check), { seed: SEED, numRuns: 500 })
    expect(problems).toEqual([])
  })

  it('accepts what an unrestricted validator accepts, and refuses the same unless a risky keyword is in play', () => {
    const { validate } = createValidator()
    let [accepted, refused] = [0, 0]
    const check = (raw: unknown, value: unknown): void => {
      const { schema } = screenSchema(raw)
      const verdict = schema === true ? true : oracle(schema, value)
      if (verdict === undefined) return
      const isRisky = /"(pattern|patternProperties|uniqueItems|format)":/.test(JSON.stringify(schema))
      const mine = validate(schema, value) === undefined
      if (verdict || !isRisky) expect(mine).toBe(verdict)
      if (verdict) accepted += 1
      else refused += 1
    }
    fc.assert(fc.property(schemas, fc.jsonValue({ maxDepth: 2 }), check), { seed: SEED, numRuns: 1_500 })
    expect(accepted).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })

  it('has typings that compile, a bounded signature and documentation', () => {
    const samples = fc.sample(schemas, { seed: SEED, numRuns: 800 })
    const tools = samples.map((inputSchema, index) => ({
      name: `tool_${index}`,
      inputSchema,
      outputSchema: inputSchema,
    }))
    const catalog = createCatalog({ servers: [{ name: 'random', state: 'ready', tools }], intents: [] })
    for (const tool of catalog.tools.values()) {
      expect(signature({ kind: 'tool', tool }).length).toBeLessThanOrEqual(200)
      expect(parameterDocs(tool.inputSchema).length).toBeLessThanOrEqual(6_002)
    }
    expect(catalog.tools.size).toBe(samples.length)
    expect(compileErrors(declarations(catalog))).toEqual([])
  })
})

describe('any names', () => {
  it('get different identifiers, whatever their order', () => {
    const check = (list: readonly string[]): void => {
      const keys = assignKeys(list)
      expect(new Set(keys.values()).size).toBe(new Set(list).size)
      expect([...keys.values()].every((key) => /^[A-Za-z_]\w*$/.test(key))).toBe(true)
      expect(assignKeys(list.toReversed())).toEqual(keys)
    }
    fc.assert(fc.property(fc.array(names, { maxLength: 30 }), check), { seed: SEED, numRuns: 300 })
  })
})
