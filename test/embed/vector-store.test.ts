import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createVectorStore } from '../../src/embed/vector-store.ts'
import { temporaryFolder } from '../support/servers.ts'

const A = ['a'.repeat(16), Float32Array.of(1, 0)] as const
const B = ['b'.repeat(16), Float32Array.of(0.6, 0.8)] as const
const fileIn = (folder: string): string => join(folder, 'vectors', readdirSync(join(folder, 'vectors'))[0] ?? '')

async function reopened(folder: string, name = 'model') {
  const store = createVectorStore(folder, name)
  await store.open()
  return store
}

describe('the vector store', () => {
  it('has on the next run what was added', async () => {
    const folder = temporaryFolder()
    const store = await reopened(folder)
    await Promise.all([store.add([A]), store.add([B])])
    const later = await reopened(folder)
    expect(later.get(A[0])).toEqual(A[1])
    expect(later.get(B[0])).toEqual(B[1])
    expect(later.get('c'.repeat(16))).toBeUndefined()
  })

  it('keeps the vectors of different embedders apart', async () => {
    const folder = temporaryFolder()
    await (await reopened(folder)).add([A])
    expect((await reopened(folder, 'other')).get(A[0])).toBeUndefined()
  })

  it('reads around a record that was cut off, and mends the file at the next write', async () => {
    const folder = temporaryFolder()
    await (await reopened(folder)).add([A])
    appendFileSync(fileIn(folder), 'torn')
    const torn = await reopened(folder)
    expect(torn.get(A[0])).toEqual(A[1])
    await torn.add([B])
    expect((await reopened(folder)).get(B[0])).toEqual(B[1])
  })

  it.each(['', 'no header', '-3\nxxxx', '99999999999999999999\n'])('takes %j for empty', async (content) => {
    const folder = temporaryFolder()
    await (await reopened(folder)).add([A])
    writeFileSync(fileIn(folder), content)
    const store = await reopened(folder)
    expect(store.get(A[0])).toBeUndefined()
    await store.add([B])
    expect((await reopened(folder)).get(B[0])).toEqual(B[1])
  })

  it('begins anew when the model gives vectors of another dimension', async () => {
    const folder = temporaryFolder()
    await (await reopened(folder)).add([A])
    await (await reopened(folder)).add([[B[0], Float32Array.of(1, 0, 0)]])
    const later = await reopened(folder)
    expect(later.get(A[0])).toBeUndefined()
    expect(later.get(B[0])).toHaveLength(3)
    expect(readFileSync(fileIn(folder), 'latin1').startsWith('3\n')).toBe(true)
  })

  it('works in memory where there is no folder, or none that can be written', async () => {
    const memory = createVectorStore(undefined, 'model')
    await memory.add([A])
    expect(memory.get(A[0])).toEqual(A[1])
    const blocked = join(temporaryFolder(), 'file')
    writeFileSync(blocked, '')
    const store = await reopened(blocked)
    await store.add([A])
    expect(store.get(A[0])).toEqual(A[1])
  })
})
