import { afterAll, describe, expect, it } from 'vitest'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { defineConfig } from '../../src/config/defaults.ts'
import { temporaryFolder } from '../support/servers.ts'

const rows = JSON.stringify({
  rows: Array.from({ length: 60_000 }, (_, id) => ({ id, name: `row ${id}`, tags: ['a', 'b'] })),
})
const lists = JSON.stringify({ lists: Array.from({ length: 1_000_000 }, () => []) })
const log = 'a line of a log, with "quotes" and {braces}\n'.repeat(50_000)
const optimizer = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
  upstreams: [
    createMemoryUpstream('big', [
      { name: 'rows', run: () => rows },
      { name: 'lists', run: () => lists },
      { name: 'log', run: () => log },
      { name: 'brackets', run: () => `[${log}]` },
    ]),
  ],
})
afterAll(async () => await optimizer[Symbol.asyncDispose]())

interface Preview {
  readonly handle: string
  readonly bytes: number
  readonly shape: string
  readonly preview: unknown
}

async function previewOf(tool: string): Promise<Preview> {
  const answer = await optimizer.executeIntent({ intent: `big.${tool}` })
  expect(answer).toMatchObject({ status: 'ok', data: { handle: expect.stringMatching(/^r_/) } })
  return (answer as unknown as { data: Preview }).data
}

describe('an answer too large to be looked at beside other work', () => {
  it('comes as a preview with shape and first rows, and is kept whole', async () => {
    const { handle, bytes, shape, preview } = await previewOf('rows')
    expect(bytes).toBe(Buffer.byteLength(rows))
    expect(shape).toContain('rows: Array<{id: number')
    expect(JSON.stringify(preview)).toContain('row 0')
    const page = await optimizer.executeIntent({
      intent: 'results.read',
      params: { handle, path: 'rows', offset: 59_999 },
    })
    expect(page).toMatchObject({ status: 'ok', data: { total: 60_000, items: [{ id: 59_999, name: 'row 59999' }] } })
  })

  it.each([
    ['log', log],
    ['brackets', `[${log}]`],
  ])('a text stays a text: %s', async (tool, text) => {
    const { handle } = await previewOf(tool)
    const params = { handle, offset: text.length - 20, limit: 20 }
    expect(await optimizer.executeIntent({ intent: 'results.read', params })).toMatchObject({
      status: 'ok',
      data: { total: text.length, text: text.slice(-20) },
    })
  })

  it('is taken apart beside the thread that serves', async () => {
    let turns = 0
    const count = (): void => {
      turns++
      if (isUnderWay) setImmediate(count)
    }
    let isUnderWay = true
    setImmediate(count)
    await previewOf('lists')
    isUnderWay = false
    // The event loop went on while a million lists were looked at.
    expect(turns).toBeGreaterThan(50)
  })
})
