import type { Asked, Exchange, Json, Mode, Settings } from './mode.ts'
import { answer, failure, isModern, TOOLS, usualAnswer } from './well-behaved.ts'

/** How one transport sends. */
export type Outlet = Pick<Exchange, 'send' | 'bytes' | 'http'>

/** One server of one mode, and what it was asked so far. */
export class Misbehaving {
  readonly mode: Mode
  readonly #settings: Settings
  readonly #modernEra: boolean
  readonly #counts = new Map<string, number>()

  constructor(mode: Mode, settings: Settings, modernEra: boolean) {
    this.mode = mode
    this.#settings = settings
    this.#modernEra = modernEra
  }

  async handle(asked: Asked, outlet: Outlet): Promise<void> {
    const count = (this.#counts.get(asked.method) ?? 0) + 1
    this.#counts.set(asked.method, count)
    const exchange: Exchange = {
      asked,
      modern: isModern(asked),
      count,
      settings: this.#settings,
      usual: () => this.#usual(asked, count),
      answer: (result) => answer(asked, result),
      failure: (code, message) => failure(asked, code, message),
      ...outlet,
    }
    const isUnknown = asked.method === 'server/discover' && !this.#modernEra
    const twist = isUnknown ? undefined : this.#twist(asked.method)
    if (twist === undefined) outlet.send(await exchange.usual())
    else await twist(exchange)
  }

  #twist(method: string): Mode['call'] {
    const { handshake, list, call } = this.mode
    if (method === 'initialize' || method === 'server/discover') return handshake
    if (method === 'tools/list') return list
    return method === 'tools/call' ? call : undefined
  }

  async #usual(asked: Asked, count: number): Promise<Json> {
    const listed = asked.method === 'tools/list' ? this.mode.tools?.(TOOLS, this.#settings, count) : undefined
    return await usualAnswer(asked, listed ?? TOOLS, { settings: this.#settings, modernEra: this.#modernEra })
  }
}

/** A request, or undefined for notifications, answers and what is none. */
export function readAsked(message: unknown): Asked | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { id, method, params } = message as Json
  if (typeof method !== 'string' || (typeof id !== 'string' && typeof id !== 'number')) return undefined
  return { id, method, params: (params ?? {}) as Json }
}
