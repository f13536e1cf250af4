// Each of our writers, killed at any change of any file: what is read afterwards is the text before or the new one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exportFile } from '../../src/context/export.ts'
import { createDiskStore } from '../../src/context/store/disk.ts'
import { writeAtomically } from '../../src/internal/atomic-file.ts'
import { createListCache } from '../../src/upstream/list-cache.ts'
import { temporaryFolder } from '../support/servers.ts'

const preload = new URL('../support/kill-at.mjs', import.meta.url).href
const script = fileURLToPath(new URL('../support/write-once.mjs', import.meta.url))
const OLD = `old ${'x'.repeat(10_000)}`
const NEW = `new ${'y'.repeat(10_000)}`

interface Writer {
  readonly write: (folder: string, text: string) => Promise<unknown>
  readonly read: (folder: string) => Promise<string | undefined>
}

const fileIn = async (folder: string): Promise<string | undefined> =>
  existsSync(join(folder, 'file')) ? readFileSync(join(folder, 'file'), 'utf8') : undefined
const ttlMs = 60_000
const inStore: Writer = {
  write: async (folder, text) => await createDiskStore({ folder }).set('group', 'id', text, { ttlMs }),
  read: async (folder) => await createDiskStore({ folder }).get('group', 'id'),
}

const WRITERS: Readonly<Record<string, Writer>> = {
  replaced: { write: async (folder, text) => await writeAtomically(join(folder, 'file'), text), read: fileIn },
  once: { write: async () => undefined, read: fileIn },
  exported: {
    write: async (folder, content) => await exportFile({ folder, name: 'file', content, replace: true }),
    read: fileIn,
  },
  stored: inStore,
  session: inStore,
  listed: {
    write: async (folder, name) =>
      await createListCache(folder, 'server', 'identity').write({
        tools: [{ name, inputSchema: {} }],
        protocolVersion: '1',
      }),
    read: async (folder) => (await createListCache(folder, 'server', 'identity').read())?.tools[0]?.name,
  },
}

/** True when the writer lived. */
async function lives(writer: string, folder: string, killAt: number): Promise<boolean> {
  const env = { PATH: process.env['PATH'], HOME: folder, KILL_AT: String(killAt) }
  const args = ['--import', preload, script, writer, folder, NEW]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal === null) expect(code).toBe(0)
  return signal === null
}

describe('a killed writer leaves the text before or the new one, and the next one goes on', () => {
  it.each(Object.entries(WRITERS))('%s', { timeout: 60_000 }, async (name, { write, read }) => {
    let kills = 0
    for (let change = 1; ; change++) {
      const folder = temporaryFolder()
      await write(folder, OLD)
      const before = await read(folder)
      const lived = await lives(name, folder, change)
      expect([before, NEW]).toContain(await read(folder))
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const { mode } = statSync(join(folder, path))
        expect([path, mode & 0o077]).toEqual([path, 0])
      }
      if (lived) break
      kills++
      if (name === 'once') continue
      await write(folder, `${NEW} again`)
      expect(await read(folder)).toBe(`${NEW} again`)
    }
    expect(kills).toBeGreaterThan(1)
  })
})
