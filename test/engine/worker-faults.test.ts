import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const INTENT = `export const metadata = { name: 'order', description: 'Orders', input: { type: 'object' } }
export default async ({ id }: { id: number }, tools: any) => {
  const { price } = await tools.shop.look({ id })
  const { receipt } = await tools.shop.buy({ id })
  return { id, price, receipt }
}
`
const CODE = `const [{ price }, again] = await Promise.all([tools.shop.look(params), tools.shop.look({ id: params.id + 1 })])
const { receipt } = await tools.shop.buy(params)
return { id: params.id, price, receipt, next: again.price }`

/** Where a thread dies: what it was to be told never reaches it, what it told is lost with it, or is the last that came. */
type Moment = 'before it is told something' | 'before what it says arrives' | 'after what it said has arrived'

/** From now on the thread that sends or gets the k-th message of all ends at it. */
function killAt(
  k: number,
  moment: Moment,
): Disposable & { readonly messages: () => number; readonly kills: () => Promise<number> } {
  let messages = 0
  const deaths: Promise<unknown>[] = []
  const isDue = (): boolean => messages++ === k
  const kill = (worker: Worker): void => {
    deaths.push(worker.terminate())
  }
  const follow = (worker: Worker): void => {
    if (moment === 'before it is told something') {
      const post = worker.postMessage.bind(worker)
      worker.postMessage = (...message) => (isDue() ? kill(worker) : post(...message))
      return
    }
    const emit = worker.emit.bind(worker) as (name: string | symbol, ...values: unknown[]) => boolean
    worker.emit = (name: string | symbol, ...values: unknown[]): boolean => {
      if (name !== 'message' || !isDue()) return emit(name, ...values)
      if (moment === 'after what it said has arrived') emit(name, ...values)
      kill(worker)
      return true
    }
  }
  process.on('worker', follow)
  return {
    messages: () => messages,
    kills: async () => (await Promise.all(deaths)).length,
    [Symbol.dispose]: () => void process.off('worker', follow),
  }
}

/** A shop that keeps a journal of what was bought. */
function shop(bought: Map<number, number>): Optimizer {
  const folder = join(temporaryFolder(), 'intents')
  mkdirSync(folder)
  writeFileSync(join(folder, 'order.ts'), INTENT)
  const upstream = createMemoryUpstream('shop', [
    { name: 'look', annotations: { readOnlyHint: true }, run: ({ id }) => ({ price: Number(id) * 10 }) },
    {
      name: 'buy',
      run: ({ id }) => {
        bought.set(Number(id), (bought.get(Number(id)) ?? 0) + 1)
        return { receipt: `r${String(id)}` }
      },
    },
  ])
  const config = defineConfig({ cacheDir: temporaryFolder(), intents: [folder], cache: { cacheable: ['shop.look'] } })
  return createOptimizer(config, {
    upstreams: [upstream],
    sandbox: createWasmBackend({ poolSize: 2, slotsPerWorker: 2 }),
  })
}

describe('a thread of the sandbox that dies', () => {
  it.each<Moment>(['before it is told something', 'before what it says arrives', 'after what it said has arrived'])(
    '%s gives no wrong answer and repeats nothing, for every message',
    { timeout: 240_000 },
    async (moment) => {
      let wrong = 0
      let failed = 0
      let k = 0
      let deaths = 0
      for (let messages = Number.POSITIVE_INFINITY; k < messages; k++) {
        const bought = new Map<number, number>()
        using faults = killAt(k, moment)
        await using gateway = shop(bought)
        const order = async (id: number): Promise<void> => {
          const answer: Answer =
            id % 2 === 0
              ? await gateway.executeIntent({ intent: 'order', params: { id } })
              : await gateway.execute({ code: CODE, params: { id } })
          const times = bought.get(id) ?? 0
          if (answer.status === 'ok') {
            const known = { id, price: id * 10, receipt: `r${id}` }
            const right = id % 2 === 0 ? known : { ...known, next: id * 10 + 10 }
            if (JSON.stringify(answer.data) !== JSON.stringify(right) || times !== 1) wrong++
            return
          }
          failed++
          const { done = [], unknown = [] } = (answer.error.details ?? {}) as Partial<Record<string, unknown[]>>
          // An error tells of what took effect, or may have.
          if (answer.error.code !== 'SANDBOX_LOST' || times > 1 || (times === 1 && done.length + unknown.length === 0))
            wrong++
        }
        await Promise.all([1, 2, 3, 4, 5, 6].map(order))
        for (const id of [7, 8]) await order(id)
        messages = faults.messages()
        const kills = await faults.kills()
        deaths += kills
        // Whatever died: from now on all is well.
        const lost = failed
        if (kills === 0) continue
        for (const id of [9, 10]) await order(id)
        expect(failed).toBe(lost)
      }
      console.log(`threads that died ${moment}: ${deaths}; wrong answers: ${wrong}; runs that failed: ${failed}`)
      expect(deaths).toBeGreaterThan(10)
      expect(wrong).toBe(0)
    },
  )
})
