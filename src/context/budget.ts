import { OptimizerError } from '../errors.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
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
  readonly stored: boolean
}

export interface BudgetOptions {
  readonly tokenizer: Tokenizer
  readonly store: ResultStore
  readonly owner: ResultOwner
  /** Tokens of the whole answer. */
  readonly maxTokens: number
}

/**
 * Gives JSON text back as a value if it fits the budget; else stores it and gives a preview that fits. Text that is no JSON is a
 * string.
 */
export async function fitToBudget(text: string, options: BudgetOptions): Promise<Fitted> {
  const { tokenizer, store, owner, maxTokens } = options
  const room = roomOf(maxTokens)
  const { json, value } = read(text)
  const tokens = tokensWithin(json, tokenizer, room)
  if (safely(tokens, tokenizer) <= room) return { data: value, json, tokens, stored: false }
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
  return { data, json: previewJson, tokens: tokenizer.count(previewJson), stored: true }
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
  const { path } = mainPart(value)
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
