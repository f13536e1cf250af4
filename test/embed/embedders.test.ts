import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createEmbedder } from '../../src/embed/create.ts'
import { createTransformersEmbedder, type TransformersModule } from '../../src/embed/transformers.ts'
import { embedderContract } from '../contracts/embedder.ts'
import { startEmbeddingService, wordVector } from '../support/embedding-service.ts'

const service = await startEmbeddingService()
afterAll(async () => await service[Symbol.asyncDispose]())
beforeEach(() => {
  service.mode = 'answer'
  service.requests.length = 0
})
const signal = (): AbortSignal => new AbortController().signal
const prefixes = { queryPrefix: 'query: ', documentPrefix: 'passage: ' }
const openai = () =>
  createEmbedder({ type: 'openai', url: `${service.url}/v1/`, model: 'small', apiKey: 'sk-secret', ...prefixes })
const tei = () => createEmbedder({ type: 'tei', url: service.url, ...prefixes })
const silent = (create: typeof openai) => () => {
  service.mode = 'silent'
  return create()
}

describe('the OpenAI-compatible embedder', () => {
  embedderContract({ create: openai, createSilent: silent(openai) })

  it('speaks the wire format', async () => {
    await using embedder = createEmbedder({
      type: 'openai',
      url: `${service.url}/v1`,
      model: 'small',
      apiKey: 'sk-secret',
      dimensions: 16,
    })
    await embedder.embed(['a', 'b'], 'query', signal())
    expect(service.requests).toEqual([
      {
        path: '/v1/embeddings',
        authorization: 'Bearer sk-secret',
        body: { model: 'small', input: ['a', 'b'], encoding_format: 'float', dimensions: 16 },
      },
    ])
  })
})

describe('the text-embeddings-inference embedder', () => {
  embedderContract({ create: tei, createSilent: silent(tei) })

  it('speaks the wire format', async () => {
    await using embedder = tei()
    await embedder.embed(['a'], 'document', signal())
    expect(service.requests).toEqual([
      { path: '/embed', authorization: undefined, body: { inputs: ['passage: a'], normalize: true, truncate: true } },
    ])
  })
})

describe('a service that misbehaves', () => {
  it.each([
    ['refuse', 'UNAUTHORIZED'],
    ['overloaded', 'OVERLOADED'],
    ['nonsense', 'UPSTREAM_PROTOCOL'],
    ['short', 'UPSTREAM_PROTOCOL'],
    ['mixed', 'UPSTREAM_PROTOCOL'],
    ['redirect', 'UPSTREAM_UNAVAILABLE'],
  ] as const)('is one clear error when it does this: %s', async (mode, code) => {
    for (const create of [openai, tei]) {
      await using embedder = create()
      service.mode = mode
      const failed = await embedder.embed(['a', 'b'], 'document', signal()).catch((thrown: unknown) => thrown)
      expect(failed).toMatchObject({ name: 'OptimizerError', code })
      expect(String(failed)).not.toContain('sk-secret')
    }
  })

  it('is one clear error when it is not there', async () => {
    await using embedder = createEmbedder({ type: 'tei', url: 'http://127.0.0.1:1' })
    await expect(embedder.embed(['a'], 'query', signal())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })
})

/** The part of `@huggingface/transformers` that is used, in its shape: a pipeline is a function that answers a tensor. */
function fakeTransformers(answer: 'answer' | 'silent' = 'answer') {
  const calls: unknown[] = []
  const module: TransformersModule = {
    async pipeline(task, model, options) {
      calls.push([task, model, options])
      const extract = async (texts: string[], how: object) => {
        calls.push(how)
        if (answer === 'silent') await new Promise(() => {})
        return { tolist: () => texts.map((text) => wordVector(text, 8)) }
      }
      return Object.assign(extract, { dispose: async () => void calls.push('disposed') })
    },
  }
  return { calls, module }
}

describe('the transformers.js embedder', () => {
  const create = (answer?: 'silent') => () =>
    createTransformersEmbedder({ model: 'mini', ...prefixes }, async () => fakeTransformers(answer).module)
  embedderContract({ create: create(), createSilent: create('silent') })

  it('loads the package and the weights with the first text, once, and frees them', async () => {
    const { calls, module } = fakeTransformers()
    let loads = 0
    const embedder = createTransformersEmbedder({ model: 'mini', dtype: 'q8', device: 'cpu' }, async () => {
      loads++
      return module
    })
    expect(loads).toBe(0)
    await Promise.all([embedder.embed(['a'], 'query', signal()), embedder.embed(['b'], 'query', signal())])
    await embedder[Symbol.asyncDispose]()
    expect(loads).toBe(1)
    expect(calls).toEqual([
      ['feature-extraction', 'mini', { dtype: 'q8', device: 'cpu' }],
      { pooling: 'mean', normalize: true },
      { pooling: 'mean', normalize: true },
      'disposed',
    ])
  })

  it('says how to install the package where it is missing, and tries again later', async () => {
    let isThere = false
    const embedder = createTransformersEmbedder({ model: 'mini' }, async () => {
      if (!isThere) throw new Error("Cannot find package '@huggingface/transformers'")
      return fakeTransformers().module
    })
    await expect(embedder.embed(['a'], 'query', signal())).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      suggestion: expect.stringContaining('npm i @huggingface/transformers'),
    })
    isThere = true
    expect(await embedder.embed(['a'], 'query', signal())).toHaveLength(1)
  })

  it('refuses a package without pipeline()', async () => {
    const embedder = createTransformersEmbedder({ model: 'mini' }, async () => ({}))
    await expect(embedder.embed(['a'], 'query', signal())).rejects.toMatchObject({ code: 'UPSTREAM_PROTOCOL' })
  })
})
