import { OptimizerError } from '../errors.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import { previewOf } from './preview.ts'
import type { ResultOwner, ResultStore } from './results.ts'
import { shapeOf } from './shape.ts'

/** An estimate may be this much too low for text that is mostly random characters; a budget must hold all the same. */
const SAFETY = 1.25
/** Tokens of an answer around its data: status, metadata, and the frame of a preview. */
const FRAME_TOKENS = 90

/** Value that stands for a stored one. */
export interface StoredPreview {
  /** Absent when the value could not be kept; then `problem` says why. */
  readonly handle?: string
  readonly problem?: string
  readonly bytes: number
  readonly tokens: number
  readonly shape: string
  readonly preview: unknown
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
  const room = Math.max(0, maxTokens - FRAME_TOKENS)
  const { json, value } = read(text)
  const tokens = tokensWithin(json, tokenizer, room)
  if (tokens * (tokenizer.exact ? 1 : SAFETY) <= room) return { data: value, json, tokens, stored: false }
  const shape = shapeOf(value)
  const left = room - tokenizer.count(shape) * SAFETY
  const preview = previewOf(value, (text) => tokenizer.count(text) * SAFETY <= left)
  const kept = await keep(json, store, owner)
  const data: StoredPreview = { ...kept, bytes: Buffer.byteLength(json), tokens, shape, preview }
  const previewJson = JSON.stringify(data)
  return { data, json: previewJson, tokens: tokenizer.count(previewJson), stored: true }
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
