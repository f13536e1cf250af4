import { describe, expect, it } from 'vitest'
import type { Catalog } from '../../src/catalog/catalog.ts'
import { declarations } from '../../src/catalog/declarations.ts'
import { isRefusedName } from '../../src/catalog/names.ts'
import { signature } from '../../src/catalog/signature.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import { noData } from '../support/shared-data.ts'
import { compileErrors } from './support/compile.ts'
import { hostileTools } from './support/definitions.ts'

async function hostileCatalog(mode: string, ...options: readonly string[]): Promise<Catalog> {
  const tools = await hostileTools(mode, ...options)
  return createCatalog({ servers: [{ name: 'hostile', state: 'ready', tools }], intents: [] })
}

const about = (catalog: Catalog, tool: string): string[] =>
  catalog.problems.filter(({ where }) => where === `hostile.${tool}`).map(({ what }) => what)

describe.skipIf(noData('hostile servers'))('a catalog of a hostile server', () => {
  it('survives bad schemas: each tool stays callable, and what was dropped is reported', async () => {
    const catalog = await hostileCatalog('list-bad-schemas')
    const { validate } = createValidator()
    for (const tool of catalog.tools.values()) {
      if (['add', 'echo', 'slow', 'counter'].includes(tool.key)) continue
      expect(validate(tool.inputSchema, { s: `${'a'.repeat(10_000)}!`, next: { next: {} } })).toBeUndefined()
      expect(signature({ kind: 'tool', tool }).length).toBeLessThanOrEqual(200)
    }
    const schemaOf = (key: string) => catalog.tools.get(`hostile.${key}`)?.inputSchema
    expect(['badtype', 'nullschema', 'noschema', 'boolschema', 'doubling', 'remote', 'file'].map(schemaOf)).toEqual(
      Array(7).fill(true),
    )
    expect(schemaOf('recursive')).toEqual({ type: 'object', properties: { next: { $ref: '#' } } })
    for (const key of ['badtype', 'nullschema', 'noschema', 'doubling', 'remote', 'file', 'loop', 'protokeys']) {
      expect(about(catalog, key), key).toHaveLength(1)
    }
    expect(about(catalog, 'recursive')).toEqual([])
    expect(compileErrors(declarations(catalog))).toEqual([])
  })

  it('gives every bad name a safe identifier of its own, and reports it', async () => {
    const catalog = await hostileCatalog('list-bad-names')
    const tools = [...catalog.tools.values()]
    expect(tools.every(({ key }) => /^[A-Za-z_]\w{0,79}$/.test(key) && !isRefusedName(key))).toBe(true)
    const key = (name: string) => tools.find(({ tool }) => tool === name)?.key
    expect(key('echo')).toBe('echo')
    expect(key('a_b')).toBe('a_b')
    expect(key('echo\u200b')).toMatch(/^echo_[0-9a-f]{4}$/)
    expect(key('a-b')).toMatch(/^a_b_[0-9a-f]{4}$/)
    expect(key('__proto__')).toBe('__proto___')
    expect(tools.filter(({ tool }) => tool === 'echo')).toHaveLength(1)
    expect(catalog.problems.filter(({ what }) => what.includes('without a name'))).toHaveLength(4)
    expect(
      catalog.problems.every(
        ({ where, what }) => !/[\u0000-\u001f\u200b\u202e]/.test(where + what) && where.length < 100,
      ),
    ).toBe(true)
    expect(compileErrors(declarations(catalog))).toEqual([])
  })

  it('gives up a schema of a megabyte, and takes its tool in', async () => {
    const catalog = await hostileCatalog('list-big-schema', '--bytes', '5000000')
    expect(catalog.tools.get('hostile.big')?.inputSchema).toBe(true)
    expect(about(catalog, 'big')).toEqual([expect.stringContaining('properties, more than 2000')])
    expect(declarations(catalog).length).toBeLessThan(5_000)
  })

  it('cleans hidden characters out of descriptions and reports them', async () => {
    const catalog = await hostileCatalog('list-poisoned')
    expect(catalog.tools.get('hostile.hidden')?.description).toMatch(/^Nice tool\.\ufffd+$/)
    expect(about(catalog, 'hidden')).toEqual([
      'description holds characters that hide or reorder text; they were replaced',
    ])
  })
})
