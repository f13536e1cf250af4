import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSandboxBackend, type SandboxSettings } from '../../src/sandbox/create.ts'
import { createProcessBackend, type ProcessBackendOptions } from '../../src/sandbox/process/backend.ts'
import { bubblewrap } from '../../src/sandbox/process/launch.ts'
import { DEFAULT_LIMITS, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { answer, body, IMAGE } from '../contracts/sandbox.ts'

const real = bubblewrap()
const works = await hasNamespaces()
if (!works) console.log('skipped: starts of jails need bubblewrap (bwrap), which does not work here')

afterEach(() => vi.unstubAllEnvs())

async function hasNamespaces(): Promise<boolean> {
  if (platform() !== 'linux' || real === undefined) return false
  await using backend = createProcessBackend({ poolSize: 1 })
  return (await backend.layers()).some(({ name, active }) => name === 'namespaces' && active)
}

/** A `bwrap` ahead of the real one that does something else in its first starts. */
function stubBwrap(starts: number, instead: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bwrap-'))
  const seen = join(folder, 'seen')
  mkdirSync(seen)
  for (const each of [folder, seen]) chmodSync(each, 0o777)
  // Folders count: a jail may write no files.
  const lines = Array.from(
    { length: starts },
    (_, start) => `if mkdir ${seen}/${start} 2>/dev/null; then ${instead}; fi`,
  )
  writeFileSync(join(folder, 'bwrap'), `#!/bin/sh\n${lines.join('\n')}\nexec ${real} "$@"\n`, { mode: 0o755 })
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`)
  return seen
}

async function run(backend: SandboxBackend, source: string): Promise<Outcome> {
  await using sandbox = await backend.create(IMAGE)
  return await sandbox.run(body(source), answer, { ...DEFAULT_LIMITS, timeoutMs: 10_000 })
}

const NO_SPACE = 'echo "bwrap: Creating new namespace failed: No space left on device" >&2; exit 1'
const NOT_PERMITTED = 'echo "bwrap: Creating new namespace failed: Operation not permitted" >&2; exit 1'
const KILLED = 'kill -KILL $$'

describe.skipIf(!works)('a jail that fails to start', () => {
  it.each([NO_SPACE, KILLED])('is tried again, and no weaker one is taken: %s', async (how) => {
    const seen = stubBwrap(2, how)
    await using backend = createProcessBackend({ poolSize: 1 })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    expect(readdirSync(seen)).toHaveLength(2)
    expect(backend.stats()).toMatchObject({ wall: 'namespaces' })
    // A jail may be refused here for reasons of this machine; what failed this once is none of them.
    expect(backend.stats().weaker ?? '').not.toContain('No space left')
  })

  it('refuses programs as long as it fails, says so, and serves them when it works', async () => {
    stubBwrap(12, NO_SPACE)
    await using backend = createProcessBackend({ poolSize: 1 })
    await expect(run(backend, 'return 1')).rejects.toMatchObject({
      code: 'SANDBOX_LOST',
      message: expect.stringContaining('No space left'),
      suggestion: expect.stringContaining('namespaces'),
    })
    expect(backend.stats().wall).toBeUndefined()
    await vi.waitFor(async () => expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' }), 10_000)
    expect(backend.stats().wall).toBe('namespaces')
  })

  it('makes room for a weaker one where this machine refuses it, and that is told', async () => {
    stubBwrap(100, NOT_PERMITTED)
    const told: unknown[] = []
    await using backend = createProcessBackend({ poolSize: 1, onWall: (standing) => told.push(standing) })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    const standing = {
      wall: expect.stringMatching(/^(user|permissions)$/),
      weaker: expect.stringContaining('not permitted'),
    }
    expect(backend.stats()).toMatchObject(standing)
    expect(told).toEqual([expect.objectContaining(standing)])
  })

  it('is taken when it works again after a while', async () => {
    stubBwrap(2, NOT_PERMITTED)
    await using backend = createProcessBackend({ poolSize: 4 })
    await run(backend, 'return 1')
    expect(backend.stats().wall).not.toBe('namespaces')
    const now = performance.now.bind(performance)
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 61_000)
    await vi.waitFor(async () => {
      // Programs that compute beside each other have further engines started.
      await Promise.all([1, 2, 3, 4].map(() => run(backend, 'for (let i = 0; i < 1e5; i++); return 1')))
      expect(backend.stats().wall).toBe('namespaces')
    }, 10_000)
    clock.mockRestore()
  })

  it('leaves nothing of its group behind when it is killed from outside', async () => {
    const seen = stubBwrap(1, `sleep 987 & ${KILLED}`)
    await using backend = createProcessBackend({ poolSize: 1 })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    expect(readdirSync(seen)).toHaveLength(1)
    await vi.waitFor(() => expect(withCommand('sleep\u0000987')).toEqual([]))
  })
})

describe('the wall that is required', () => {
  it.skipIf(!works)('is enough where it stands', async () => {
    await using backend = createProcessBackend({ poolSize: 1, require: 'namespaces' })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
  })

  const weak: [string, ProcessBackendOptions, string][] = [
    ['are switched off', { namespaces: false }, 'namespaces are'],
    ['are refused by this machine', {}, 'Operation not permitted'],
  ]
  it.skipIf(!works).each(weak)('refuses programs where namespaces %s', async (_why, options, words) => {
    stubBwrap(100, NOT_PERMITTED)
    await using backend = createProcessBackend({ poolSize: 1, require: 'namespaces', ...options })
    await expect(run(backend, 'return 1')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`sandbox\\.require is namespaces.*${words}`)),
      suggestion: expect.stringContaining('bubblewrap'),
    })
  })

  const never: SandboxSettings[] = [
    { backend: 'wasm', require: 'permissions' },
    { backend: 'process', require: 'container' },
  ]
  it.each(never)('is refused at once of a backend that never has it: %o', (settings) => {
    expect(() => createSandboxBackend(settings)).toThrow(/sandbox\.require/)
  })

  it('is told of other backends too', async () => {
    await using backend = createSandboxBackend({ require: 'engine' })
    expect(backend.stats?.()).toMatchObject({ wall: 'engine' })
  })
})

function withCommand(command: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(command)
    } catch {
      return false
    }
  })
}
