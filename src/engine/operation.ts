import type { Clock } from '../internal/clock.ts'
import { STAGES, type Stage } from '../metrics/metrics.ts'
import type { StageSegment } from '../metrics/observer.ts'
import type { Identity } from './identity.ts'

/** What one operation has done so far: its stages, its host calls, and which of them took effect. */
export interface Operation {
  readonly identity: Identity
  /** Wall clock of its start, milliseconds since 1970. */
  readonly startedAt: number
  /** The stage that it is in. */
  readonly stage: Stage | undefined
  /** Ends the stage before and begins this one. */
  enter(stage: Stage): void
  /** Milliseconds a stage, with three decimals. */
  stages(): Record<string, number>
  /** The stages in the order they ran, up to now; only of operations whose trace is recorded. */
  readonly segments: readonly StageSegment[]
  elapsedMs(): number
  hostCalls: number
  cacheHits: number
  /** The farthest layer of the cache that answered a host call. */
  cacheLayer: string | undefined
  /** Ids of tools whose calls ended well and may have changed something; at most 20. */
  readonly effects: string[]
  /** How results broke the output schemas of their tools; at most 5. */
  readonly outputProblems: string[]
  /** Calls that may act and whose outcome is not known (yet), by call id: ids of tools. */
  readonly unsettled: Map<string, string>
}

/** Layers by distance. */
const LAYERS: readonly string[] = ['memory', 'disk', 'redis']

/** Takes note of a host call that was answered from cache. */
export function noteHit(operation: Operation, layer: string): void {
  operation.cacheHits++
  const known = operation.cacheLayer
  if (known === undefined || LAYERS.indexOf(layer) > LAYERS.indexOf(known)) operation.cacheLayer = layer
}

/** Most stretches that are kept apart: a batch may enter `execute` for each of its requests. */
const MAX_SEGMENTS = 200

export function startOperation(clock: Clock, identity: Identity): Operation {
  const start = clock.now()
  const isTraced = identity.trace?.sampled === true
  const segments: StageSegment[] = []
  const spent = new Float64Array(STAGES.length).fill(-1)
  let stage = -1
  let since = start
  const close = (now: number): void => {
    const name = STAGES[stage]
    if (name !== undefined) {
      spent[stage] = Math.max(0, spent[stage] ?? 0) + (now - since)
      if (isTraced && segments.length < MAX_SEGMENTS)
        segments.push({ stage: name, fromMs: since - start, toMs: now - start })
    }
    since = now
  }
  return {
    identity,
    startedAt: clock.wall(),
    segments,
    get stage() {
      return STAGES[stage]
    },
    enter(next) {
      close(clock.now())
      stage = STAGES.indexOf(next)
    },
    stages() {
      close(clock.now())
      const reached = STAGES.map((name, index) => [name, spent[index] ?? -1] as const).filter(([, ms]) => ms >= 0)
      return Object.fromEntries(reached.map(([name, ms]) => [name, round(ms)]))
    },
    elapsedMs: () => round(clock.now() - start),
    hostCalls: 0,
    cacheHits: 0,
    cacheLayer: undefined,
    effects: [],
    unsettled: new Map(),
    outputProblems: [],
  }
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
