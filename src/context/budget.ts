import { OptimizerError } from '../errors.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import { cutText } from '../internal/text.ts'
import { mainPart } from './page.ts'
import { previewOf } from './preview.ts'
import type { ResultOwner, ResultStore } from './results.ts'
import { shapeOf } from './shape.ts'

/** An estimate may be this much too low for text that is mostly random characters; a budget must hold all the same. */
const SAFETY = 1.25
/** Tokens of an answer around its data: status, metadata, and the ends of a preview. */
const FRAME_TOKENS = 90
/** Of these, what stands around a preview whose own frame is counted. */
const ENVELOPE_TOKENS = 40

/** Characters from which parsing and looking take longer than others should wait. */
const LARGE_CHARS = 256 * 1024
/** A text with more characters for each token that an answer may have is too large for it, whatever it says. */
const MOST_CHARS_A_TOKEN = 32
const HANDLE_ROOM = 60
const UNSEEN_CHARS = 2_000

/** Value that stands for a stored one. */
export interface StoredPreview {
  /** Absent when the value could not be kept; then `problem` says why. */
  readonly handle?: string
  readonly problem?: string
  readonly bytes: number
  readonly tokens: number
  readonly shape: string
  readonly preview: unknown
  /** The request that reads on. */
  readonly read_on?: {
    readonly intent: 'results.read'
    readonly params: { readonly handle: string; readonly path?: string }
  }
}

export interface Fitted {
  readonly data: unknown
  /** `data` as JSON. */
  readonly json: string
  /** Its tokens, estimated. */
  readonly tokens: number
  /** Present for a preview. False: the value could not be kept. */
  readonly stored?: boolean
}

/** Who gets the answer, and whether it is still wanted. */
export interface BudgetOwner extends ResultOwner {
  readonly signal?: AbortSignal | undefined
}

/** Takes a large text apart as {@link partsOf} does, beside the thread that serves; undefined: it could not in time. */
export type Apart = (text: string, maxTokens: number, owner: BudgetOwner) => Promise<PreviewParts | undefined>

export interface BudgetOptions {
  readonly tokenizer: Tokenizer
  readonly store: ResultStore
  readonly owner: BudgetOwner
  /** Tokens of the whole answer. */
  readonly maxTokens: number
  /** @default large texts are taken apart at once */
  readonly apart?: Apart | undefined
}

/** What a preview shows of a text, before the text is stored. */
export interface PreviewParts {
  /** False: the text is no JSON, so it stands for itself. */
  readonly isJson: boolean
  readonly tokens: number
  readonly shape: string
  readonly preview: unknown
  /** Where reading on begins. */
  readonly path: string
}

/**
 * Gives JSON text back as a value if it fits the budget; else stores it and gives a preview that fits. Text that is no JSON is a
 * string.
 */
export async function fitToBudget(text: string, options: BudgetOptions): Promise<Fitted> {
  const { tokenizer, store, owner, maxTokens, apart } = options
  if (apart !== undefined && text.length > Math.max(LARGE_CHARS, maxTokens * MOST_CHARS_A_TOKEN))
    return await fitLarge(text, await apart(text, maxTokens, owner), options)
  const room = roomOf(maxTokens)
  const { json, value } = read(text)
  const tokens = tokensWithin(json, tokenizer, room)
  if (safely(tokens, tokenizer) <= room) return { data: value, json, tokens }
  const kept = await keep(json, store, owner)
  const readOn = 'handle' in kept ? { read_on: readingOn(kept.handle, value) } : {}
  const frame: StoredPreview = {
    ...kept,
    bytes: Buffer.byteLength(json),
    tokens,
    shape: shapeOf(value),
    preview: null,
    ...readOn,
  }
  const left = maxTokens - ENVELOPE_TOKENS - safely(tokenizer.count(JSON.stringify(frame)), tokenizer)
  const data = { ...frame, preview: previewOf(value, (text) => safely(tokenizer.count(text), tokenizer) <= left) }
  const previewJson = JSON.stringify(data)
  return { data, json: previewJson, tokens: tokenizer.count(previewJson), stored: 'handle' in kept }
}

/** A text that no answer holds, of which others have made what is shown. */
async function fitLarge(
  text: string,
  parts: PreviewParts = unseen(text),
  { tokenizer, store, owner }: BudgetOptions,
): Promise<Fitted> {
  const { isJson, tokens, shape, preview, path } = parts
  const json = isJson ? text : JSON.stringify(text)
  const kept = await keep(json, store, owner)
  const readOn = 'handle' in kept ? { read_on: readingAt(kept.handle, path) } : {}
  const data: StoredPreview = { ...kept, bytes: Buffer.byteLength(json), tokens, shape, preview, ...readOn }
  const previewJson = JSON.stringify(data)
  return { data, json: previewJson, tokens: tokenizer.count(previewJson), stored: 'handle' in kept }
}

/** What a preview shows of a text that an answer of `maxTokens` does not hold. */
export function partsOf(text: string, maxTokens: number, tokenizer: Tokenizer): PreviewParts {
  const { json, value } = read(text)
  const tokens = tokenizer.count(json)
  const shape = shapeOf(value)
  const { path } = mainPart(value)
  // As long as that of any result, or as why there is none.
  const handle = 'r_'.padEnd(HANDLE_ROOM, '0')
  const frame = { handle, bytes: json.length, tokens, shape, preview: null, read_on: readingAt(handle, path) }
  const left = maxTokens - ENVELOPE_TOKENS - safely(tokenizer.count(JSON.stringify(frame)), tokenizer)
  const preview = previewOf(value, (part) => safely(tokenizer.count(part), tokenizer) <= left)
  return { isJson: json === text, tokens, shape, preview, path }
}

/** Of a text that could not be taken apart in time: its beginning, as it is. */
function unseen(text: string): PreviewParts {
  const isJson = /^\s*[[{"]/.test(text) && /[\]}"]\s*$/.test(text.slice(-100))
  const tokens = Math.ceil(text.length / 3.4)
  return { isJson, tokens, shape: 'not looked at: too large for now', preview: cutText(text, UNSEEN_CHARS), path: '' }
}

/** True for JSON text that an answer of `maxTokens` holds, with what stands around it. */
export function createFits({
  tokenizer,
  maxTokens,
}: Pick<BudgetOptions, 'tokenizer' | 'maxTokens'>): (json: string) => boolean {
  const room = roomOf(maxTokens)
  return (json) => safely(tokensWithin(json, tokenizer, room), tokenizer) <= room
}

function roomOf(maxTokens: number): number {
  return Math.max(0, maxTokens - FRAME_TOKENS)
}

function safely(tokens: number, tokenizer: Tokenizer): number {
  return tokenizer.exact ? tokens : tokens * SAFETY
}

function readingOn(handle: string, value: unknown): NonNullable<StoredPreview['read_on']> {
  return readingAt(handle, mainPart(value).path)
}

function readingAt(handle: string, path: string): NonNullable<StoredPreview['read_on']> {
  return { intent: 'results.read', params: { handle, ...(path === '' ? {} : { path }) } }
}

function read(text: string): { readonly json: string; readonly value: unknown } {
  try {
    return { json: text, value: JSON.parse(text) }
  } catch {
    return { json: JSON.stringify(text), value: text }
  }
}

/** The operation has run: that its result cannot be kept must not lose what of it can be shown. */
async function keep(
  json: string,
  store: ResultStore,
  owner: ResultOwner,
): Promise<{ handle: string } | { problem: string }> {
  try {
    return { handle: await store.put(owner, json) }
  } catch (thrown) {
    if (OptimizerError.is(thrown)) return { problem: thrown.message }
    throw thrown
  }
}

/** A token is at least one byte and seldom more than 20: short text needs no count. */
function tokensWithin(json: string, tokenizer: Tokenizer, room: number): number {
  return json.length < room / 8 ? Math.ceil(json.length / 3.4) : tokenizer.count(json)
}
