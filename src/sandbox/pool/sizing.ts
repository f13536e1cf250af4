import { type PoolShape } from './pool.ts'

/** Load of a pool at one moment, and the averages that it learned. */
export interface Demand {
  /** Places that are held. */
  readonly held: number
  /** Programs that wait for a place. */
  readonly waiting: number
  /** Of the held places, those whose program computes, in members that are not blocked. */
  readonly computing: number
  readonly arrivalsPerSecond: number
  /** Milliseconds that a place is held, on average. */
  readonly heldMs: number
  /** Milliseconds that a member takes to start, on average. */
  readonly startMs: number
}

/**
 * Members that are wanted: for what runs and waits now or, if that is more, for what is to be expected at the recent
 * rate of arrivals. Members for a single use must start before they are needed, and programs that compute want an engine
 * each.
 */
export function membersWanted(demand: Demand, shape: Required<PoolShape>): number {
  const { min, max, capacity, usesPerMember, isEngine } = shape
  const { held, waiting, computing, arrivalsPerSecond, heldMs, startMs } = demand
  const now = held + waiting
  const perMs = arrivalsPerSecond / 1_000
  const places = usesPerMember === 1 ? now + Math.max(min, perMs * startMs) * capacity : Math.max(now, perMs * heldMs)
  return Math.min(max, Math.max(min, Math.ceil(places / capacity), isEngine ? computing + waiting : 0))
}
