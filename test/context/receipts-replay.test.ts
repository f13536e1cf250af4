// A receipt beside an agent that calls the same tools itself (new-user F7).
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Receipt } from '../../src/context/receipts.ts'
import type { Answer } from '../../src/engine/engine.ts'
import type { JsonObject } from '../../src/internal/json.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { estimateTokenizer } from '../../src/tokens/estimate.ts'
import { createMemoryUpstream, type MemoryTool } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const input = (...names: string[]): object => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  required: names,
  additionalProperties: false,
})
const row = (id: string): object => ({ id, title: `about ${id}`, text: 'some words of it '.repeat(8) })
const TOOLS: readonly MemoryTool[] = [
  { name: 'list', description: 'Lists all', inputSchema: input(), run: () => ({ ids: ['a', 'b', 'c'] }) },
  { name: 'get', description: 'Gets one', inputSchema: input('id'), run: ({ id }) => row(String(id)) },
  { name: 'set', description: 'Sets one', inputSchema: input('id', 'title'), run: () => ({ done: true }) },
  { name: 'deny', description: 'Refuses', inputSchema: input(), run: () => Promise.reject(new Error('not allowed')) },
]

type Call = readonly [name: string, args: JsonObject]

/** Tokens of an agent that has every definition and makes these calls, those of one turn side by side. */
async function replay(rounds: readonly (readonly Call[])[]): Promise<Receipt['allDefinitions']> {
  const count = (value: unknown): number => estimateTokenizer.count(JSON.stringify(value))
  const definitions = TOOLS.reduce(
    (sum, { name, description, inputSchema }) => sum + count({ name, description, inputSchema }),
    0,
  )
  let [requests, answers] = [0, 0]
  for (const [name, args] of rounds.flat()) {
    const tool = TOOLS.find((one) => one.name === name)
    requests += estimateTokenizer.count(`crm.${name}`) + count(args)
    answers += count(await tool?.run(args, { signal: new AbortController().signal }))
  }
  const turns = rounds.length === 0 ? 0 : rounds.length + 1
  return { turns, definitions: turns * definitions, requests, answers, total: turns * definitions + requests + answers }
}

type Step = (gateway: Optimizer) => Promise<Answer>
const code =
  (text: string): Step =>
  async (gateway) =>
    await gateway.execute({ code: text }, { session: 's' })
const intent =
  (name: string, params = {}): Step =>
  async (gateway) =>
    await gateway.executeIntent({ intent: name, params }, { session: 's' })
const [a, b, c] = ['a', 'b', 'c'].map((id): Call => ['get', { id }])

describe('the other side of a receipt is what a direct agent spends on the same', () => {
  it.each<[string, readonly Step[], readonly (readonly (Call | undefined)[])[]]>([
    ['single calls', [intent('crm.list'), intent('crm.get', { id: 'a' })], [[['list', {}]], [a]]],
    [
      'a batch: one turn',
      [
        async (gateway) =>
          await gateway.executeBatch(
            { requests: ['a', 'b'].map((id) => ({ intent: 'crm.get', params: { id } })) },
            { session: 's' },
          ),
      ],
      [[a, b]],
    ],
    [
      'a program that lists, then gets all side by side: two turns',
      [
        code(
          `const { ids } = await tools.crm.list(); return await Promise.all(ids.map((id) => tools.crm.get({ id })))`,
        ),
      ],
      [[['list', {}]], [a, b, c]],
    ],
    [
      'a program that gets one after the other, which an agent would at once: two turns',
      [
        code(
          `const all = []; for (const id of (await tools.crm.list()).ids) all.push(await tools.crm.get({ id })); return all.length`,
        ),
      ],
      [[['list', {}]], [a, b, c]],
    ],
    [
      'reading, then writing: three turns',
      [
        code(
          `const { id } = await tools.crm.get({ id: 'a' }); await tools.crm.set({ id, title: 'x' }); return await tools.crm.get({ id })`,
        ),
      ],
      [[a], [['set', { id: 'a', title: 'x' }]], [a]],
    ],
    [
      'searches, lists, descriptions, state, code without calls: nothing more',
      [
        async (gateway) => await gateway.search({ query: 'get one' }, { session: 's' }),
        async (gateway) => await gateway.describe({ names: ['crm.get'] }, { session: 's' }),
        intent('crm.get', { id: 'a' }),
        code('return 1 + 1'),
        code(`return (await tools.search('list')).length`),
        code('return (await results.list()).length'),
      ],
      [[a]],
    ],
    [
      'unknown names and refused arguments: nothing',
      [
        intent('crm.gte'),
        intent('crm.get', { name: 'a' }),
        code(`return await tools.crm.get({})`),
        code(`return await tools.nowhere.x()`),
      ],
      [],
    ],
    ['a failed program, whatever it did before: nothing', [code(`await tools.crm.list(); throw new Error('no')`)], []],
    [
      'a refused call that a program lives with: not made',
      [code(`await tools.crm.get({}).catch(() => 0); return await tools.crm.get({ id: 'a' })`)],
      [[a]],
    ],
  ])('%s', async (_what, steps, rounds) => {
    await using gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
      upstreams: [createMemoryUpstream('crm', TOOLS)],
    })
    await gateway.ready()
    let receipt: Receipt | undefined
    for (const step of steps) receipt = (await step(gateway)).metadata.receipt
    const direct = await replay(rounds as readonly (readonly Call[])[])
    expect(receipt?.allDefinitions).toEqual(direct)
    expect(receipt?.saved).toBe(direct.total - (receipt?.ours.total ?? 0))
    if (rounds.length === 0) expect(receipt?.saved).toBeLessThan(0)
  })
})
