import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDiskStore } from '../../src/context/store/disk.ts'
import { exportFile } from '../../src/context/export.ts'
import { stageFile, writeAtomically } from '../../src/internal/atomic-file.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

describe('files that are written whole', () => {
  it('are for the owner alone, in a folder for the owner alone', async () => {
    const file = join(temporaryFolder(), 'new', 'a.txt')
    await writeAtomically(file, 'one', { durable: true })
    await writeAtomically(file, new TextEncoder().encode('two'))
    expect(readFileSync(file, 'utf8')).toBe('two')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(file, '..'))).toEqual(['a.txt'])
  })

  it('take no place that another has, when they must not', async () => {
    const folder = temporaryFolder()
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map(async (text) => await writeAtomically(join(folder, 'x'), text, { exclusive: true })),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'EEXIST' } })
    expect(readdirSync(folder)).toEqual(['x'])
  })

  it('leave nothing when they are taken back', async () => {
    const folder = temporaryFolder()
    const staged = await stageFile(join(folder, 'x'), 'text')
    await staged.discard()
    expect(readdirSync(folder)).toEqual([])
  })
})

const disk = mountSmallDisk('writing to a full disk', 64)
describe.skipIf(disk === undefined)('on a disk without room', () => {
  const folder = disk?.folder ?? ''
  const code = `const text = ${JSON.stringify('x'.repeat(60_000))}\nreturn text.length`
  beforeAll(() => writeFileSync(join(folder, 'precious.json'), 'precious'))
  afterAll(() => disk?.[Symbol.dispose]())

  it('an exported file keeps what it held', async () => {
    const content = 'y'.repeat(200_000)
    await expect(exportFile({ folder, name: 'precious.json', content, replace: true })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('ENOSPC'),
    })
    await expect(exportFile({ folder, name: 'new.json', content, replace: false })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    expect(readFileSync(join(folder, 'precious.json'), 'utf8')).toBe('precious')
    expect(readdirSync(folder)).toEqual(['precious.json'])
  })

  it('a session and a stored result keep what they held, and no lock stays', async () => {
    const store = createDiskStore({ folder: join(folder, 'store') })
    const ttlMs = 60_000
    for (const id of ['session', 'result']) await store.set('group', id, 'small', { ttlMs })
    disk?.fill()
    const text = 'z'.repeat(100_000)
    const full = { code: 'STORE_UNAVAILABLE' }
    await expect(store.update?.('group', 'session', ttlMs, () => ({ text }))).rejects.toMatchObject(full)
    await expect(store.set('group', 'session', text, { ttlMs, replaces: 'small' })).rejects.toMatchObject(full)
    await expect(store.set('group', 'result', text, { ttlMs })).rejects.toMatchObject(full)
    for (const id of ['session', 'result']) expect(await store.get('group', id)).toBe('small')
    disk?.empty()
    await store.update?.('group', 'session', ttlMs, (before) => ({ text: `${before} again` }))
    expect(await store.get('group', 'session')).toBe('small again')
    const files = readdirSync(join(folder, 'store'), { recursive: true, encoding: 'utf8' })
    expect(files.filter((name) => name.includes('.')).every((name) => name.endsWith('.txt'))).toBe(true)
    rmSync(join(folder, 'store'), { recursive: true })
  })

  it('a saved intent stays as it was, in the file and for whoever calls it', async () => {
    const intents = join(folder, 'intents')
    mkdirSync(intents)
    await using optimizer = demoGateway({ intents: [intents] })
    const save = async (source: string, replace: boolean): ReturnType<typeof optimizer.executeIntent> => {
      expect(await optimizer.execute({ code: source })).toMatchObject({ status: 'ok' })
      const params = { name: 'kept', description: 'Counts', code: source, replace }
      return await optimizer.executeIntent({ intent: 'save_intent', params })
    }
    expect(await save('return 1', false)).toMatchObject({ status: 'ok' })
    expect(await save(code, true)).toMatchObject({ status: 'error', error: { code: 'STORE_UNAVAILABLE' } })
    expect(await optimizer.executeIntent({ intent: 'kept' })).toMatchObject({ status: 'ok', data: 1 })
    expect(readFileSync(join(intents, 'kept.ts'), 'utf8')).toContain('return 1')
    expect(readdirSync(intents)).toEqual(['kept.ts'])
  })
})
