import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createExactCounter, type ExactCounter } from '../../src/tokens/exact-counter.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import { demoGateway } from '../support/gateway.ts'

const loaded = async (counter: ExactCounter): Promise<void> =>
  await expect.poll(async () => await counter.count(['a b'])).toEqual([2])
/** Takes minutes to count. */
const HARD = 'a'.repeat(900_000)

describe('the exact counter', () => {
  it('knows nothing while it loads, and then counts as the tokenizer does', async () => {
    await using counter = createExactCounter({ waitMs: 10_000 })
    expect(await counter.count(['a b'])).toBeUndefined()
    await loaded(counter)
    const tokenizer = await loadTokenizer('cl100k_base')
    const texts = ['', '{"id":12345,"title":"row"}', '<|endoftext|>', '日本語 𝒳 \ud800', 'word '.repeat(10_000)]
    expect(await counter.count(texts)).toEqual(texts.map(tokenizer.count))
    const many = Array.from({ length: 200 }, (_, n) => `${n} ${'x '.repeat(n)}`)
    expect(await Promise.all(many.map(async (text) => await counter.count([text])))).toEqual(
      many.map((text) => [tokenizer.count(text)]),
    )
  })

  it('holds nobody up with a text that takes minutes, and counts again soon after', async () => {
    await using counter = createExactCounter({ stuckMs: 200 })
    await loaded(counter)
    const hard = counter.count([HARD])
    const behind = counter.count(['a b'])
    expect(await hard).toBeUndefined()
    expect(await behind).toBeUndefined()
    // While it is stuck nobody waits.
    expect(await counter.count(['a b'])).toBeUndefined()
    await loaded(counter)
    expect(await counter.count([`${HARD}${HARD}`])).toBeUndefined()
    expect(await counter.count(['a b'])).toEqual([2])
  })

  it('comes to count although whoever asks gives the event loop no turn of its own', async () => {
    await using counter = createExactCounter()
    let tokens = await counter.count(['a b'])
    for (const end = performance.now() + 20_000; tokens === undefined && performance.now() < end;)
      tokens = await counter.count(['a b'])
    expect(tokens).toEqual([2])
  })

  it('starts another thread when its own has died', async () => {
    const workers: Worker[] = []
    const note = (worker: Worker): unknown => workers.push(worker)
    process.on('worker', note)
    await using counter = createExactCounter({ waitMs: 10_000 })
    await loaded(counter)
    const asked = counter.count([HARD])
    await workers[0]?.terminate()
    expect(await asked).toBeUndefined()
    await loaded(counter)
    expect(workers).toHaveLength(2)
    process.off('worker', note)
  })

  it('answers nothing after its end, and its thread keeps no process alive', async () => {
    const counter = createExactCounter()
    await loaded(counter)
    await counter[Symbol.asyncDispose]()
    expect(await counter.count(['a'])).toBeUndefined()
    const url = JSON.stringify(new URL('../../dist/tokens/exact-counter.js', import.meta.url).href)
    const script = `const { createExactCounter } = await import(${url})
const counter = createExactCounter()
while ((await counter.count(['a b'])) === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
console.log('counted')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    })
    expect(stdout).toBe('counted\n')
  })
})

it('counts in a gateway only where that is switched on; until then, and by default, metadata says estimate', async () => {
  const tokenizer = await loadTokenizer('cl100k_base')
  await using plain = demoGateway()
  expect(plain.exactTokens).toBeUndefined()
  await using gateway = demoGateway({ features: { exactTokens: true } })
  const request = { intent: 'demo.fail' }
  const first = await gateway.executeIntent(request)
  const estimated = await plain.executeIntent(request)
  for (const { metadata } of [first, estimated])
    expect(metadata).toMatchObject({ tokenizer: 'estimate', tokens_used: estimated.metadata.tokens_used })
  await expect.poll(async () => (await gateway.executeIntent(request)).metadata.tokenizer).toBe('cl100k_base')
  const answer = await gateway.executeIntent(request)
  const text = JSON.stringify(answer.status === 'error' ? answer.error : undefined)
  expect(answer.metadata.tokens_used).toBe(tokenizer.count(JSON.stringify(request)) + tokenizer.count(text))
  // A preview is what the agent gets.
  const large = await gateway.executeIntent({ intent: 'demo.rows', params: { count: 2_000 } })
  const preview = JSON.stringify(large.status === 'ok' ? large.data : undefined)
  expect(preview).toContain('handle')
  const asked = tokenizer.count('{"intent":"demo.rows","params":{"count":2000}}')
  expect(large.metadata).toMatchObject({ tokenizer: 'cl100k_base', tokens_used: asked + tokenizer.count(preview) })
})
