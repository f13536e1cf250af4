import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { declarations } from '../../src/catalog/declarations.ts'
import type { CatalogTool } from '../../src/catalog/catalog.ts'
import { createOutputTypes, type OutputTypes } from '../../src/catalog/output-types.ts'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { createTypeFiles } from '../../src/catalog/type-files.ts'
import { toShortType } from '../../src/catalog/typings.ts'
import { createValidator } from '../../src/catalog/validate.ts'
import { temporaryFolder } from '../support/servers.ts'
import { compileErrors } from './support/compile.ts'

const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }
const catalogWith = (description: string) =>
  createCatalog({
    servers: [
      {
        name: 'demo',
        state: 'ready',
        tools: [
          { name: 'list', description, inputSchema: { type: 'object' } },
          { name: 'typed', inputSchema: { type: 'object' }, outputSchema },
        ],
      },
    ],
    intents: [],
  })
const catalog = catalogWith('Lists')
const tool = (id: string, from = catalog): CatalogTool => {
  const found = from.tools.get(`demo.${id}`)
  if (found === undefined) throw new TypeError(`no tool ${id}`)
  return found
}
const create = (folder?: string): OutputTypes =>
  createOutputTypes({
    files: folder === undefined ? undefined : createTypeFiles(folder),
    validator: createValidator(),
    later: (work) => work(),
  })
const typeOf = (outputs: OutputTypes, of = tool('list')): string => toShortType(outputs.outputOf(of) ?? true, 5)

describe('learned output types', () => {
  it('are the structure of all results seen', () => {
    const outputs = create()
    expect(outputs.outputOf(tool('list'))).toBeUndefined()
    outputs.note(tool('list'), () => ({ items: [{ id: 1, title: 'a' }], next: null }))
    outputs.note(tool('list'), () => ({ items: [{ id: 2 }] }))
    expect(typeOf(outputs)).toBe('{items: {id: number; title?: string}[]; next?: null}')
    expect(outputs.report()).toEqual([
      { tool: 'demo.list', samples: 2, type: '{items: {id: number; title?: string}[]; next?: null}' },
    ])
  })

  it('show the data in texts beside the text', () => {
    const outputs = create()
    outputs.note(tool('list'), () => '| Id | State |\n|---|---|\n| 1 | open |')
    expect(typeOf(outputs)).toBe('string & {table: {Id: string; State: string}[]}')
    outputs.note(tool('list'), () => 'Nothing found')
    outputs.note(tool('list'), () => 'Found:\n```json\n{"a": 1}\n```')
    expect(typeOf(outputs)).toBe('string & {json?: {a: number}; table?: {Id: string; State: string}[]}')
  })

  it('type what programs get, without a change of the catalog', () => {
    const outputs = create()
    outputs.note(tool('list'), () => ({ items: [{ id: 1, title: 'a' }] }))
    const text = declarations(catalog, { outputOf: (of) => outputs.outputOf(of) })
    const program = `export async function main(): Promise<void> {
      const { items } = await tools.demo.list()
      const title: string | undefined = items[0]?.title
      // @ts-expect-error
      items[0]?.name
      const { n } = await tools.demo.typed()
      console.log(title, n + 1)
    }`
    expect(compileErrors(`${text}\n${program}`)).toEqual([])
    expect(catalogWith('Lists').version).toBe(catalog.version)
  })

  it('belong to a definition: another one begins anew', () => {
    const outputs = create()
    outputs.note(tool('list'), () => ({ a: 1 }))
    expect(outputs.outputOf(tool('list', catalogWith('Lists all')))).toBeUndefined()
  })

  it('give way to an output schema, and report results that break it', () => {
    const outputs = create()
    expect(outputs.note(tool('typed'), () => ({ n: 1 }))).toBeUndefined()
    expect(outputs.note(tool('typed'), () => ({ n: 'secret value' }))).toBe('n: wanted number')
    expect(outputs.outputOf(tool('typed'))).toBeUndefined()
    expect(outputs.report()).toEqual([
      { tool: 'demo.typed', samples: 2, type: 'as its own schema says', problem: 'n: wanted number' },
    ])
  })

  it('look at the first results, and seldom at later ones', () => {
    const outputs = create()
    for (let call = 0; call < 1_000; call++) outputs.note(tool('list'), () => ({ a: call }))
    expect(outputs.report()[0]?.samples).toBeLessThan(50)
  })

  it('survive a restart, in small files without a value', async () => {
    const folder = temporaryFolder()
    await using first = create(folder)
    first.note(tool('list'), () => ({ items: [{ token: 'sk-secret' }] }))
    first.note(tool('typed'), () => ({}))
    await first[Symbol.asyncDispose]()
    const files = readdirSync(join(folder, 'types')).map((name) => readFileSync(join(folder, 'types', name), 'utf8'))
    expect(files).toHaveLength(2)
    expect(files.join('')).not.toContain('sk-secret')
    await using between = create(folder)
    between.note(tool('list'), () => ({ items: [], total: 0 }))
    await between[Symbol.asyncDispose]()
    await using second = create(folder)
    await second.load()
    expect(typeOf(second)).toBe('{items: {token: string}[]; total?: number}')
    expect(second.report()[1]?.problem).toBe('n: wanted number')
    await second.forget()
    expect(second.report()).toEqual([])
    await using third = create(folder)
    await third.load()
    expect(third.report()).toEqual([])
  })

  it('are kept also when the gateway ends right after a call', async () => {
    const folder = temporaryFolder()
    const validator = createValidator()
    const first = createOutputTypes({ files: createTypeFiles(folder), validator })
    first.note(tool('list'), () => ({ a: 1 }))
    await first[Symbol.asyncDispose]()
    await using second = create(folder)
    await second.load()
    expect(typeOf(second)).toBe('{a: number}')
  })

  it.each(['', 'hello', '{"format":1}', '{"format":1,"hash":"x","body":"{}"}'])(
    'take nothing from a file that is torn or foreign: %j',
    async (content) => {
      const folder = temporaryFolder()
      await using first = create(folder)
      first.note(tool('list'), () => ({ a: 1 }))
      await first[Symbol.asyncDispose]()
      const [name = ''] = readdirSync(join(folder, 'types'))
      writeFileSync(join(folder, 'types', name), content)
      await using second = create(folder)
      await second.load()
      expect(second.report()).toEqual([])
    },
  )
})
