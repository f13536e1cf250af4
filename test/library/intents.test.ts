import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createOptimizer, defineConfig } from '../../src/index.ts'
import { defineIntent, type FromSchema } from '../../src/library/intents.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const BEFORE = `import { defineIntent } from 'mcp-optimizer/intents'
export const metadata = { name: 'double', description: 'Doubles a number', servers: ['maths'],
  input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } } as const
`
const SOURCES: [string, string][] = [
  [
    'as documented',
    `${BEFORE}export default defineIntent(metadata, async ({ n }, tools) => (await tools.maths.twice({ n })).result)`,
  ],
  [
    'in several lines',
    BEFORE.replace('{ defineIntent }', '{\n  defineIntent,\n}') +
      `export default defineIntent(metadata, ({ n }) => n * 2)`,
  ],
  [
    'with types beside it',
    BEFORE.replace('{ defineIntent }', '{ defineIntent, type Tools }') +
      `export default defineIntent(metadata, ({ n }, _tools: Tools) => n * 2)`,
  ],
]

describe('an intent that imports defineIntent', () => {
  it.each(SOURCES)('runs, written %s', async (_how, source) => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-intents-'))
    writeFileSync(join(folder, 'double.ts'), source)
    const maths = createMemoryUpstream('maths', [{ name: 'twice', run: ({ n }) => ({ result: Number(n) * 2 }) }])
    await using optimizer = createOptimizer(defineConfig({ cacheDir: temporaryFolder(), intents: [folder] }), {
      upstreams: [maths],
    })
    const answer = await optimizer.executeIntent<number>({ intent: 'double', params: { n: 4 } })
    expect(answer).toMatchObject({ status: 'ok', data: 8 })
  })

  it('still says of other imports that they are not here, at their place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-intents-'))
    writeFileSync(join(folder, 'odd.ts'), BEFORE.replace('defineIntent', 'defineEverything'))
    await using optimizer = createOptimizer(defineConfig({ cacheDir: temporaryFolder(), intents: [folder] }))
    await optimizer.ready()
    expect(optimizer.problems()).toEqual([expect.objectContaining({ what: expect.stringContaining('import') })])
  })

  it('is its own program outside of a sandbox, so that tests can call it', async () => {
    const metadata = {
      name: 'a',
      description: 'b',
      input: { type: 'object', properties: { n: { type: 'integer' } } },
    } as const
    const program = defineIntent(metadata, ({ n = 1 }) => n + 1)
    expect(program({ n: 2 }, undefined as never, undefined as never)).toBe(3)
  })

  it('knows the type of its input from the schema', () => {
    type Input = FromSchema<{
      readonly type: 'object'
      readonly properties: {
        readonly a: { readonly type: 'string' }
        readonly b: { readonly enum: readonly ['x', 'y'] }
        readonly c: { readonly type: 'array'; readonly items: { readonly type: 'number' } }
        readonly d: { readonly anyOf: readonly [] }
      }
      readonly required: readonly ['a']
    }>
    expectTypeOf<Input>().toEqualTypeOf<{
      readonly a: string
      readonly b?: 'x' | 'y'
      readonly c?: readonly number[]
      readonly d?: unknown
    }>()
  })
})
