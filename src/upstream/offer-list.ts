import { OptimizerError } from '../errors.ts'
import { isRecord, toJson } from '../internal/json.ts'
import { messageOf } from '../internal/text.ts'
import { readOfferEntry } from './offer-entry.ts'
import type { OfferEntry, OfferKind, ReadingMethod, ServerOffers } from './offers.ts'

const MAX_PAGES = 100
const MAX_ENTRIES = 20_000
/** Of all pages together: each page and each entry have caps of their own, whose product is gigabytes. */
const MAX_LIST_CHARS = 32_000_000
const MAX_PROBLEMS = 100

const LISTS: Readonly<Record<OfferKind, { readonly method: ReadingMethod; readonly field: string }>> = {
  resources: { method: 'resources/list', field: 'resources' },
  templates: { method: 'resources/templates/list', field: 'resourceTemplates' },
  prompts: { method: 'prompts/list', field: 'prompts' },
}

export interface OfferList {
  /** False: the server did not announce such a list. */
  readonly isOffered: boolean
  readonly entries: readonly OfferEntry[]
  /** What was left out and why; texts for people. */
  readonly problems: readonly string[]
}

const NOTHING: OfferList = { isOffered: false, entries: [], problems: [] }

/**
 * All pages of one list of a server; each entry is judged alone, and what was read before a fault stays. Empty for a server
 * that did not announce the list, or does not know its method.
 */
export async function fetchOfferList(
  offers: Pick<ServerOffers, 'capabilities' | 'request'>,
  kind: OfferKind,
  signal: AbortSignal,
): Promise<OfferList> {
  const capabilities = await offers.capabilities(signal)
  if (!isRecord(capabilities[kind === 'prompts' ? 'prompts' : 'resources'])) return NOTHING
  const { method, field } = LISTS[kind]
  const list = createCollected(kind)
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let page = 1; ; page++) {
    const params = cursor === undefined ? {} : { cursor }
    const answer = await offers.request(method, params, { signal }).catch((thrown: unknown) => {
      if (page === 1 && !isUnknownMethod(thrown)) throw thrown
      if (page > 1) list.problems.push(`page ${page} of its ${kind}: ${messageOf(thrown)}; what came before is used`)
      return undefined
    })
    if (answer === undefined) break
    const listed = answer[field] ?? []
    if (!Array.isArray(listed)) {
      if (page === 1) throw new OptimizerError('UPSTREAM_PROTOCOL', `its answer to ${method} has no array "${field}"`)
      list.problems.push(`page ${page} of its ${kind} is not an array; what came before is used`)
      break
    }
    const fault = list.add(listed) ?? pagingFault(answer['nextCursor'], seen, page, listed.length)
    if (fault !== undefined) list.problems.push(`its list of ${kind} ${fault}; what came before is used`)
    const next = answer['nextCursor']
    if (fault !== undefined || typeof next !== 'string' || next === '') break
    seen.add(next)
    cursor = next
  }
  return { isOffered: true, entries: [...list.byKey.values()], problems: list.problems.slice(0, MAX_PROBLEMS) }
}

interface Collected {
  /** By what names an entry: of two with one name the first. */
  readonly byKey: ReadonlyMap<string, OfferEntry>
  readonly problems: string[]
  /** Why no more may come. */
  add(listed: readonly unknown[]): string | undefined
}

function createCollected(kind: OfferKind): Collected {
  const byKey = new Map<string, OfferEntry>()
  const problems: string[] = []
  let chars = 0
  return {
    byKey,
    problems,
    add(listed) {
      for (const given of listed) {
        const entry = readOfferEntry(kind, given)
        if (typeof entry === 'string') {
          if (problems.length < MAX_PROBLEMS) problems.push(entry)
          continue
        }
        if (byKey.has(entry.key)) continue
        chars += toJson(entry.definition).length
        if (chars > MAX_LIST_CHARS) return `has more than ${MAX_LIST_CHARS} characters`
        if (byKey.size >= MAX_ENTRIES) return `has more than ${MAX_ENTRIES} entries`
        byKey.set(entry.key, entry)
      }
      return undefined
    },
  }
}

function pagingFault(next: unknown, seen: ReadonlySet<string>, page: number, added: number): string | undefined {
  if (typeof next !== 'string' || next === '') return undefined
  if (seen.has(next)) return 'repeats a cursor'
  if (page >= MAX_PAGES) return `has more than ${MAX_PAGES} pages`
  return added === 0 && page > 3 ? 'goes on with empty pages' : undefined
}

function isUnknownMethod(thrown: unknown): boolean {
  return OptimizerError.is(thrown) && thrown.details?.['rpcCode'] === -32601
}
