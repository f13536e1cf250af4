import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { declarations, toTypeScript } from '../../src/catalog/typings.ts'
import type { ToolDefinition } from '../../src/upstream/upstream.ts'
import { dataDir, noData } from '../support/shared-data.ts'

const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))

/** What the compiler says of a declaration file; empty when it is right. */
function compile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'typings-'))
  try {
    writeFileSync(join(folder, 'all.d.ts'), text)
    execFileSync(
      tsc,
      [
        '--ignoreConfig',
        '--strict',
        '--noEmit',
        '--skipLibCheck',
        'false',
        '--lib',
        'es2023',
        '--types',
        '',
        join(folder, 'all.d.ts'),
      ],
      { encoding: 'utf8' },
    )
    return ''
  } catch (thrown) {
    return String((thrown as { stdout?: string }).stdout).slice(0, 2_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const catalogOf = (schemas: readonly unknown[]) =>
  createCatalog({
    servers: [
      {
        name: 's',
        state: 'ready',
        tools: schemas.map((inputSchema, index): ToolDefinition => ({
          name: `t${index}`,
          inputSchema,
          outputSchema: inputSchema,
          description: 'd */ x',
        })),
      },
    ],
    intents: [],
  })

const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })

const SCHEMAS: readonly [what: string, schema: unknown, type: string][] = [
  [
    'primitives',
    object(
      { a: { type: 'string' }, b: { type: 'integer' }, c: { type: 'boolean' }, d: { type: 'null' } },
      { required: ['a', 'b', 'c', 'd'] },
    ),
    '{a: string; b: number; c: boolean; d: null}',
  ],
  ['optional', object({ a: { type: 'string' } }), '{a?: string}'],
  ['enum', object({ a: { enum: ['x', 1, null, true] } }, { required: ['a'] }), '{a: "x" | 1 | null | true}'],
  ['const', { const: 'x' }, '"x"'],
  ['type arrays', { type: ['string', 'null'] }, 'string | null'],
  ['nullable (OpenAPI)', { type: 'string', nullable: true }, 'string | null'],
  ['arrays', { type: 'array', items: { type: 'string' } }, 'string[]'],
  ['arrays of unions', { type: 'array', items: { type: ['string', 'number'] } }, '(string | number)[]'],
  [
    'tuples, 2020-12',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 },
    '[string, number]',
  ],
  [
    'tuples, draft-07',
    { type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'number' }, minItems: 1 },
    '[string, ...number[]]',
  ],
  ['anyOf', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
  [
    'oneOf with null',
    { oneOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { type: 'null' }] },
    '{a?: string} | null',
  ],
  [
    'allOf',
    { allOf: [object({ a: { type: 'string' } }), object({ b: { type: 'number' } })] },
    '{a?: string} & {b?: number}',
  ],
  ['records', { type: 'object', additionalProperties: { type: 'number' } }, '{[key: string]: number}'],
  ['patternProperties', { type: 'object', patternProperties: { '^x': { type: 'number' } } }, '{[key: string]: number}'],
  ['boolean schemas', object({ a: true, b: false }, { required: ['a', 'b'] }), '{a: unknown; b: never}'],
  ['required without property', { type: 'object', required: ['x'] }, '{x: unknown}'],
  ['odd names', object({ 'a-b': { type: 'string' }, '1': { type: 'string' } }), '{"1"?: string; "a-b"?: string}'],
  ['local references', { $defs: { a: { type: 'string' } }, ...object({ x: { $ref: '#/$defs/a' } }) }, '{x?: string}'],
  ['references that lead nowhere', object({ x: { $ref: '#/nope' } }), '{x?: unknown}'],
  ['if and not', { type: 'string', not: { const: 'x' }, if: {}, then: {} }, 'string'],
  ['unknown types', { type: 'banana' }, 'unknown'],
  ['nothing', {}, 'unknown'],
  ['not a schema', 'x', 'unknown'],
]

describe('JSON Schema to TypeScript', () => {
  it.each(SCHEMAS)('%s', (_what, schema, type) => {
    expect(toTypeScript(schema).type).toBe(type)
  })

  it('names a recursive type', () => {
    const schema = {
      $defs: {
        Node: object({ value: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/Node' } } }),
      },
      $ref: '#/$defs/Node',
    }
    expect(toTypeScript(schema)).toEqual({
      type: 'Node',
      declarations: ['type Node = {value?: string; children?: Node[]}'],
    })
  })

  it('ends for schemas that only lead to themselves', () => {
    const loop = { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }
    const doubling = {
      $defs: Object.fromEntries(
        Array.from({ length: 40 }, (_, index) => [
          `d${index}`,
          index === 0
            ? { type: 'object' }
            : { allOf: [{ $ref: `#/$defs/d${index - 1}` }, { $ref: `#/$defs/d${index - 1}` }] },
        ]),
      ),
      $ref: '#/$defs/d39',
    }
    expect(compile(declarations(catalogOf([loop, doubling, object({ next: { $ref: '#' } })])))).toBe('')
  })

  it('compiles for all of these at once', () => {
    expect(compile(declarations(catalogOf(SCHEMAS.map(([, schema]) => schema))))).toBe('')
  })

  it('compiles for random schemas', () => {
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom(
          { type: 'string' },
          { type: ['number', 'null'] },
          {},
          true,
          { const: 'a"\n' },
          { enum: [1, 'x*/', null] },
          { $ref: '#' },
        ),
        fc.record({
          type: fc.constant('object'),
          properties: fc.dictionary(fc.string({ maxLength: 8 }), tie('schema'), { maxKeys: 4 }),
          required: fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
        }),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
        fc.record({ allOf: fc.array(tie('schema'), { maxLength: 3 }), description: fc.string() }),
        fc.record({ prefixItems: fc.array(tie('schema'), { maxLength: 3 }), type: fc.constant('array') }),
      ),
    }))
    expect(compile(declarations(catalogOf(fc.sample(schema, { numRuns: 400, seed: 7 }))))).toBe('')
  })

  it.skipIf(noData('typings of real catalogs'))('compiles for all 3,035 tools of 71 real servers', () => {
    const servers = readdirSync(join(dataDir, 'catalogs')).map((file) => {
      const { tools } = JSON.parse(readFileSync(join(dataDir, 'catalogs', file), 'utf8')) as { tools: ToolDefinition[] }
      return { name: file.replace('.json', ''), state: 'ready' as const, tools }
    })
    const catalog = createCatalog({ servers, intents: [] })
    expect(catalog.tools.size).toBe(3_035)
    expect(catalog.problems).toEqual([])
    expect(compile(declarations(catalog))).toBe('')
  })
})
