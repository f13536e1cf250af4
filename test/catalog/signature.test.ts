import { describe, expect, it } from 'vitest'
import type { CatalogEntry } from '../../src/catalog/catalog.ts'
import { parameterDocs } from '../../src/catalog/parameters.ts'
import { screenSchema } from '../../src/catalog/schema.ts'
import { signature, summary } from '../../src/catalog/signature.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { listedServers } from './support/definitions.ts'

function entry(inputSchema: unknown, outputSchema?: unknown): CatalogEntry {
  const definition = { name: 'do-it', inputSchema, ...(outputSchema === undefined ? {} : { outputSchema }) }
  const { tools } = createCatalog({ servers: [{ name: 'srv', state: 'ready', tools: [definition] }], intents: [] })
  const tool = tools.get('srv.do_it')
  if (tool === undefined) throw new Error('the tool is missing')
  return { kind: 'tool', tool }
}

const string = { type: 'string' }

describe('signature', () => {
  it.each([
    ['no parameters', { type: 'object', properties: {} }, 'srv.do_it()'],
    ['closed and empty', { type: 'object', additionalProperties: false }, 'srv.do_it()'],
    [
      'required and optional',
      { properties: { a: string, b: { enum: ['x', 'y'] } }, required: ['a'] },
      "srv.do_it({a: string; b?: 'x' | 'y'})",
    ],
    [
      'nested',
      { properties: { a: { type: 'array', items: { type: 'object', properties: { b: string } } } } },
      'srv.do_it({a?: {b?: string}[]})',
    ],
    ['unusable', null, 'srv.do_it({…})'],
    [
      'many values',
      { properties: { a: { enum: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } } },
      'srv.do_it({a?: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | …})',
    ],
    ['recursive', { type: 'object', properties: { next: { $ref: '#' } } }, 'srv.do_it({next?: …})'],
    ['inherited names', { required: ['constructor'], properties: {} }, 'srv.do_it({constructor: unknown})'],
  ])('of a tool with parameters that are %s', (_what, schema, expected) => {
    expect(signature(entry(schema))).toBe(expected)
  })

  it('says what a described result is', () => {
    const output = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
    expect(signature(entry({ properties: { a: string } }, output))).toBe(
      'srv.do_it({a?: string}): Promise<{n: number}>',
    )
  })

  it('cuts deep parts first, then optional parameters', () => {
    const deep = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`property_${i}`, string])),
    }
    expect(signature(entry({ properties: { id: string, deep }, required: ['id'] }))).toBe(
      'srv.do_it({id: string; deep?: {…}})',
    )
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`property_${i}`, string]))
    expect(signature(entry({ properties: { id: string, ...wide }, required: ['id'] }))).toBe(
      `srv.do_it({id: string; ${[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `property_${i}?: string; `).join('')}…})`,
    )
    expect(signature(entry({ properties: wide, required: Object.keys(wide) })).length).toBeLessThanOrEqual(200)
  })

  it('names an intent without a server', () => {
    const intent = {
      name: 'issues.list',
      description: '',
      input: { properties: { a: string } },
      servers: [],
      aliases: {},
      readOnly: true,
      origin: 'builtin',
      examples: [],
    }
    expect(signature({ kind: 'intent', intent })).toBe('issues.list({a?: string})')
  })
})

describe('summary', () => {
  it.each([
    ['Lists issues. Then more.', 'Lists issues'],
    ['Reads a file, e.g. a text. More.', 'Reads a file, e.g. a text'],
    ['\n# Title of it\n\nMore', 'Title of it'],
    ['Uses v1.2 of it\nand wraps', 'Uses v1.2 of it and wraps'],
    ['', ''],
    ['Does:\n- a\n- b', 'Does'],
    ['hidden\u202e text', 'hidden\ufffd text'],
    ['word '.repeat(50), `${'word '.repeat(20).slice(0, 94)}…`],
  ])('of %j', (description, expected) => {
    const short = summary(description)
    expect(short.length).toBeLessThanOrEqual(100)
    if (expected.endsWith('…')) expect(short).toMatch(/word…$/)
    else expect(short).toBe(expected)
  })

  it('stays fast on hostile text', () => {
    const started = performance.now()
    summary(`${' '.repeat(100_000)}x${'. '.repeat(100_000)}${'\n'.repeat(100_000)}`)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('parameterDocs', () => {
  const docs = (schema: unknown): string => parameterDocs(screenSchema(schema).schema)

  it('gives a line to each parameter, nested ones with their path', () => {
    const filter = {
      type: 'object',
      description: 'which',
      properties: { state: { enum: ['open', 'closed'], default: 'open' } },
    }
    const limit = { type: 'integer', minimum: 1, maximum: 100, description: 'How many' }
    const items = { type: 'array', items: { $ref: '#/$defs/item' } }
    const schema = {
      $defs: { item: { properties: { id: string } } },
      properties: { limit, filter, items },
      required: ['limit'],
    }
    expect(docs(schema).split('\n')).toEqual([
      'limit: number - How many. (≥ 1, ≤ 100)',
      'filter?: {…} - which.',
      "filter.state?: 'open' | 'closed' - Default: \"open\"",
      'items?: {…}[]',
      'items[].id?: string',
    ])
  })

  it('is bounded', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`p${i}`, { type: 'string', description: 'long '.repeat(200) }]),
    )
    expect(docs({ properties }).length).toBeLessThanOrEqual(6_002)
    expect(docs({ properties: { a: { $ref: '#' } } }).split('\n').length).toBeLessThan(5)
    expect(docs(null)).toBe('')
  })
})

describe('signatures of tools as servers list them', () => {
  it('are one line of bounded length', () => {
    const { tools } = createCatalog({ servers: listedServers(), intents: [] })
    const texts = [...tools.values()].map(
      (tool) => `${signature({ kind: 'tool', tool })} // ${summary(tool.description)}`,
    )
    expect(texts.filter((text) => text.includes('\n') || text.length > 304)).toEqual([])
    const mean = texts.reduce((total, text) => total + text.length, 0) / texts.length
    console.log(`signature and line of ${texts.length} real tools: ${mean.toFixed(0)} characters on average`)
    expect(mean).toBeLessThan(220)
  })
})
