// `mcp-optimizer/intents`: types for those who write intents, which run in a sandbox and import nothing at run time.

declare global {
  /** What `mcp-optimizer types` found in a configuration; empty until it has written its file. */
  // oxlint-disable-next-line typescript/no-empty-object-type, typescript/no-empty-interface
  interface McpOptimizerTypes {}
}

/** `tools.<server>.<tool>(input)` and search: as `mcp-optimizer types` wrote them, else with values of any type. */
export type Tools = McpOptimizerTypes extends { readonly tools: infer Written } ? Written : LooseTools

/** `intents.<name>(input)`. */
export type Intents = McpOptimizerTypes extends { readonly intents: infer Written } ? Written : LooseIntents

/** Tools of servers that nobody has described yet. */
export type LooseTools = Readonly<Record<string, Readonly<Record<string, LooseCall>>>> & {
  /** Finds tools and intents by 2 to 6 keywords; best first. */
  search(query: string | readonly string[], options?: { server?: string; limit?: number }): Promise<readonly Found[]>
  /** Everything about one tool or intent, by its id. */
  describe(id: string): Promise<Found & { readonly parameters: string; readonly inputSchema: unknown }>
}

/** Intents that nobody has described yet. */
export type LooseIntents = Readonly<Record<string, LooseCall>>

/** A call of which nothing is known: its answer has to be looked at, or said to be something. */
export type LooseCall = <Answer = unknown>(input?: object) => Promise<Answer>

/** What a search inside a program finds. */
export interface Found {
  readonly id: string
  readonly kind: 'tool' | 'intent'
  readonly signature: string
  readonly description: string
}

/** Third argument of an intent. */
export interface Context {
  readonly intents: Intents
  /** Results that were too large to answer, by the handle that came instead. */
  readonly results: {
    get<Value = unknown>(handle: string): Promise<Value>
    list(): Promise<readonly { readonly handle: string; readonly bytes: number }[]>
  }
  /** What the session keeps between its programs: named JSON values. */
  readonly state: {
    /** null when there is no such key. */
    get<Value = unknown>(key: string): Promise<Value | null>
    set(key: string, value: unknown): Promise<null>
    delete(key: string): Promise<boolean>
    keys(): Promise<readonly string[]>
  }
}

/** What an intent says about itself: a literal, written with `as const` so that the type of its input is known. */
export interface IntentMetadata {
  /** Parts of lower-case words: `list_errors`, `issues.list`. */
  readonly name: string
  readonly description: string
  /** Names of the servers whose tools it calls. */
  readonly servers?: readonly string[]
  /** True: it changes nothing. @default false */
  readonly readOnly?: boolean
  /** JSON Schema of an object. */
  readonly input: ObjectSchema
  /** JSON Schema of what it returns. */
  readonly output?: Readonly<Record<string, unknown>>
  /** Inputs that `input` accepts. */
  readonly examples?: readonly Readonly<Record<string, unknown>>[]
}

/** A JSON Schema of an object. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly properties?: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly [keyword: string]: unknown
}

/** The values that a JSON Schema accepts, as far as types, properties, lists and enumerations say; else `unknown`. */
export type FromSchema<Schema> = Schema extends { readonly const: infer Value }
  ? Value
  : Schema extends { readonly enum: readonly (infer Value)[] }
    ? Value
    : Schema extends { readonly type: infer Type }
      ? Type extends keyof Scalars
        ? Scalars[Type]
        : Type extends 'array'
          ? readonly FromSchema<Schema extends { readonly items: infer Items } ? Items : unknown>[]
          : Type extends 'object'
            ? FromObject<Schema>
            : unknown
      : unknown

interface Scalars {
  readonly string: string
  readonly number: number
  readonly integer: number
  readonly boolean: boolean
  readonly null: null
}

type FromObject<Schema> = Schema extends { readonly properties: infer Properties }
  ? Flat<
      {
        readonly [Key in keyof Properties as Key extends Required<Schema> ? Key : never]: FromSchema<Properties[Key]>
      } & {
        readonly [Key in keyof Properties as Key extends Required<Schema> ? never : Key]?: FromSchema<Properties[Key]>
      }
    >
  : Readonly<Record<string, unknown>>

type Required<Schema> = Schema extends { readonly required: readonly (infer Name)[] } ? Name : never
type Flat<Value> = { [Key in keyof Value]: Value[Key] }

/** The program of an intent, as the gateway calls it. */
export type IntentProgram<Input, Output> = (input: Input, tools: Tools, context: Context) => Output

/**
 * Types the program of an intent by its metadata, and is that program: nothing else happens here or in the sandbox, where
 * this import is written out.
 *
 * @example
 * import { defineIntent } from 'mcp-optimizer/intents'
 *
 * export const metadata = {
 *   name: 'count_orders',
 *   description: 'Counts the orders of a customer',
 *   servers: ['shop'],
 *   input: { type: 'object', properties: { customer: { type: 'string' } }, required: ['customer'] },
 * } as const
 *
 * export default defineIntent(metadata, async ({ customer }, tools) => {
 *   const orders = await tools.shop.list_orders<unknown[]>({ customer })
 *   return orders.length
 * })
 */
export function defineIntent<const Metadata extends IntentMetadata, Output>(
  _metadata: Metadata,
  program: IntentProgram<FromSchema<Metadata['input']>, Output>,
): IntentProgram<FromSchema<Metadata['input']>, Output> {
  return program
}
