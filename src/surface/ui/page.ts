import type { ReceiptCost } from '../../context/receipt-cost.ts'
import type { Receipt } from '../../context/receipts.ts'
import type { RequestContext } from '../../engine/engine.ts'
import type { Html } from '../../internal/html.ts'
import type { Optimizer } from '../../optimizer.ts'
import type { GatewayStatus } from '../status.ts'
import type { Surface } from '../surface.ts'
import type { Activity } from './activity.ts'

/** One page that is asked for. */
export interface Visit {
  readonly principal: string
  readonly query: URLSearchParams
  /** Fields of a form that was sent, and came from one of our pages. */
  readonly form?: URLSearchParams
  /** Goes into each form that is sent with POST. */
  readonly csrf: string
  /** Without query. */
  readonly path: string
  readonly signal: AbortSignal
}

/** What a page shows. */
export interface Page {
  readonly title: string
  readonly body: Html
  /** @default 200 */
  readonly status?: number
  /** Entry of the navigation that it belongs to. @default its own path */
  readonly section?: string
  /** True: loaded anew every few seconds, until somebody pauses it. */
  readonly isLive?: boolean
}

/** What pages are made from. Whatever they do goes through the engine, as the requests of agents do. */
export interface Parts {
  readonly optimizer: Optimizer
  readonly surface: Surface
  readonly status: () => GatewayStatus
  readonly activity: Activity
  /** Prices a receipt by model; loads the price list first. */
  readonly price: (receipt: Receipt) => Promise<readonly ReceiptCost[]>
}

export type PageMaker = (visit: Visit, parts: Parts) => Promise<Page> | Page

/** Who asks the engine: the person that is logged in. */
export function askedBy({ principal, signal }: Visit): RequestContext {
  return { principal, signal, askedBy: 'person' }
}
