// One peer in a process of its own: node measure.mjs NAME SECONDS TASK…. Tells its figures, or why there are none.
import { isDeepStrictEqual } from 'node:util'
import { closedLoop } from '../lib/load.mjs'
import { PEERS } from './peers.mjs'

const [name, seconds, ...wanted] = process.argv.slice(2)
// An error with a stream or worker of a peer is that peer's failure.
process.on('uncaughtException', (error) => fail(error))

try {
  const start = performance.now()
  const peer = await PEERS[name].open()
  const context = peer.context
  if (typeof peer.run !== 'function') tell({ context, why: peer.why })
  else {
    const expected = JSON.parse(process.env.EXPECTED ?? 'null')
    const answers = {}
    for (const task of wanted) answers[task] = await peer.run(task)
    const openMs = Math.round(performance.now() - start)
    const tasks = {}
    for (const task of wanted) {
      const right = expected === null || isDeepStrictEqual(answers[task], expected[task])
      const work = async () => void (await peer.run(task))
      tasks[task] = { right, loops: [] }
      // Not counted: code is compiled further for some thousand operations, in whatever engine.
      await closedLoop(work, { concurrency: 16, seconds: Number(seconds) })
      for (const concurrency of [1, 16])
        tasks[task].loops.push(await closedLoop(work, { concurrency, seconds: Number(seconds) }))
    }
    await Promise.race([peer.close(), new Promise((resolve) => setTimeout(resolve, 2_000))])
    tell({ context, openMs, answers, tasks })
  }
} catch (thrown) {
  fail(thrown)
}

function tell(figures) {
  process.send(figures, () => process.exit(0))
}

function fail(thrown) {
  process.send(
    {
      failed: String(thrown?.message ?? thrown)
        .split('\n')[0]
        .slice(0, 200),
    },
    () => process.exit(1),
  )
}
