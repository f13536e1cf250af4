import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createDiskCache } from '../../src/cache/disk.ts'
import { cacheContract, turnedClock } from '../contracts/cache.ts'
import { temporaryFolder } from '../support/servers.ts'

const HOUR = 3_600_000

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('disk cache', () => {
  cacheContract((clock) => createDiskCache({ folder: join(temporaryFolder(), 'entries'), clock }))

  it('has after a restart what it had before, and what others put there', async () => {
    const folder = temporaryFolder()
    await using other = createDiskCache({ folder })
    {
      await using before = createDiskCache({ folder })
      await before.set('g:a', { value: '1', expiresAt: Date.now() + HOUR })
    }
    await using after = createDiskCache({ folder })
    expect(await after.get('g:a')).toMatchObject({ value: '1', layer: 'disk' })
    await other.clear('g')
    expect(await after.get('g:a')).toBeUndefined()
  })

  it('never serves a file that is cut anywhere or has one other byte, and writes it anew', async () => {
    const folder = temporaryFolder()
    await using cache = createDiskCache({ folder })
    const entry = { value: '{"secret":"of ann"}', expiresAt: Date.now() + HOUR }
    await cache.set('g:a', entry)
    const [file = ''] = filesIn(folder)
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at++) {
      writeFileSync(file, whole)
      truncateSync(file, at)
      expect(await cache.get('g:a'), `cut at ${at}`).toBeUndefined()
      const other = Buffer.from(whole)
      other[at] = (other[at] ?? 0) ^ 1
      writeFileSync(file, other)
      expect(await cache.get('g:a'), `changed at ${at}`).toBeUndefined()
    }
    await cache.set('g:a', entry)
    expect(await cache.get('g:a')).toMatchObject({ value: entry.value })
  })

  it('never serves a foreign file, another key’s, or one that is too long', async () => {
    const folder = temporaryFolder()
    await using cache = createDiskCache({ folder })
    const expiresAt = Date.now() + HOUR
    await cache.set('g:a', { value: 'of a', expiresAt })
    const [ofA = ''] = filesIn(folder)
    await cache.set('g:b', { value: 'of b', expiresAt })
    const ofB = filesIn(folder).find((file) => file !== ofA) ?? ''
    for (const foreign of [readFileSync(ofB), 'x', '', `${readFileSync(ofA, 'utf8')} `, '\0'.repeat(500)]) {
      writeFileSync(ofA, foreign)
      expect(await cache.get('g:a')).toBeUndefined()
    }
    expect(await cache.add('g:a', { value: 'new', expiresAt })).toBe('added')
    expect(await cache.get('g:a')).toMatchObject({ value: 'new' })
  })

  it('does not serve an entry from the future: the clock was turned back', async () => {
    const { clock, pass } = turnedClock(1e12)
    await using cache = createDiskCache({ folder: temporaryFolder(), clock })
    await cache.set('a', { value: '1', expiresAt: 1e12 + 1_000 })
    pass(-HOUR)
    expect(await cache.get('a')).toBeUndefined()
  })

  it('stays within its bytes: what expired goes, then what ends soonest', async () => {
    const folder = temporaryFolder()
    const now = Date.now()
    await using cache = createDiskCache({ folder, maxBytes: 40_000 })
    for (let index = 0; index < 100; index++)
      await cache.set(`g:${index}`, { value: 'x'.repeat(1_000), expiresAt: now + HOUR + index * 1_000 })
    const bytes = (): number => filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0)
    await vi.waitFor(() => expect(bytes()).toBeLessThanOrEqual(40_000), { timeout: 10_000 })
    expect(bytes()).toBeGreaterThan(20_000)
    expect(await cache.get('g:99')).toBeDefined()
    expect(await cache.get('g:0')).toBeUndefined()
  })

  it('is for the owner’s eyes only, and leaves nothing half-written', async () => {
    const folder = join(temporaryFolder(), 'deep', 'er')
    await using cache = createDiskCache({ folder })
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) =>
        cache.set('g:same', { value: String(index), expiresAt: Date.now() + HOUR }),
      ),
    )
    const files = filesIn(folder)
    expect(files).toHaveLength(1)
    expect(statSync(files[0] ?? '').mode & 0o077).toBe(0)
    expect(await cache.get('g:same')).toBeDefined()
  })

  it.skipIf(process.platform === 'win32')('misses, and says so, where the folder cannot be used', async () => {
    const folder = join(temporaryFolder(), 'file')
    writeFileSync(folder, 'a file, not a folder')
    await using cache = createDiskCache({ folder })
    await cache.set('a', { value: '1', expiresAt: Date.now() + HOUR })
    expect(await cache.get('a')).toBeUndefined()
    expect(await cache.add('a', { value: '1', expiresAt: Date.now() + HOUR })).toBe('unavailable')
    await cache.clear('')
    expect(cache.stats()).toMatchObject([{ layer: 'disk', errors: expect.any(Number), problem: expect.any(String) }])
    expect(cache.stats()[0]?.errors).toBeGreaterThan(0)
  })

  it('takes over a dead record once, with many after it at the same time', async () => {
    const folder = temporaryFolder()
    const { clock, pass } = turnedClock(1e12)
    const caches = Array.from({ length: 8 }, () => createDiskCache({ folder, clock }))
    for (let round = 0; round < 20; round++) {
      const expiresAt = clock.wall() + 100
      const outcomes = await Promise.all(
        caches.map(async (cache, index) => cache.add('g:k', { value: String(index), expiresAt })),
      )
      expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1)
      pass(100)
    }
  })
})

it('leaves other people’s folders alone', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'other'))
  writeFileSync(join(folder, 'other', 'x'), 'x')
  chmodSync(join(folder, 'other'), 0o700)
  await using cache = createDiskCache({ folder: join(folder, 'entries') })
  await cache.set('g:a', { value: '1', expiresAt: Date.now() + HOUR })
  await cache.clear('')
  expect(readFileSync(join(folder, 'other', 'x'), 'utf8')).toBe('x')
})
