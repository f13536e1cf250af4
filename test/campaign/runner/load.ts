import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Front, RpcClient } from './ask.ts'

/** How one call of `counter` ended, and under which key it counts. */
interface Asked {
  readonly key: string
  /** `ok`, a code, `broken` where the connection broke, or `nothing` where no answer came. */
  readonly ended: string
  readonly details: unknown
}

/** Codes that leave open whether a call acted, or say what it did. */
const OPEN = new Set(['OUTCOME_UNKNOWN', 'SANDBOX_LOST', 'CANCELLED', 'broken', 'nothing'])
/** Codes of what no killed process is a reason for. */
const WRONG = new Set(['INTERNAL', 'CONFIG_INVALID', 'INVALID_REQUEST', 'PROGRAM_ERROR', 'UNKNOWN_HANDLE'])
const ANSWER_MS = 60_000

export interface LoadFigures {
  readonly calls: number
  readonly right: number
  /** Keys that acted more than once. */
  readonly duplicates: readonly string[]
  /** Calls without any answer, and answers to what was never done. */
  readonly lost: readonly string[]
  /** Calls that acted though their error says that they did not. */
  readonly untrue: readonly string[]
  /** Errors that a kill does not explain. */
  readonly wrong: readonly string[]
  readonly codes: Readonly<Record<string, number>>
}

/** Clients that have servers count, by calls and by programs, and remember what they were answered. */
export class Load {
  readonly #journal: string
  readonly #asked: Asked[] = []
  readonly #tools: readonly string[]
  #number = 0

  constructor(journal: string, servers: readonly string[]) {
    this.#journal = journal
    this.#tools = servers.map((server) => `${server}.counter`)
  }

  /** Keeps so many clients at work until the signal; resolves when all have their answers. */
  async run(front: Front, lanes: number, signal: AbortSignal): Promise<void> {
    using client = new RpcClient(front)
    const lane = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.#ask(client)
        await pause(2)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  figures(): LoadFigures {
    const counts = new Map<string, number>()
    for (const key of linesOf(this.#journal)) counts.set(key, (counts.get(key) ?? 0) + 1)
    const acted = ({ key }: Asked): boolean => (counts.get(key) ?? 0) > 0
    const codes: Record<string, number> = {}
    for (const { ended } of this.#asked) codes[ended] = (codes[ended] ?? 0) + 1
    const told = ({ key, ended }: Asked): string => `${key} ${ended}`
    return {
      calls: this.#asked.length,
      right: codes['ok'] ?? 0,
      duplicates: [...counts].flatMap(([key, count]) => (count > 1 ? [`${key} acted ${count} times`] : [])),
      lost: this.#asked.filter((one) => one.ended === 'nothing' || (one.ended === 'ok' && !acted(one))).map(told),
      untrue: this.#asked.filter((one) => acted(one) && !isOpen(one)).map(told),
      wrong: this.#asked
        .filter(({ ended }) => WRONG.has(ended))
        .map((one) => `${told(one)} ${JSON.stringify(one.details)}`),
      codes,
    }
  }

  async #ask(client: RpcClient): Promise<void> {
    const number = this.#number++
    const key = `key-${number}`
    const tool = this.#tools[number % this.#tools.length] ?? ''
    const input = { key, ms: number % 8 }
    const asking =
      number % 2 === 0
        ? client.call(tool, input, {}, { withinMs: ANSWER_MS })
        : client.run(`return await tools.${tool}(params)`, input, { withinMs: ANSWER_MS })
    const { status, error } = await asking.catch((thrown: unknown) => ({
      status: 'error',
      error: {
        code: String(thrown).includes('no answer') ? 'nothing' : 'broken',
        message: String(thrown),
        details: {},
      },
    }))
    this.#asked.push({ key, ended: status === 'ok' ? 'ok' : (error?.code ?? 'nothing'), details: error })
  }
}

function isOpen({ ended, details }: Asked): boolean {
  return ended === 'ok' || OPEN.has(ended) || /unknown|"done"/.test(JSON.stringify(details ?? {}))
}

export function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}
