import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../src/catalog/catalog.ts'
import { declarations } from '../../src/catalog/declarations.ts'
import { isRefusedName } from '../../src/catalog/names.ts'
import { signature } from '../../src/catalog/signature.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import { compileErrors } from './support/compile.ts'
import { hostileTools } from './support/definitions.ts'

async function hostileCatalog(mode: string): Promise<Catalog> {
  const tools = await hostileTools(mode)
  return createCatalog({ servers: [{ name: 'hostile', state: 'ready', tools }], intents: [] })
}

const about = (catalog: Catalog, tool: string): string[] =>
  catalog.problems.filter(({ where }) => where === `hostile.${tool}`).map(({ what }) => what)

describe('a catalog of a hostile server', () => {
  it('survives bad schemas: each tool stays callable, and what was dropped is reported', async () => {
    const catalog = await hostileCatalog('odd-schemas')
    const { validate } = createValidator()
    const odd = [...catalog.tools.values()].filter(({ key }) => key.startsWith('odd_'))
    expect(odd).toHaveLength(14)
    for (const tool of odd) {
      expect(validate(tool.inputSchema, { s: `${'a'.repeat(10_000)}!`, next: { next: {} } })).toBeUndefined()
      expect(signature({ kind: 'tool', tool }).length).toBeLessThanOrEqual(200)
    }
    const schemaOf = (index: number) => catalog.tools.get(`hostile.odd_${index}`)?.inputSchema
    // Addresses, files, types that are none, and what is no schema: everything is allowed instead.
    expect([2, 3, 4, 5, 9, 10, 11, 12, 13].map(schemaOf)).toEqual(Array(9).fill(true))
    expect(schemaOf(0)).toEqual({ type: 'object', properties: { next: { $ref: '#' } } })
    for (const index of [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13])
      expect(about(catalog, `odd_${index}`), String(index)).toHaveLength(1)
    expect(about(catalog, 'odd_0')).toEqual([])
    expect(compileErrors(declarations(catalog))).toEqual([])
  })

  it('survives schemas that double when they are written out', async () => {
    const catalog = await hostileCatalog('doubling-schema')
    for (let index = 0; index < 5; index++) {
      expect(catalog.tools.get(`hostile.doubling_${index}`)?.inputSchema).toBe(true)
      expect(about(catalog, `doubling_${index}`)).toEqual([expect.stringContaining('unfolds to more than')])
    }
    expect(declarations(catalog).length).toBeLessThan(5_000)
  })

  it('checks arguments in time where patterns take for ever', async () => {
    const catalog = await hostileCatalog('slow-patterns')
    const { validate } = createValidator()
    const started = performance.now()
    for (let index = 0; index < 6; index++)
      validate(catalog.tools.get(`hostile.pattern_${index}`)?.inputSchema ?? true, { s: `${'a'.repeat(10_000)}!` })
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('gives every bad name a safe identifier of its own, and reports it', async () => {
    const catalog = await hostileCatalog('odd-names')
    const tools = [...catalog.tools.values()]
    expect(tools.every(({ key }) => /^[A-Za-z_]\w{0,79}$/.test(key) && !isRefusedName(key))).toBe(true)
    expect(new Set(tools.map(({ key }) => key)).size).toBe(tools.length)
    const key = (name: string) => tools.find(({ tool }) => tool === name)?.key
    expect(key('echo')).toBe('echo')
    expect(key('e-cho')).toBe('e_cho')
    expect(key('e.cho')).toMatch(/^e_cho_[0-9a-f]{4}$/)
    expect(key('echo\u200b')).toMatch(/^echo_[0-9a-f]{4}$/)
    expect(key('__proto__')).toBe('__proto___')
    expect(tools.filter(({ tool }) => tool === 'echo')).toHaveLength(1)
    expect(catalog.problems.filter(({ what }) => what.includes('without a name'))).toHaveLength(7)
    expect(
      catalog.problems.every(
        ({ where, what }) => !/[\u0000-\u001f\u200b\u202e]/.test(where + what) && where.length < 100,
      ),
    ).toBe(true)
    expect(compileErrors(declarations(catalog))).toEqual([])
  })

  it('gives up a schema of megabytes, and takes its tool in', async () => {
    const catalog = await hostileCatalog('large-schema')
    expect(catalog.tools.get('hostile.large')?.inputSchema).toBe(true)
    expect(about(catalog, 'large')).toEqual([expect.stringContaining('properties, more than 2000')])
    expect(declarations(catalog).length).toBeLessThan(5_000)
  })

  it('cleans hidden characters out of descriptions and reports them', async () => {
    const catalog = await hostileCatalog('orders-in-descriptions')
    expect(catalog.tools.get('hostile.tagged')?.description).toMatch(/^Nice\.\ufffd+$/)
    expect(about(catalog, 'tagged')).toEqual([
      'description holds characters that hide or reorder text; they were replaced',
    ])
  })
})
