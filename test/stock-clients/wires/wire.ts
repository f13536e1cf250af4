import type { JsonObject } from '../../../src/internal/json.ts'

/** One definition of a tool as a request holds it. */
export interface Definition {
  /** The name by which the model calls the tool; with its namespace before a dot where the wire has one. */
  readonly name: string
  readonly schema: unknown
}

/** What a request spends on tools: an item of its list, which may define several tools (a namespace, a list of declarations). */
export interface DefinitionItem {
  readonly text: string
  readonly definitions: readonly Definition[]
}

/** A call that the model makes. */
export interface ModelCall {
  readonly name: string
  readonly arguments: JsonObject
}

/** What the model answers: the events of a stream with their names, and the same as one body. */
export interface ModelReply {
  readonly events: readonly (readonly [name: string | undefined, data: unknown])[]
  readonly body: unknown
}

/** The protocol of a vendor's model API, as far as a client uses it. */
export interface Wire {
  /** Paths at which the model is asked. */
  readonly asks: RegExp
  /** Other paths that clients ask, and the answer to each. */
  readonly others: readonly (readonly [path: RegExp, body: unknown])[]
  isStreamed(path: string, body: JsonObject): boolean
  items(body: JsonObject): readonly DefinitionItem[]
  /** Answers of tools in the conversation so far, oldest first. */
  answers(body: JsonObject): readonly string[]
  /** A call where one is given, else the closing text. `turn` tells replies apart. */
  reply(body: JsonObject, turn: number, call: ModelCall | undefined): ModelReply
  /** Why the vendor's real API would refuse a definition. */
  refusal(definition: Definition): string | undefined
}

/** The text that ends a conversation. */
export const CLOSING = 'All done.'

/** The objects in a value that ought to be a list of them. */
export function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : []
}

/** The text of an answer, be it a text, blocks of text or anything else. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((block: unknown) => textOf(blockText(block))).join('\n')
  return JSON.stringify(value)
}

function blockText(block: unknown): unknown {
  return typeof block === 'object' && block !== null && 'text' in block ? block.text : block
}
