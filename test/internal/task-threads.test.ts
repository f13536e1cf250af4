import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { TaskThreads } from '../../src/internal/task-threads.ts'

interface Task {
  readonly say?: string
  readonly hold?: true
  readonly fill?: true
  readonly exit?: true
  readonly fail?: string
}

const file = fileURLToPath(new URL('../support/task-thread.mjs', import.meta.url))
const opened: AsyncDisposable[] = []
const open = (options = {}): TaskThreads<Task, string> => {
  const threads = new TaskThreads<Task, string>({ file, toError: (error) => error, ...options })
  opened.push(threads)
  return threads
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]()
})
const ann = { party: 'ann', timeoutMs: 10_000 }

describe('threads for tasks', () => {
  it('give what the thread makes of a task, and what it throws', async () => {
    const threads = open({ threads: 2 })
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(async (say) => await threads.run({ say }, ann)))).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    await expect(threads.run({ fail: 'no such field' }, ann)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'no such field',
      suggestion: 'mend it',
    })
  })

  it('end a task that takes too long, and go on', async () => {
    const threads = open({ threads: 1 })
    const started = performance.now()
    await expect(threads.run({ hold: true }, { party: 'ann', timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'timeout',
    })
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(await threads.run({ say: 'still here' }, ann)).toBe('still here')
  })

  it('count the time that a task waits for a thread', async () => {
    const threads = open({ threads: 1 })
    const held = threads.run({ hold: true }, { party: 'ann', timeoutMs: 2_000 }).catch(() => 'ended')
    await expect(threads.run({ say: 'late' }, { party: 'bob', timeoutMs: 200 })).rejects.toMatchObject({
      reason: 'timeout',
    })
    expect(await held).toBe('ended')
  })

  it('leave half of the threads to others', async () => {
    const threads = open({ threads: 2 })
    const held = [1, 2, 3].map(
      async () => await threads.run({ hold: true }, { party: 'ann', timeoutMs: 3_000 }).catch(() => 'ended'),
    )
    expect(await threads.run({ say: 'mine' }, { party: 'bob', timeoutMs: 2_500 })).toBe('mine')
    await threads[Symbol.asyncDispose]()
    expect(await Promise.all(held)).toEqual(['ended', 'ended', 'ended'])
  })

  it('end what its caller gave up', async () => {
    const threads = open({ threads: 1 })
    const giving = new AbortController()
    const given = threads.run({ hold: true }, { ...ann, signal: giving.signal })
    giving.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    expect(await threads.run({ say: 'next' }, ann)).toBe('next')
  })

  it('survive a thread that needs too much memory, or ends', async () => {
    const threads = open({ threads: 1, heapMb: 32 })
    await expect(threads.run({ fill: true }, { party: 'ann', timeoutMs: 30_000 })).rejects.toMatchObject({
      reason: 'memory',
    })
    await expect(threads.run({ exit: true }, ann)).rejects.toMatchObject({ reason: 'ended' })
    expect(await threads.run({ say: 'whole' }, ann)).toBe('whole')
  })

  it('refuse more than may wait, and everything once closed', async () => {
    const threads = open({ threads: 1, waiting: 1 })
    const held = threads.run({ hold: true }, ann).catch((error: unknown) => error)
    const waits = threads.run({ say: 'b' }, ann).catch((error: unknown) => error)
    await expect(threads.run({ say: 'c' }, ann)).rejects.toMatchObject({ reason: 'full' })
    await threads[Symbol.asyncDispose]()
    expect(await held).toMatchObject({ reason: 'closed' })
    expect(await waits).toMatchObject({ reason: 'closed' })
    await expect(threads.run({ say: 'd' }, ann)).rejects.toMatchObject({ reason: 'closed' })
  })
})
