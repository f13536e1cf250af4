// Saved intents of gateways that share a home: whose they are, and who sees what.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Answer, RequestContext } from '../../src/engine/engine.ts'
import type { Optimizer } from '../../src/optimizer.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const ANN: RequestContext = { principal: 'token:ann' }
const BOB: RequestContext = { principal: 'token:bob' }

const result = (answer: Answer): unknown => (answer.status === 'error' ? answer.error : answer.data)

async function save(gateway: Optimizer, code: string, context?: RequestContext, more: object = {}): Promise<unknown> {
  expect(await gateway.execute({ code }, context)).toMatchObject({ status: 'ok' })
  const params = { name: 'mine', description: 'Answers a number', code, ...more }
  return result(await gateway.executeIntent({ intent: 'save_intent', params }, context))
}
const run = async (gateway: Optimizer, context?: RequestContext): Promise<unknown> =>
  result(await gateway.executeIntent({ intent: 'mine' }, context))

const SAVED = { saved: 'mine' }
const EXISTS = { code: 'INVALID_REQUEST', message: expect.stringContaining('an intent of this name exists') }
const UNKNOWN = { code: 'UNKNOWN_INTENT' }

describe('saved intents', () => {
  it('belong to who saved them: another neither sees, runs nor overwrites them', async () => {
    const cacheDir = temporaryFolder()
    await using one = demoGateway({ cacheDir })
    await using two = demoGateway({ cacheDir })
    expect(await save(one, 'return 1', ANN)).toMatchObject(SAVED)
    for (const gateway of [one, two]) {
      expect(await run(gateway, BOB)).toMatchObject(UNKNOWN)
      expect(await run(gateway)).toMatchObject(UNKNOWN)
      const code = 'return typeof intents.mine'
      expect(result(await gateway.execute({ code }, BOB))).toBe('undefined')
      expect(JSON.stringify(await gateway.search({ query: 'answers a number' }, BOB))).not.toContain('intent mine')
      expect(JSON.stringify(await gateway.listNames({}, BOB))).not.toContain('mine')
    }
    expect(await save(two, 'return 2', BOB)).toMatchObject(SAVED)
    expect(await save(two, 'return 3', BOB, { replace: true })).toMatchObject(SAVED)
    for (const gateway of [one, two, demoGateway({ cacheDir })]) {
      expect([await run(gateway, ANN), await run(gateway, BOB)]).toEqual([1, 3])
      expect(result(await gateway.execute({ code: 'return await intents.mine()' }, ANN))).toBe(1)
      await gateway[Symbol.asyncDispose]()
    }
  })

  it('are seen by the same principal in another gateway, by name at once, in search soon', async () => {
    const cacheDir = temporaryFolder()
    await using one = demoGateway({ cacheDir })
    await using two = demoGateway({ cacheDir })
    for (const context of [undefined, ANN]) {
      const name = context === undefined ? 'of_all' : 'of_ann'
      await Promise.all([one.search({ query: 'x' }, context), two.search({ query: 'x' }, context)])
      expect(await save(one, 'return 5', context, { name })).toMatchObject({ saved: name })
      expect(result(await two.executeIntent({ intent: name }, context))).toBe(5)
      await expect
        .poll(async () => JSON.stringify(await two.search({ query: 'answers a number' }, context)), { timeout: 5_000 })
        .toContain(name)
      // Replaced, and taken away, elsewhere.
      expect(await save(two, 'return 6', context, { name, replace: true })).toMatchObject({ saved: name })
      const again = async (): Promise<unknown> => result(await one.executeIntent({ intent: name }, context))
      await expect.poll(again, { timeout: 5_000 }).toBe(6)
      rmSync(join(folderOf(cacheDir, context), `${name}.ts`))
      await expect.poll(again, { timeout: 5_000 }).toMatchObject(UNKNOWN)
    }
  })

  it('of the same principal are overwritten by no gateway without "replace"', async () => {
    const cacheDir = temporaryFolder()
    await using one = demoGateway({ cacheDir })
    await using two = demoGateway({ cacheDir })
    for (const context of [undefined, ANN]) {
      const name = context === undefined ? 'of_all' : 'of_ann'
      expect(await save(one, 'return 1', context, { name })).toMatchObject({ saved: name })
      expect(await save(two, 'return 2', context, { name })).toMatchObject(EXISTS)
      expect(result(await two.executeIntent({ intent: name }, context))).toBe(1)
    }
    // All at once: one wins.
    const tries = await Promise.all(
      [one, two, one, two].map(async (gateway, at) => await save(gateway, `return ${at}`, ANN, { name: 'raced' })),
    )
    expect(tries.filter((answer) => JSON.stringify(answer).includes('"saved"'))).toHaveLength(1)
  })

  it('of the local user cannot be replaced, nor hidden, by another principal', async () => {
    const cacheDir = temporaryFolder()
    await using gateway = demoGateway({ cacheDir })
    expect(await save(gateway, 'return 1')).toMatchObject(SAVED)
    for (const replace of [false, true])
      expect(await save(gateway, 'return 2', ANN, { replace })).toMatchObject({
        ...EXISTS,
        suggestion: 'choose another name',
      })
    expect([await run(gateway), await run(gateway, ANN)]).toEqual([1, 1])
  })

  it('are for the owner alone, in folders for the owner alone, and leave nothing beside them', async () => {
    const cacheDir = temporaryFolder()
    await using gateway = demoGateway({ cacheDir })
    await save(gateway, 'return 1')
    await save(gateway, 'return 1', ANN, { name: 'other' })
    for (const folder of [folderOf(cacheDir), folderOf(cacheDir, ANN)]) {
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
      expect(files).toHaveLength(1)
      expect(statSync(join(folder, files[0]?.name ?? '')).mode & 0o777).toBe(0o600)
    }
  })

  it('of a folder with other files leave those alone', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'first'))
    mkdirSync(join(folder, 'second'))
    const source = (value: number): string =>
      `export const metadata = { name: 'both', description: 'Says ${value}', input: { type: 'object' } }\nexport default async () => ${value}\n`
    writeFileSync(join(folder, 'first', 'both.ts'), source(1))
    writeFileSync(join(folder, 'second', 'both.ts'), source(2))
    writeFileSync(join(folder, 'first', 'broken.ts'), 'export const')
    await using gateway = demoGateway({ intents: [join(folder, 'first'), join(folder, 'second')] })
    await gateway.ready()
    expect(result(await gateway.executeIntent({ intent: 'both' }))).toBe(1)
    expect(await save(gateway, 'return 3', undefined, { name: 'third' })).toMatchObject({ saved: 'third' })
    expect(existsSync(join(folder, 'first', 'third.ts'))).toBe(true)
    expect(result(await gateway.executeIntent({ intent: 'both' }))).toBe(1)
    expect(readFileSync(join(folder, 'second', 'both.ts'), 'utf8')).toBe(source(2))
  })
})

/** Where a principal's intents stand. */
function folderOf(cacheDir: string, context?: RequestContext): string {
  const folder = join(cacheDir, 'saved-intents')
  if (context === undefined) return folder
  return join(folder, readdirSync(folder).find((name) => name.startsWith('of-')) ?? '')
}
