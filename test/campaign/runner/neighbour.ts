import { setTimeout as pause } from 'node:timers/promises'
import { type Front, RpcClient } from './ask.ts'

export interface NeighbourFigures {
  readonly calls: number
  /** What came instead of the right answer. */
  readonly wrong: readonly string[]
  readonly p99Ms: number
  readonly maxMs: number
}

const PAUSE_MS = 10

/** A client that calls a healthy server all the time, one call after another. */
export class Neighbour {
  readonly #durations: number[] = []
  readonly #wrong: string[] = []
  readonly #living: Promise<void>
  #isStopped = false

  constructor(front: Front, tool = 'good.echo') {
    this.#living = this.#live(front, tool)
  }

  /** All durations in milliseconds, for figures over several neighbours. */
  get durations(): readonly number[] {
    return this.#durations
  }

  async stop(): Promise<NeighbourFigures> {
    this.#isStopped = true
    await this.#living
    return {
      calls: this.#durations.length,
      wrong: this.#wrong,
      p99Ms: at(this.#durations, 0.99),
      maxMs: at(this.#durations, 1),
    }
  }

  async #live(front: Front, tool: string): Promise<void> {
    using client = new RpcClient(front)
    for (let number = 0; !this.#isStopped; number++) {
      const text = `neighbour ${number}`
      const startedAt = performance.now()
      const answer = await client.call(tool, { text }).catch((error: unknown) => String(error))
      this.#durations.push(performance.now() - startedAt)
      if (typeof answer === 'string') this.#wrong.push(answer)
      else if (answer.data !== text) this.#wrong.push(answer.error?.code ?? JSON.stringify(answer.data))
      await pause(PAUSE_MS)
    }
  }
}

/** The value that this share of the others is not above. */
export function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
