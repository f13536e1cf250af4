import { type Embedder, type Prefixes, withPrefix } from './embedder.ts'
import { postJson } from './post-json.ts'
import { toVectors } from './to-vectors.ts'

export interface TeiEmbedderOptions extends Prefixes {
  /** Where text-embeddings-inference listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string
  readonly apiKey?: string
  /** Names the model the service runs; another name keeps other cached vectors. @default '' */
  readonly model?: string
}

/** Hugging Face's text-embeddings-inference: `POST /embed`. */
export function createTeiEmbedder(options: TeiEmbedderOptions): Embedder {
  const endpoint = `${options.url.replace(/\/+$/, '')}/embed`
  return {
    name: JSON.stringify(['tei', endpoint, options.model, options.queryPrefix, options.documentPrefix]),
    // The service's own default of --max-client-batch-size.
    batchSize: 32,
    async embed(texts, kind, signal) {
      if (texts.length === 0) return []
      const inputs = withPrefix(texts, kind, options)
      const answer = await postJson(endpoint, { inputs, normalize: true, truncate: true }, options.apiKey, signal)
      return toVectors(answer, texts.length)
    },
    async [Symbol.asyncDispose]() {},
  }
}
