import type { Catalog, Intent } from '../catalog/catalog.ts'
import { createNameIndex } from '../catalog/resolve-name.ts'
import type { JsonObject } from '../internal/json.ts'
import { createMemo } from '../internal/memo.ts'
import type { ContentBlock } from '../upstream/upstream.ts'

/** Who asks for a builtin, and how long it may take. */
export interface BuiltinContext {
  readonly principal: string
  /** What whoever asks may use. */
  readonly catalog: Catalog
  /** Milliseconds, as the request asks; undefined: the builtin's own bound. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** An intent that the gateway itself answers, outside any sandbox. */
export interface Builtin {
  readonly intent: Intent
  /** False: there is nothing that it could work on, so no list shows it. @default true */
  isOffered?(): boolean
  /** JSON text of the answer's data. `input` was validated against the intent's schema. */
  run(input: JsonObject, context: BuiltinContext): Promise<string>
  /** Blocks that come with it. */
  show?(input: JsonObject, context: BuiltinContext): Promise<readonly ContentBlock[]>
}

/** The catalog's entry of a builtin. */
export function builtinIntent(name: string, description: string, input: JsonObject, readOnly: boolean): Intent {
  return { name, description, input, readOnly, servers: [], aliases: {}, origin: 'builtin', examples: [] }
}

/** Gives each catalog with the gateway's own intents among the others. */
export function createCompletion(builtins: readonly Builtin[]): (catalog: Catalog) => Catalog {
  const withThem = (catalog: Catalog, shown: readonly Builtin[]): Catalog => {
    const intents = new Map([...catalog.intents, ...shown.map(({ intent }) => [intent.name, intent] as const)])
    return { ...catalog, intents, names: createNameIndex({ ...catalog, intents }) }
  }
  const completed = createMemo((_catalog: Catalog) => new Map<number, Catalog>())
  return (catalog) => {
    const made = completed.of(catalog)
    // A bit for each that is offered.
    let shown = 0
    for (const [place, { isOffered }] of builtins.entries()) if (isOffered?.() !== false) shown |= 1 << place
    const known =
      made.get(shown) ??
      withThem(
        catalog,
        builtins.filter((_, place) => (shown & (1 << place)) !== 0),
      )
    made.set(shown, known)
    return known
  }
}
