import { type HostCall, type SandboxBackend, type SandboxImage } from '../../../src/sandbox/sandbox.ts'
import { PATIENT_LIMITS, run } from './attack.ts'
import { callHostTool, HOST_TOOLS } from './host-tools.ts'

export interface NeighbourReport {
  readonly runs: number
  /** What came instead of the right answer. */
  readonly lost: readonly string[]
  readonly p50Ms: number
  readonly p99Ms: number
}

const IMAGE: SandboxImage = {
  version: 'neighbour',
  functions: HOST_TOOLS.map((name) => ({ path: ['tools', name], name, spread: true })),
  modules: [],
}
/** Computes, calls, waits and calls again, as the programs of an agent do. */
const SOURCE = `const { items } = await tools.get()
await tools.slow(15)
const answer = await tools.echo({ n: params.n, ids: items.map((item) => item.id) })
return answer.ids.concat(answer.n)`

/** Clean programs, `count` at a time, one after another until they are stopped. */
export class Neighbours {
  private readonly durations: number[] = []
  private readonly lost: string[] = []
  private runsLeft = Number.POSITIVE_INFINITY
  private readonly lanes: Promise<void>[]

  constructor(backend: SandboxBackend, count: number) {
    this.lanes = Array.from({ length: count }, () => this.live(backend))
  }

  async stop(): Promise<NeighbourReport> {
    return await this.stopAfter(0)
  }

  async stopAfter(runs: number): Promise<NeighbourReport> {
    this.runsLeft = runs
    await Promise.all(this.lanes)
    const sorted = this.durations.toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { runs: sorted.length, lost: this.lost, p50Ms: at(0.5), p99Ms: at(0.99) }
  }

  private async live(backend: SandboxBackend): Promise<void> {
    while (this.runsLeft-- > 0) {
      const n = this.durations.length
      const startedAt = performance.now()
      const outcome = await run(backend, IMAGE, SOURCE, JSON.stringify({ n }), answer, PATIENT_LIMITS)
      this.durations.push(performance.now() - startedAt)
      if (outcome.value === JSON.stringify([1, 2, n])) continue
      this.lost.push(`${outcome.status} ${outcome.error?.message ?? outcome.value}`)
    }
  }
}

const answer: HostCall = async (name, argument) =>
  JSON.stringify(await callHostTool(name, JSON.parse(argument) as unknown[]))
