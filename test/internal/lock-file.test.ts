import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { takeLock } from '../../src/internal/lock-file.ts'
import { createTurns } from '../../src/upstream/launch/turns.ts'
import { temporaryFolder } from '../support/servers.ts'

const TIMES = { beatMs: 10, pollMs: 5, silentLooks: 20 }
const { signal } = new AbortController()

function fileOf(owner: object | string): string {
  const file = join(temporaryFolder(), 'a.lock')
  writeFileSync(file, typeof owner === 'string' ? owner : JSON.stringify(owner))
  return file
}

describe('a lock between processes', () => {
  it('is held by one, and goes to the next when it is given back', async () => {
    const file = join(temporaryFolder(), 'deep', 'a.lock')
    let inside = 0
    let most = 0
    const work = async (): Promise<void> => {
      using _lock = await takeLock([file], signal, TIMES)
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect(most).toBe(1)
    expect(existsSync(file)).toBe(false)
  })

  it('of a process that has ended is broken', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    const file = fileOf({ id: 'x', pid: child.pid, host: hostname() })
    using lock = await takeLock([file], signal, { ...TIMES, silentLooks: 1e9 })
    expect(lock).toBeDefined()
    expect(readFileSync(file, 'utf8')).toContain(`"pid":${process.pid}`)
  })

  it.each([
    ['of another machine that is never touched', { id: 'x', pid: 1, host: 'elsewhere' }],
    ['that was torn', '{"id":"x'],
    ['that is empty', ''],
  ])('%s is broken', async (_what, owner) => {
    using lock = await takeLock([fileOf(owner)], signal, TIMES)
    expect(lock).toBeDefined()
  })

  it('that is touched now and then is left alone, whatever its clock says', async () => {
    const file = fileOf({ id: 'x', pid: process.pid, host: hostname() })
    let beats = 0
    const beating = setInterval(() => utimesSync(file, 0, ++beats), 5)
    const leaving = new AbortController()
    const waiting = takeLock([file], leaving.signal, { ...TIMES, silentLooks: 30 })
    await expect.poll(() => beats).toBeGreaterThan(60)
    leaving.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    clearInterval(beating)
    expect(readFileSync(file, 'utf8')).toContain('"id":"x"')
  })

  it('keeps nobody out where its folder cannot be written', async () => {
    const file = fileOf('no folder')
    expect(await takeLock([join(file, 'a.lock')], signal, TIMES)).toBeUndefined()
    expect(await takeLock([join(file, 'deep', 'a.lock')], signal, TIMES)).toBeUndefined()
  })
})

describe('turns', () => {
  it('are one at a time for a place, and as many in all as is said', async () => {
    const folder = temporaryFolder()
    const gateways = [createTurns({ folder, atOnce: 2 }), createTurns({ folder, atOnce: 2 })]
    const inside = new Map<string, number>()
    let now = 0
    let most = 0
    const work = async (turns: (typeof gateways)[number], place: string): Promise<void> => {
      using _turn = await turns.take(place, signal)
      inside.set(place, (inside.get(place) ?? 0) + 1)
      most = Math.max(most, ++now)
      expect(inside.get(place)).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      inside.set(place, 0)
    }
    const places = ['a', 'b', 'a', 'c', 'a', 'd']
    await Promise.all(gateways.flatMap((turns) => places.map(async (place) => await work(turns, place))))
    expect(most).toBeLessThanOrEqual(2)
  })

  it('pass those who leave', async () => {
    const turns = createTurns({ atOnce: 1 })
    const first = await turns.take('a', signal)
    const leaving = new AbortController()
    const left = turns.take('a', leaving.signal)
    const next = turns.take('b', signal)
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    ;(await next)[Symbol.dispose]()
    ;(await turns.take('a', signal))[Symbol.dispose]()
  })
})
