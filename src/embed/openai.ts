import { isRecord } from '../internal/json.ts'
import { type Embedder, type Prefixes, withPrefix } from './embedder.ts'
import { postJson } from './post-json.ts'
import { toVectors } from './to-vectors.ts'

export interface OpenAIEmbedderOptions extends Prefixes {
  /** Base of the API, e.g. `https://api.openai.com/v1`; also of vLLM, Ollama, LM Studio, llama.cpp, LiteLLM. */
  readonly url: string
  readonly model: string
  readonly apiKey?: string
  /** For models that can shorten their vectors. */
  readonly dimensions?: number
}

/** Any service with OpenAI's `POST /embeddings`. */
export function createOpenAIEmbedder(options: OpenAIEmbedderOptions): Embedder {
  const { url, model, apiKey, dimensions } = options
  const endpoint = `${url.replace(/\/+$/, '')}/embeddings`
  return {
    name: JSON.stringify(['openai', endpoint, model, dimensions, options.queryPrefix, options.documentPrefix]),
    batchSize: 128,
    async embed(texts, kind, signal) {
      if (texts.length === 0) return []
      const input = withPrefix(texts, kind, options)
      const shape = dimensions === undefined ? {} : { dimensions }
      const answer = await postJson(endpoint, { model, input, encoding_format: 'float', ...shape }, apiKey, signal)
      return toVectors(inOrder(answer), texts.length)
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** The vectors by their `index`: a service may answer them in any order. */
function inOrder(answer: unknown): unknown {
  const rows = isRecord(answer) ? answer['data'] : undefined
  if (!Array.isArray(rows) || !rows.every(isRecord)) return undefined
  return rows.toSorted((a, b) => Number(a['index'] ?? 0) - Number(b['index'] ?? 0)).map((row) => row['embedding'])
}
