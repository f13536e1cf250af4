import { describe, expect, it } from 'vitest'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import type { Answer } from '../../src/engine/engine.ts'
import type { Optimizer } from '../../src/optimizer.ts'
import { demoGateway } from '../support/gateway.ts'
import { noRedis, startRedis } from '../support/redis.ts'

const data = (answer: Answer): unknown => (answer.status === 'ok' ? answer.data : answer.error)
const begin = async (gateway: Optimizer): Promise<string> =>
  (await gateway.execute({ code: 'await state.set("a", 1)' })).metadata.session ?? ''
const goOn = async (gateway: Optimizer, session: string): Promise<unknown> =>
  data(await gateway.execute({ code: 'return await state.get("a")', session }))

describe.skipIf(noRedis('gateways that share sessions'))('sessions in Redis', () => {
  it('are where the cache is, with its password and tenant, unless they have an address of their own', async () => {
    await using redis = await startRedis(['--requirepass', 's3cret'])
    const shared = (tenant: string): PartialConfig => ({
      cache: { redis: { url: redis.url, password: 's3cret', tenant } },
      sessions: { store: 'redis' },
    })
    await using one = demoGateway(shared('one'))
    await using two = demoGateway(shared('one'))
    await using other = demoGateway(shared('other'))
    const session = await begin(one)
    expect(await goOn(two, session)).toBe(1)
    expect(await goOn(other, session)).toMatchObject({ code: 'UNKNOWN_HANDLE' })
    await using own = await startRedis()
    await using third = demoGateway({ ...shared('one'), sessions: { store: 'redis', redis: [own.url] } })
    expect(await goOn(third, session)).toMatchObject({ code: 'UNKNOWN_HANDLE' })
    expect(await goOn(third, await begin(third))).toBe(1)
  })
})

it('sessions in Redis of no address are refused, not looked for on this machine', () => {
  expect(() => demoGateway({ sessions: { store: 'redis' } })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', suggestion: expect.stringContaining('cache.redis') }),
  )
})
