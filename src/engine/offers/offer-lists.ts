import type { CatalogProblem } from '../../catalog/catalog.ts'
import type { Clock } from '../../internal/clock.ts'
import { createAborter } from '../../internal/signal.ts'
import { messageOf } from '../../internal/text.ts'
import { within } from '../../internal/within.ts'
import { fetchOfferList } from '../../upstream/offer-list.ts'
import type { OfferEntry, OfferKind } from '../../upstream/offers.ts'
import type { Upstream } from '../../upstream/upstream.ts'

/** Lists of what servers offer, read when they are asked for, and kept until a server says that its list changed. */
export interface OfferLists extends Disposable {
  /**
   * Lists of one kind by server, of those that offer it, in the order of the configuration. A slow list is waited for so long from the beginning of
   * its reading, one that failed before not at all; `changed` is told when it comes.
   */
  read(kind: OfferKind, isWanted?: (server: string) => boolean): Promise<ReadonlyMap<string, readonly OfferEntry[]>>
  /** Reads failed lists of servers that are up by now, without anybody waiting. */
  retry(): void
  problems(): readonly CatalogProblem[]
}

export interface OfferListsOptions {
  readonly upstreams: readonly Upstream[]
  readonly clock: Clock
  /** Milliseconds from the beginning of a reading. */
  readonly waitMs: number
  /** Clients should read the lists of this kind again. */
  readonly changed: (kind: OfferKind) => void
}

interface Listing {
  readonly upstream: Upstream
  readonly kind: OfferKind
  isOffered: boolean
  entries: readonly OfferEntry[]
  problems: readonly string[]
  reading: Promise<void> | undefined
  beganAt: number
  /** To be read when somebody asks. */
  isDue: boolean
  hasFailed: boolean
  /** Somebody got an answer without waiting for the reading under way. */
  isMissed: boolean
}

const KINDS: readonly OfferKind[] = ['resources', 'templates', 'prompts']

export function createOfferLists({ upstreams, clock, waitMs, changed }: OfferListsOptions): OfferLists {
  const closing = createAborter()
  const listings = upstreams.flatMap((upstream) =>
    upstream.offers === undefined ? [] : KINDS.map((kind) => unread(upstream, kind)),
  )

  const read = async (listing: Listing): Promise<void> => {
    const { upstream, kind } = listing
    if (upstream.offers === undefined) return
    try {
      const { isOffered, entries, problems } = await fetchOfferList(upstream.offers, kind, closing.signal)
      const differs = JSON.stringify(entries) !== JSON.stringify(listing.entries)
      Object.assign(listing, { isOffered, entries, problems, hasFailed: false })
      if (differs && listing.isMissed) changed(kind)
    } catch (thrown) {
      // A list that was read before stays in use: the server may only be down for a moment.
      Object.assign(listing, { hasFailed: true, isDue: true, problems: [`its ${kind}: ${messageOf(thrown)}`] })
    } finally {
      Object.assign(listing, { reading: undefined, isMissed: false })
    }
  }
  const begin = (listing: Listing): void => {
    if (!listing.isDue || listing.reading !== undefined) return
    listing.isDue = false
    listing.beganAt = clock.now()
    listing.reading = read(listing)
  }
  const subscriptions = upstreams.flatMap((upstream) => {
    const subscription = upstream.offers?.onNotified(({ method }) => {
      const kinds = CHANGES[method]
      if (kinds === undefined) return
      for (const listing of listings)
        if (listing.upstream === upstream && kinds.includes(listing.kind)) listing.isDue = true
      for (const kind of kinds) changed(kind)
    })
    return subscription === undefined ? [] : [subscription]
  })

  return {
    async read(kind, isWanted = () => true) {
      const wanted = listings.filter((one) => one.kind === kind && isWanted(one.upstream.name))
      for (const listing of wanted) begin(listing)
      await Promise.all(
        wanted.map(async ({ reading, beganAt, hasFailed }) => {
          const leftMs = beganAt + waitMs - clock.now()
          if (reading !== undefined && !hasFailed && leftMs > 0) await within(leftMs, reading)
        }),
      )
      for (const listing of wanted) listing.isMissed ||= listing.reading !== undefined
      return new Map(
        wanted.filter(({ isOffered }) => isOffered).map(({ upstream, entries }) => [upstream.name, entries]),
      )
    },
    retry() {
      const failed = listings.filter(({ hasFailed, upstream }) => hasFailed && upstream.status().state === 'ready')
      for (const listing of failed) {
        begin(listing)
        listing.isMissed = listing.reading !== undefined
      }
    },
    problems: () =>
      listings.flatMap(({ upstream, problems }) => problems.map((what) => ({ where: upstream.name, what }))),
    [Symbol.dispose]() {
      closing.abort()
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
    },
  }
}

const CHANGES: Readonly<Record<string, readonly OfferKind[] | undefined>> = {
  'notifications/resources/list_changed': ['resources', 'templates'],
  'notifications/prompts/list_changed': ['prompts'],
}

function unread(upstream: Upstream, kind: OfferKind): Listing {
  const nothing = { isOffered: false, entries: [], problems: [], reading: undefined, beganAt: 0 }
  return { upstream, kind, ...nothing, isDue: true, hasFailed: false, isMissed: false }
}
