// Writes audit entries as fast as it can, and says which one the trail has taken: what tests start, and kill. Ends when
// nobody can read what it says, or after so many entries; its last line is then what the trail says of itself, and by how
// much the heap has grown (with --expose-gc).
//   node audit-writer.mjs FOLDER [ENTRIES]
import { systemClock } from '../../dist/internal/clock.js'
import { openAuditTrail } from '../../dist/policy/audit-trail.js'

const [folder, entries = '200000'] = process.argv.slice(2)
const heapUsed = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
/** Waits for a slow reader, throws when there is none, and gives the event loop its turn, or memory would grow. */
const say = (line) =>
  new Promise((resolve, reject) =>
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : setImmediate(resolve))),
  )
const trail = openAuditTrail({ folder, clock: systemClock })
const before = heapUsed()
for (let number = 1; number <= Number(entries); number++) {
  trail.called({
    id: '1112131415161718',
    parentId: 'a1b2c3d4e5f60718',
    startedAt: 1_764_000_000_001,
    startMs: 1_000,
    durationMs: 2,
    principal: 'local',
    session: 'local',
    tool: 'demo.add',
    server: 'demo',
    inputJson: JSON.stringify({ number }),
    requestTokens: 5,
    answerTokens: 5,
    cached: false,
  })
  // As answers do.
  await trail.settled()
  await say(number)
}
await say(JSON.stringify({ ...trail.figures(), heapGrowth: heapUsed() - before }))
trail[Symbol.dispose]()
