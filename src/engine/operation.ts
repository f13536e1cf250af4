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
  stages(): Partial<Record<Stage, number>>
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
  /** What the last tool that a program called answered, as JSON text or a text that is none. */
  lastAnswer: string | undefined
  lastTool: string | undefined
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
  return new RunningOperation(clock, identity)
}

class RunningOperation implements Operation {
  readonly identity: Identity
  readonly startedAt: number
  readonly segments: StageSegment[] = []
  hostCalls = 0
  cacheHits = 0
  cacheLayer: string | undefined = undefined
  readonly effects: string[] = []
  readonly outputProblems: string[] = []
  lastAnswer: string | undefined = undefined
  lastTool: string | undefined = undefined
  readonly unsettled: Map<string, string> = new Map()
  readonly #clock: Clock
  readonly #start: number
  readonly #isTraced: boolean
  /** Milliseconds by stage, in their order; NaN: not reached. */
  readonly #spent = [NaN, NaN, NaN, NaN, NaN, NaN, NaN]
  #stage: Stage | undefined = undefined
  #since: number

  constructor(clock: Clock, identity: Identity) {
    this.identity = identity
    this.startedAt = clock.wall()
    this.#clock = clock
    this.#start = clock.now()
    this.#since = this.#start
    this.#isTraced = identity.trace?.sampled === true
  }

  get stage(): Stage | undefined {
    return this.#stage
  }

  enter(stage: Stage): void {
    this.#close()
    this.#stage = stage
  }

  stages(): Partial<Record<Stage, number>> {
    this.#close()
    const reached: Partial<Record<Stage, number>> = {}
    for (let index = 0; index < STAGES.length; index++) {
      const stage = STAGES[index]
      const ms = this.#spent[index] ?? NaN
      if (stage !== undefined && !Number.isNaN(ms)) reached[stage] = round(ms)
    }
    return reached
  }

  elapsedMs(): number {
    return round(this.#clock.now() - this.#start)
  }

  #close(): void {
    const now = this.#clock.now()
    if (this.#stage !== undefined) {
      const index = STAGES.indexOf(this.#stage)
      const before = this.#spent[index] ?? NaN
      this.#spent[index] = (Number.isNaN(before) ? 0 : before) + (now - this.#since)
      if (this.#isTraced && this.segments.length < MAX_SEGMENTS)
        this.segments.push({ stage: this.#stage, fromMs: this.#since - this.#start, toMs: now - this.#start })
    }
    this.#since = now
  }
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
