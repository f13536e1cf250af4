import type { CatalogTool } from '../../catalog/catalog.ts'
import type { ReceiptCost } from '../../context/receipt-cost.ts'
import type { Receipt } from '../../context/receipts.ts'
import type { RequestContext } from '../../engine/engine.ts'
import type { Html } from '../../internal/html.ts'
import type { Scrub } from '../../internal/scrub.ts'
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
  /** The front as this browser reaches it: `http://127.0.0.1:7331`. */
  readonly origin: string
  /** True: clients need the bearer token. */
  readonly wantsToken: boolean
}

/** What a page shows. */
export interface Page {
  readonly title: string
  readonly body: Html
  /** @default 200 */
  readonly status?: number
  /** Entry of the navigation that it belongs to. @default its own path */
  readonly section?: string
  /** True: can be loaded anew every few seconds, once somebody asks for it. */
  readonly isLive?: boolean
}

/** What pages are made from. Whatever they do goes through the engine, as the requests of agents do. */
export interface Parts {
  readonly optimizer: Optimizer
  readonly surface: Surface
  readonly status: () => GatewayStatus
  /** Estimated tokens of a tool's definition. */
  readonly definitionTokens: (tool: CatalogTool) => number
  /** Takes the secrets of the configuration out of a text. */
  readonly scrub: Scrub
  /** The model whose prices this person sees: the one chosen last, or the default. */
  readonly modelOf: (visit: Visit) => string
  readonly activity: Activity
  /** Prices a receipt by model; loads the price list first. */
  readonly price: (receipt: Receipt) => Promise<readonly ReceiptCost[]>
}

export type PageMaker = (visit: Visit, parts: Parts) => Promise<Page> | Page

/** Who asks the engine: the person that is logged in. */
export function askedBy({ principal, signal }: Visit): RequestContext {
  return { principal, signal, askedBy: 'person' }
}
