import { OptimizerError } from '../errors.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import { cutPoint } from '../internal/text.ts'
import { previewOf } from './preview.ts'

/** A part of a stored value, by items of a list, characters of a text or keys of a record. */
export interface PageRequest {
  /** First item, character or key. @default 0 */
  readonly offset?: number
  /** Items, characters or keys at most; what fits comes. @default 50 items or keys, 8000 characters */
  readonly limit?: number
}

export interface Page {
  /** Where in the value, when another part than the one asked for was paged. */
  readonly path?: string
  /** Items, characters or keys in all. */
  readonly total: number
  /** The first one here. */
  readonly offset: number
  /** Where to read on; absent at the end. */
  readonly next?: number
  readonly items?: readonly unknown[]
  readonly text?: string
  readonly entries?: Readonly<Record<string, unknown>>
  /** Paths of what is shown here in part only: each is larger than an answer may be. */
  readonly cut?: readonly string[]
}

const DEFAULT_ITEMS = 50
const DEFAULT_CHARS = 8_000
/** Most levels of an answer; writing it as text takes a frame of the stack for each. */
const MAX_DEPTH = 500
/** Part of a record that one member takes, so that reading the record on means reading that one on. */
const MAIN_PART = 0.5
/** Records with more keys are maps: no member is most of one. */
const MAX_KEYS = 40
/** A path is for writing down. */
const MAX_KEY_CHARS = 80

/**
 * A page of a value, whatever the value is: of a list its items, of a text its characters, of a record the one list or
 * text that makes most of it, else its keys. What `fits` (it is given JSON text) decides how much comes; a record or
 * another value that fits comes as it is unless a page was asked for. Throws for a place that is not there.
 */
export function pageOf(value: unknown, path: string, request: PageRequest, fits: (json: string) => boolean): unknown {
  const isAsked = request.offset !== undefined || request.limit !== undefined
  if (!isPaged(value)) {
    if (isAsked) throw notPaged(value)
    return value
  }
  if (isRecord(value) && !isAsked && !isDeeperThan(value, MAX_DEPTH) && fits(JSON.stringify(value))) return value
  const main = mainPart(value)
  const where = main.path === '' ? {} : { path: joinPaths(path, main.path) }
  return onePage(main.value, where, joinPaths(path, main.path), request, fits)
}

/** The list or text that a record holds beside little else, and its path; the value itself where there is none. */
export function mainPart(value: unknown): { readonly path: string; readonly value: unknown } {
  let path = ''
  let current = value
  while (isRecord(current)) {
    const key = mainKey(current)
    if (key === undefined) return { path, value: current }
    path = joinPaths(path, stepOf(key))
    current = current[key]
  }
  return isPaged(current) ? { path, value: current } : { path: '', value }
}

function mainKey(record: Record<string, unknown>): string | undefined {
  const keys = Object.keys(record)
  if (keys.length > MAX_KEYS) return undefined
  const sizes = keys.map((key) => [key, roughSize(record[key])] as const)
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  const found = sizes.find(([, size]) => size > total * MAIN_PART && size > 200)
  if (found === undefined) return undefined
  const [key] = found
  return key.length <= MAX_KEY_CHARS && isPaged(record[key]) ? key : undefined
}

/** Characters of the JSON text, about; counts at most some thousand values. */
function roughSize(value: unknown): number {
  let size = 0
  const open = [value]
  for (let seen = 0; open.length > 0 && seen < 5_000; seen++) {
    const current = open.pop()
    size += typeof current === 'string' ? current.length + 2 : 4
    if (Array.isArray(current)) for (const item of current.slice(0, 5_000)) open.push(item)
    else if (isRecord(current))
      for (const [key, inner] of Object.entries(current)) {
        size += key.length + 4
        open.push(inner)
      }
  }
  return size + open.length * 20
}

function isPaged(value: unknown): value is string | readonly unknown[] | Record<string, unknown> {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}

function onePage(
  value: unknown,
  where: { readonly path?: string },
  path: string,
  request: PageRequest,
  fits: (json: string) => boolean,
): Page {
  if (typeof value === 'string') return textPage(value, where, request, fits)
  if (Array.isArray(value)) {
    const count = bounds(value.length, 'items', 'the list', request, DEFAULT_ITEMS)
    return listPage(value as readonly unknown[], where, path, count, fits)
  }
  const record = value as Record<string, unknown>
  const keys = Object.keys(record)
  return recordPage(record, keys, where, path, bounds(keys.length, 'keys', 'the record', request, DEFAULT_ITEMS), fits)
}

interface Bounds {
  readonly offset: number
  readonly limit: number
}

function bounds(total: number, unit: string, what: string, { offset = 0, limit }: PageRequest, usual: number): Bounds {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > total)
    throw wrongPage(
      'offset',
      `cannot read from offset ${offset}: ${what} has ${total} ${unit}, wanted 0 to ${Math.max(0, total - 1)}`,
    )
  if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1))
    throw wrongPage('limit', `cannot read ${limit} ${unit}: ${what} has ${total}, wanted a limit of 1 or more`)
  return { offset, limit: limit ?? usual }
}

function textPage(
  text: string,
  where: { readonly path?: string },
  request: PageRequest,
  fits: (json: string) => boolean,
): Page {
  const { offset, limit } = bounds(text.length, 'characters', 'the text', request, DEFAULT_CHARS)
  const start = cutPoint(text, offset)
  const pageTo = (end: number): Page => ({
    ...where,
    total: text.length,
    offset: start,
    ...(end < text.length ? { next: end } : {}),
    text: text.slice(start, end),
  })
  const count = mostThat(Math.min(limit, text.length - offset), (chars) => fits(JSON.stringify(pageTo(offset + chars))))
  return pageTo(endOfPage(text, offset, Math.max(1, count)))
}

/** After at least one whole character, so that every page goes on. */
function endOfPage(text: string, offset: number, chars: number): number {
  for (let at = offset + chars; at < text.length; at++) {
    const end = cutPoint(text, at)
    if (end > offset) return end
  }
  return text.length
}

function listPage(
  items: readonly unknown[],
  where: { readonly path?: string },
  path: string,
  { offset, limit }: Bounds,
  fits: (json: string) => boolean,
): Page {
  const pageOfItems = (shown: readonly unknown[], cut: readonly string[]): Page => ({
    ...where,
    total: items.length,
    offset,
    ...(offset + shown.length < items.length ? { next: offset + shown.length } : {}),
    items: shown,
    ...(cut.length === 0 ? {} : { cut }),
  })
  const asked = items.slice(offset, offset + limit)
  const count = mostItems(asked, (shown) => fits(JSON.stringify(pageOfItems(shown, []))))
  if (count > 0 || asked.length === 0) return pageOfItems(asked.slice(0, count), [])
  const cut = [joinPaths(path, `[${offset}]`)]
  return pageOfItems([previewOf(asked[0], (json) => fits(JSON.stringify(pageOfItems([JSON.parse(json)], cut))))], cut)
}

function recordPage(
  record: Record<string, unknown>,
  keys: readonly string[],
  where: { readonly path?: string },
  path: string,
  { offset, limit }: Bounds,
  fits: (json: string) => boolean,
): Page {
  type Entry = readonly [string, unknown]
  const pageOfEntries = (shown: readonly Entry[], cut: readonly string[]): Page => ({
    ...where,
    total: keys.length,
    offset,
    ...(offset + shown.length < keys.length ? { next: offset + shown.length } : {}),
    entries: Object.fromEntries(shown),
    ...(cut.length === 0 ? {} : { cut }),
  })
  const asked = keys.slice(offset, offset + limit).map((key): Entry => [key, record[key]])
  const count = mostItems(asked, (shown) => fits(JSON.stringify(pageOfEntries(shown, []))))
  const [first] = asked
  if (count > 0 || first === undefined) return pageOfEntries(asked.slice(0, count), [])
  const [key, inner] = first
  const cut = [joinPaths(path, stepOf(key))]
  const part = previewOf(inner, (json) => fits(JSON.stringify(pageOfEntries([[key, JSON.parse(json)]], cut))))
  return pageOfEntries([[key, part]], cut)
}

function mostItems<T>(items: readonly T[], fits: (shown: readonly T[]) => boolean): number {
  const writable = items.findIndex((item) => isDeeperThan(item, MAX_DEPTH))
  return mostThat(writable < 0 ? items.length : writable, (count) => fits(items.slice(0, count)))
}

/** The largest count up to `most` for which `holds`, which holds for all below the largest; tries small ones first. */
function mostThat(most: number, holds: (count: number) => boolean): number {
  let good = 0
  let bad = most + 1
  for (let step = 1; good < most && bad > most; step *= 2) {
    const next = Math.min(most, step)
    if (holds(next)) good = next
    else bad = next
  }
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (holds(middle)) good = middle
    else bad = middle
  }
  return good
}

/** How a key stands in a path. */
export function stepOf(key: string): string {
  return /^[^.[\]"$\s][^.[\]"]*$/.test(key) ? key : `[${JSON.stringify(key)}]`
}

/** A path below another one. What a JSONPath with wildcards selected has no path that goes on. */
export function joinPaths(path: string, inner: string): string {
  if (path === '' || inner === '') return `${path}${inner}`
  if (/[*?:]|\.\./.test(path) && path.startsWith('$')) return path
  return inner.startsWith('[') ? `${path}${inner}` : `${path}.${inner}`
}

function notPaged(value: unknown): OptimizerError {
  const what = value === null ? 'null' : `${typeof value} ${String(value)}`
  return wrongPage(
    'offset',
    `cannot read a page: found ${what} there, which has no pages; read it without offset and limit`,
  )
}

function wrongPage(path: string, message: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', message, { details: { path } })
}
