import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, OptimizerError } from '../errors.ts'

/** Faults that the next attempt may not meet. A timeout is not among them: it has used up its time already. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['OUTCOME_UNKNOWN', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_PROTOCOL'])
/** Milliseconds before the second and the third attempt; halved at random. */
const PAUSES_MS = [100, 400]
/** A server that asks for a longer pause is not waited for. */
const MAX_PAUSE_MS = 1_000

/** Attempts a call that only reads up to three times, within the life of the signal. */
export async function retryRead<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await attempt()
    } catch (thrown) {
      const wait = waitFor(thrown, pause)
      if (wait === undefined || signal.aborted) throw thrown
      await sleep(wait, undefined, { signal }).catch(() => {
        throw thrown
      })
    }
  }
  return await attempt()
}

/** Milliseconds to wait after a fault; undefined: another attempt makes no sense. */
function waitFor(thrown: unknown, pause: number): number | undefined {
  if (!OptimizerError.is(thrown) || !PASSING.has(thrown.code)) return undefined
  const asked = thrown.details?.['retryAfterMs']
  if (typeof asked === 'number') return asked <= MAX_PAUSE_MS ? asked : undefined
  return pause * (0.5 + Math.random() / 2)
}
