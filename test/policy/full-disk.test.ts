import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { systemClock } from '../../src/internal/clock.ts'
import type { Optimizer } from '../../src/optimizer.ts'
import { openAuditTrail } from '../../src/policy/audit-trail.ts'
import { queryAudit } from '../../src/policy/audit-query.ts'
import { verifyAudit } from '../../src/policy/audit-verify.ts'
import { openMonitor } from '../../src/surface/http/monitor.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { aCall } from '../contracts/observer.ts'
import { demoGateway } from '../support/gateway.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const disk = mountSmallDisk('an audit trail on a full disk', 1_024)

describe.skipIf(disk === undefined)('an audit trail whose disk is full', () => {
  let count = 0
  const nextFolder = (): string => join(disk?.folder ?? '', `trail-${count++}`)
  const gatewayOf = (audit: NonNullable<PartialConfig['audit']>): Optimizer =>
    demoGateway({
      audit,
      // What a server says of its tools is not enough.
      cache: { cacheable: ['demo.rows'] },
      http: { maxLoopDelayMs: 60_000 },
    })
  const add = async (gateway: Optimizer): Promise<unknown> => {
    const answer = await gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    return answer.status === 'error' ? answer.error : answer.data
  }
  beforeEach(() => disk?.empty())
  afterAll(() => disk?.[Symbol.dispose]())

  it('refuses calls that may act where it is required, and lets those that read pass', async () => {
    const folder = nextFolder()
    await using gateway = gatewayOf({ required: true, folder })
    expect(await add(gateway)).toEqual({ sum: 3 })
    disk?.fill()
    // The last block of the file may have room for some lines.
    for (let index = 0; index < 20; index++) await add(gateway)
    expect(await add(gateway)).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /cannot call demo\.add: the audit trail cannot be written \(ENOSPC\).*nothing was sent/,
      ),
    })
    const read = await gateway.executeIntent({ intent: 'demo.rows', params: { count: 1 } })
    expect(read.status).toBe('ok')
    const program = await gateway.execute({ code: 'return await tools.demo.add({ a: 1, b: 1 })' })
    expect(program).toMatchObject({ status: 'error', error: { code: 'STORE_UNAVAILABLE' } })
    disk?.empty()
    expect(await add(gateway)).toEqual({ sum: 3 })
    const [report] = await verifyAudit(folder)
    expect(report?.problems).toEqual([])
    expect(report?.missing).toBeGreaterThan(0)
  })

  it('has a line of each call that was made before it was made', async () => {
    const folder = nextFolder()
    await using gateway = gatewayOf({ required: true, folder })
    await add(gateway)
    const [begin, call] = (await queryAudit(folder)).filter(({ kind }) => kind === 'begin' || kind === 'call')
    expect([begin?.kind, begin?.tool, begin?.id]).toEqual(['begin', 'demo.add', call?.id])
  })

  it('lets all calls pass where it is not required, and says so until it is whole again', async () => {
    const folder = nextFolder()
    await using gateway = gatewayOf({ enabled: true, folder })
    using monitor = await openMonitor(gateway)
    await using service = await serveHttp(
      gateway,
      createSurface({ servers: ['demo'], compact: false, programs: true, version: '0' }),
      { port: 0, monitor },
    )
    const ready = async (): Promise<number> => (await fetch(`${service.url}/readyz`)).status
    expect(await ready()).toBe(200)
    disk?.fill()
    for (let index = 0; index < 40; index++) expect(await add(gateway)).toEqual({ sum: 3 })
    expect(await ready()).toBe(503)
    expect(gateway.observation.audit()).toMatchObject({ problem: 'ENOSPC' })
    const [during] = await verifyAudit(folder)
    expect(during).toMatchObject({ problems: [], torn: 0 })
    // Nothing was written after the gap, and it is seen all the same.
    expect(during?.missing).toBeGreaterThan(30)
    disk?.empty()
    await expect.poll(ready, { timeout: 5_000, interval: 200 }).toBe(200)
    const [after] = await verifyAudit(folder)
    expect(after).toMatchObject({ problems: [], missing: during?.missing, torn: 0 })
    expect((await queryAudit(folder, { kind: 'gap' })).length).toBe(1)
  })

  it('shows a gap at its end to a gateway that comes later, and leaves no part of a line', () => {
    const folder = nextFolder()
    let lost = 0
    {
      using trail = openAuditTrail({ folder, clock: systemClock })
      disk?.fill()
      for (let index = 0; index < 100; index++) trail.called?.(aCall())
      lost = trail.figures().failures
    }
    expect(lost).toBeGreaterThan(0)
    disk?.empty()
    {
      using trail = openAuditTrail({ folder, clock: systemClock })
      trail.called?.(aCall())
    }
    const lines = readFileSync(join(folder, 'chain-0', 'audit.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    const numbers = lines.map((line) => (JSON.parse(line) as { seq: number }).seq)
    expect(numbers.at(-1)).toBe(lines.length + lost)
  })
})
