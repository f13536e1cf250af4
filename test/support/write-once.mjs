// Writes one text with one of our writers: node write-once.mjs WRITER FOLDER TEXT
import { join } from 'node:path'
import { exportFile } from '../../dist/context/export.js'
import { createDiskStore } from '../../dist/context/store/disk.js'
import { writeAtomically } from '../../dist/internal/atomic-file.js'
import { createListCache } from '../../dist/upstream/list-cache.js'

const [, , writer, folder, text] = process.argv
const file = join(folder, 'file')
const writers = {
  replaced: async () => await writeAtomically(file, text, { durable: true }),
  once: async () => await writeAtomically(file, text, { exclusive: true, durable: true }),
  exported: async () => await exportFile({ folder, name: 'file', content: text, replace: true }),
  stored: async () => await createDiskStore({ folder }).set('group', 'id', text, { ttlMs: 60_000 }),
  session: async () => await createDiskStore({ folder }).update('group', 'id', 60_000, () => ({ text })),
  listed: async () =>
    await createListCache(folder, 'server', 'identity').write({ tools: [{ name: text }], protocolVersion: '1' }),
}
await writers[writer]()
