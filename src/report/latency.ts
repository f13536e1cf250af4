import type { Engine } from '../engine/engine.ts'
import { STAGES } from '../metrics/metrics.ts'

/** What an operation takes here without any server: measured in this process, warm. */
export interface LatencyProfile {
  readonly operations: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of each stage that was reached. */
  readonly stagesP50Ms: Readonly<Record<string, number>>
  /** The same work in this process, without gateway and sandbox. */
  readonly floorP50Ms: number
  /** One at a time. */
  readonly operationsPerSecond: number
}

const OPERATIONS = 300
const WARM_UP = 30
const PARAMS = { rows: Array.from({ length: 20 }, (_, id) => ({ id, title: `row ${id}`, open: id % 3 === 0 })) }
const CODE = 'return params.rows.filter((row) => row.open).map((row) => row.title)'

export async function measureLatency(engine: Engine): Promise<LatencyProfile> {
  const times: number[] = []
  const stages = new Map<string, number[]>()
  const start = performance.now()
  for (let index = -WARM_UP; index < OPERATIONS; index++) {
    const answer = await engine.execute({ code: CODE, params: PARAMS })
    if (answer.status !== 'ok' || index < 0) continue
    times.push(answer.metadata.execution_time_ms)
    for (const [name, ms] of Object.entries(answer.metadata.stages)) stages.set(name, [...(stages.get(name) ?? []), ms])
  }
  const seconds = (performance.now() - start) / 1_000
  return {
    operations: times.length,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    stagesP50Ms: Object.fromEntries(STAGES.map((name) => [name, quantile(stages.get(name) ?? [0], 0.5)])),
    floorP50Ms: quantile(floor(), 0.5),
    operationsPerSecond: Math.max(1, Math.round((OPERATIONS + WARM_UP) / seconds)),
  }
}

function floor(): number[] {
  return Array.from({ length: OPERATIONS }, () => {
    const start = performance.now()
    const { rows } = JSON.parse(JSON.stringify(PARAMS)) as typeof PARAMS
    JSON.stringify(rows.filter(({ open }) => open).map(({ title }) => title))
    return performance.now() - start
  })
}

function quantile(values: readonly number[], share: number): number {
  const ordered = values.toSorted((a, b) => a - b)
  return Math.round((ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? 0) * 1_000) / 1_000
}
