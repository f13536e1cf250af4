import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { abortable } from '../internal/signal.ts'
import { cutText, messageOf } from '../internal/text.ts'
import { type Embedder, type Prefixes, withPrefix } from './embedder.ts'
import { toVectors } from './to-vectors.ts'

export interface TransformersEmbedderOptions extends Prefixes {
  /** A feature-extraction model with ONNX weights, e.g. `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string
  /** Precision of the weights: `fp32`, `fp16`, `q8`, … @default the package's */
  readonly dtype?: string
  /** `cpu`, `cuda`, `dml`, `webgpu`, … @default the package's */
  readonly device?: string
}

/** What of `@huggingface/transformers` is used. */
export interface TransformersModule {
  pipeline(task: 'feature-extraction', model: string, options: object): Promise<Extractor>
}

type Extractor = ((texts: string[], options: object) => Promise<{ tolist(): unknown }>) & {
  dispose?(): Promise<unknown>
}

const PACKAGE = '@huggingface/transformers'

/**
 * A model in this process through the optional peer `@huggingface/transformers`, which is imported and loads its weights
 * with the first text.
 */
export function createTransformersEmbedder(
  options: TransformersEmbedderOptions,
  load: () => Promise<unknown> = async () => (await import(PACKAGE)) as unknown,
): Embedder {
  let loading: Promise<Extractor> | undefined
  const extractor = (): Promise<Extractor> => {
    loading ??= openPipeline(options, load).catch((thrown: unknown) => {
      // The next text tries again: weights may have been out of reach for a while.
      loading = undefined
      throw thrown
    })
    return loading
  }
  return {
    name: JSON.stringify(['transformers', options.model, options.dtype, options.queryPrefix, options.documentPrefix]),
    batchSize: 16,
    async embed(texts, kind, signal) {
      if (texts.length === 0) return []
      const extract = await abortable(extractor(), signal)
      const output = await abortable(
        extract(withPrefix(texts, kind, options), { pooling: 'mean', normalize: true }),
        signal,
      )
      return toVectors(output.tolist(), texts.length)
    },
    async [Symbol.asyncDispose]() {
      const opened = await loading?.catch(() => undefined)
      loading = undefined
      await opened?.dispose?.()
    },
  }
}

async function openPipeline(
  { model, dtype, device }: TransformersEmbedderOptions,
  load: () => Promise<unknown>,
): Promise<Extractor> {
  const loaded = await load().catch((cause: unknown) => {
    throw new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot load ${PACKAGE}: ${cutText(messageOf(cause), 200)}`, {
      cause,
      suggestion: `install it beside mcp-optimizer: npm i ${PACKAGE}`,
    })
  })
  if (!isTransformers(loaded))
    throw new OptimizerError('UPSTREAM_PROTOCOL', `cannot use ${PACKAGE}: found no pipeline()`)
  return await loaded.pipeline('feature-extraction', model, {
    ...(dtype === undefined ? {} : { dtype }),
    ...(device === undefined ? {} : { device }),
  })
}

function isTransformers(loaded: unknown): loaded is TransformersModule {
  return isRecord(loaded) && typeof loaded['pipeline'] === 'function'
}
