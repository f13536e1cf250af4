// Writes audit entries as fast as it can, and says which one the trail has taken: what the test of a killed process starts.
import { systemClock } from '../../dist/internal/clock.js'
import { openAuditTrail } from '../../dist/policy/audit-trail.js'

const trail = openAuditTrail({ folder: process.argv[2], clock: systemClock })
for (let number = 1; ; number++) {
  trail.called({
    id: '1112131415161718',
    parentId: 'a1b2c3d4e5f60718',
    startedAt: 1_764_000_000_001,
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
  await new Promise((resolve) => process.stdout.write(`${number}\n`, resolve))
}
