/**
 * Turns texts into vectors whose angle tells how near their meanings are. Where it runs (a service, this machine, a GPU)
 * is its own business. Every implementation passes `test/contracts/embedder.ts`.
 */
export interface Embedder extends AsyncDisposable {
  /** Names the model and all that changes its vectors: cached vectors are kept under it. */
  readonly name: string
  /** Most texts of one call. */
  readonly batchSize: number
  /** One vector of length 1 for each text, in order, all of one dimension. Rejects soon after `signal` aborts. */
  embed(texts: readonly string[], kind: TextKind, signal: AbortSignal): Promise<readonly Float32Array[]>
}

/** Many models want queries and what is searched told apart. */
export type TextKind = 'query' | 'document'

/** What models want before a text: `query: ` and `passage: ` of E5, an instruction of others. */
export interface Prefixes {
  /** @default '' */
  readonly queryPrefix?: string
  /** @default '' */
  readonly documentPrefix?: string
}

export function withPrefix(texts: readonly string[], kind: TextKind, prefixes: Prefixes): string[] {
  const prefix = (kind === 'query' ? prefixes.queryPrefix : prefixes.documentPrefix) ?? ''
  return texts.map((text) => prefix + text)
}
