import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demoGateway } from '../support/gateway.ts'
import { oddServer } from '../support/odd-server.ts'
import { temporaryFolder } from '../support/servers.ts'

const hangs = {
  ...oddServer({ before: 'globalThis.answer = (id, method) => method === "initialize"' }),
  startTimeoutMs: 60_000,
}
const add = { code: 'return await tools.demo.add({ a: 1, b: 2 })' }

describe('a server that hangs at start', () => {
  it('holds up nobody who does not need it', async () => {
    await using gateway = demoGateway({ servers: { hangs } })
    const started = performance.now()
    expect(await gateway.execute(add)).toMatchObject({ data: { sum: 3 } })
    expect(await gateway.execute({ code: 'return 1 + 1' })).toMatchObject({ data: 2 })
    expect(await gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 1 } })).toMatchObject({
      data: { sum: 2 },
    })
    expect(await gateway.search({ query: 'add numbers', server: 'demo' })).toMatchObject({ status: 'ok' })
    expect(performance.now() - started).toBeLessThan(9_000)
  })

  it('holds up searches once, not each time, and they name it', async () => {
    await using gateway = demoGateway({ servers: { hangs } })
    const waits: number[] = []
    for (let at = 0; at < 3; at++) {
      const before = performance.now()
      const found = await gateway.search({ query: 'add numbers' })
      waits.push(performance.now() - before)
      expect(JSON.stringify(found)).toContain('demo.add')
      expect(JSON.stringify(found)).toContain('hangs')
    }
    expect(Math.max(...waits.slice(1))).toBeLessThan(2_000)
  }, 30_000)

  it('is waited for by who needs it alone, and said to be starting', async () => {
    await using gateway = demoGateway({ servers: { hangs: { ...hangs, startTimeoutMs: 15_000 } } })
    expect(await gateway.executeIntent({ intent: 'hangs.act' })).toMatchObject({
      status: 'error',
      error: { message: expect.stringContaining('is still starting') },
    })
    for (let at = 0; at < 3; at++) {
      const before = performance.now()
      expect(await gateway.execute(add)).toMatchObject({ status: 'ok' })
      expect(performance.now() - before).toBeLessThan(9_000)
    }
  }, 60_000)
})

describe('intents that never end', () => {
  it('are read beside the others', async () => {
    const folder = join(temporaryFolder(), 'intents')
    mkdirSync(folder)
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.ts`), 'for (;;);')
    const metadata = `{ name: 'fine', description: 'Gives one', servers: [], readOnly: true, input: { type: 'object' } }`
    writeFileSync(join(folder, 'fine.ts'), `export const metadata = ${metadata}\nexport default async () => 1\n`)
    await using gateway = demoGateway({ intents: [folder], sandbox: { poolSize: 4 } })
    const started = performance.now()
    await gateway.ready(30_000)
    expect(await gateway.executeIntent({ intent: 'fine' })).toMatchObject({ status: 'ok', data: 1 })
    expect(performance.now() - started).toBeLessThan(25_000)
  }, 40_000)
})

it('a server that does not answer within the time of the request is told from a caller who left', async () => {
  await using gateway = demoGateway({
    servers: { silent: oddServer({ call: '', before: 'globalThis.answer = (id, method) => method === "tools/call"' }) },
  })
  const answer = await gateway.executeIntent({ intent: 'silent.act', timeoutMs: 200 })
  expect(answer).toMatchObject({
    status: 'error',
    error: { code: 'TIMEOUT', message: expect.stringContaining('within 200 ms'), details: { outcome: 'unknown' } },
  })
})
