import type { Embedder } from './embedder.ts'
import { createOpenAIEmbedder, type OpenAIEmbedderOptions } from './openai.ts'
import { createTeiEmbedder, type TeiEmbedderOptions } from './tei.ts'
import { createTransformersEmbedder, type TransformersEmbedderOptions } from './transformers.ts'

/** How the configuration names an embedder. */
export type EmbedderConfig =
  | ({ readonly type: 'openai' } & OpenAIEmbedderOptions)
  | ({ readonly type: 'tei' } & TeiEmbedderOptions)
  | ({ readonly type: 'transformers' } & TransformersEmbedderOptions)

export function createEmbedder(config: EmbedderConfig): Embedder {
  switch (config.type) {
    case 'openai':
      return createOpenAIEmbedder(config)
    case 'tei':
      return createTeiEmbedder(config)
    case 'transformers':
      return createTransformersEmbedder(config)
  }
}
