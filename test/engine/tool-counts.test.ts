import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCatalog } from '../../src/catalog/snapshot.ts'
import { createToolCounts } from '../../src/engine/tool-counts.ts'
import { temporaryFolder } from '../support/servers.ts'

const catalog = (counts: Record<string, number>) =>
  createCatalog({
    servers: Object.entries(counts).map(([name, count]) => ({
      name,
      state: 'ready',
      tools: Array.from({ length: count }, (_, index) => ({ name: `t${index}`, inputSchema: { type: 'object' } })),
    })),
    intents: [],
  })

describe('tool counts', () => {
  it('stay as they were first kept, until the configuration changes', async () => {
    const folder = temporaryFolder()
    const counts = createToolCounts(folder, { a: { command: 'x' } })
    expect(counts.read()).toBeUndefined()
    await counts.keep(catalog({ a: 3 }))
    await counts.keep(catalog({ a: 9 }))
    expect(createToolCounts(folder, { a: { command: 'x' } }).read()).toEqual(new Map([['a', 3]]))
    expect(createToolCounts(folder, { a: { command: 'y' } }).read()).toBeUndefined()
  })

  it('wait for every list', async () => {
    const counts = createToolCounts(temporaryFolder(), {})
    await counts.keep(catalog({ a: 3, b: 0 }))
    await counts.keep(catalog({}))
    expect(counts.read()).toBeUndefined()
  })

  it.each(['', '[1]', '{"a":"x"}'])('take the file %j for none of use', async (content) => {
    const folder = temporaryFolder()
    const counts = createToolCounts(folder, {})
    await counts.keep(catalog({ a: 1 }))
    const [file = ''] = readdirSync(join(folder, 'tool-counts'))
    writeFileSync(join(folder, 'tool-counts', file), content)
    expect(counts.read()?.get('a')).toBeUndefined()
  })
})
