// Adds its own keys to one session on disk, each by a read and a conditional write: node session-writer.mjs FOLDER NAME COUNT
import { createSessions } from '../../dist/context/sessions.js'
import { createDiskStore } from '../../dist/context/store/disk.js'

const [, , folder, name, count] = process.argv
const store = createDiskStore({ folder })
const sessions = createSessions({ store, key: 'k'.repeat(32) })
const [handle] = process.argv.slice(5)
const state = await sessions.state('local', handle)
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()
for (let index = 0; index < Number(count); index++) {
  await state.set(`${name}${index}`, '1')
  process.stdout.write(`${name}${index}\n`)
}
