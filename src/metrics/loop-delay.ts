import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop runs timers: what every request waits in addition. */
export interface LoopDelay extends Disposable {
  /** Milliseconds over the last 5 to 10 seconds, and the longest one. */
  read(): LoopDelayReading
}

/** How late the event loop was, since the last reading. */
export interface LoopDelayReading {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const RESOLUTION_MS = 20
const WINDOW_MS = 5_000

/** Watches the event loop until it is disposed. Keeps no process alive. */
export function watchLoopDelay(): LoopDelay {
  const histograms = [start(), start()] as const
  let current = 0
  // Two windows that take turns: a reading is never older than ten seconds and never empty.
  const turn = setInterval(() => {
    current = 1 - current
    histograms[current]?.reset()
  }, WINDOW_MS)
  turn.unref()
  return {
    read() {
      // The longer one of both: the other may have begun a moment ago.
      const [a, b] = histograms
      const full = a.count >= b.count ? a : b
      if (full.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 }
      return {
        p50Ms: late(full.percentile(50)),
        p99Ms: late(full.percentile(99)),
        maxMs: late(Math.max(a.count > 0 ? a.max : 0, b.count > 0 ? b.max : 0)),
      }
    },
    [Symbol.dispose]() {
      clearInterval(turn)
      for (const histogram of histograms) histogram.disable()
    },
  }
}

function start(): ReturnType<typeof monitorEventLoopDelay> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return histogram
}

/** The histogram holds the time between two turns in nanoseconds; what exceeds the resolution is delay. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
}
