// Drivers of load: closed loops (so many users, each with one operation at a time) and open loops (operations arrive at a rate,
// and latency counts from when each should have begun, so that a stalled server cannot hide its queue).
import { createHistogram } from 'node:perf_hooks'

const MICRO = 1_000

/** Runs `work` in `concurrency` loops for `seconds`, or `count` times in all. */
export async function closedLoop(work, { concurrency, seconds, count = Number.POSITIVE_INFINITY }) {
  const record = recorder()
  const until = performance.now() + (seconds ?? 1e9) * 1_000
  let begun = 0
  const user = async () => {
    while (performance.now() < until && begun++ < count) await record.one(performance.now(), work)
  }
  await Promise.all(Array.from({ length: concurrency }, user))
  return record.result({ concurrency })
}

/** Starts `work` `rate` times a second, whatever is still running. */
export async function openLoop(work, { rate, seconds }) {
  const record = recorder()
  const start = performance.now()
  const running = new Set()
  for (let index = 0; index < rate * seconds; index++) {
    const intended = start + (index * 1_000) / rate
    const wait = intended - performance.now()
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
    else if (index % 32 === 0) await new Promise(setImmediate)
    const one = record.one(intended, work).finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
  return record.result({ rate: Math.round(rate) })
}

function recorder() {
  const histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })
  const errors = {}
  let count = 0
  const cpu = process.cpuUsage()
  const begin = performance.now()
  return {
    async one(since, work) {
      const error = await work()
      histogram.record(Math.max(1, Math.round((performance.now() - since) * MICRO)))
      count++
      if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1
    },
    result(what) {
      const seconds = (performance.now() - begin) / 1_000
      const { user, system } = process.cpuUsage(cpu)
      const ms = (percent) => Math.round(histogram.percentile(percent)) / MICRO
      return {
        ...what,
        operations: count,
        perSecond: Math.round(count / seconds),
        p50Ms: ms(50),
        p95Ms: ms(95),
        p99Ms: ms(99),
        maxMs: histogram.max / MICRO,
        cpuPercent: Math.round((user + system) / 1e4 / seconds),
        rssMb: Math.round(process.memoryUsage.rss() / 1e6),
        errors,
      }
    },
  }
}
