import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A service with the wire formats of OpenAI's `/v1/embeddings` and of text-embeddings-inference's `/embed`. */
export interface EmbeddingService extends AsyncDisposable {
  readonly url: string
  readonly requests: { path: string; authorization: string | undefined; body: Record<string, unknown> }[]
  /** What it does with the next requests. */
  mode: 'answer' | 'silent' | 'refuse' | 'overloaded' | 'nonsense' | 'short' | 'mixed' | 'redirect'
}

export async function startEmbeddingService(): Promise<EmbeddingService> {
  const requests: EmbeddingService['requests'] = []
  const service = { mode: 'answer' as EmbeddingService['mode'] }
  const server: Server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = request.url ?? ''
      requests.push({ path, authorization: request.headers.authorization, body })
      const json = (status: number, value: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      }
      const inputs = (body['input'] ?? body['inputs']) as string[]
      const isOpenAI = path.endsWith('/embeddings')
      switch (service.mode) {
        case 'silent':
          return
        case 'refuse':
          return json(401, { error: { message: 'Incorrect API key provided: sk-…', type: 'invalid_request_error' } })
        case 'overloaded':
          return json(429, { error: 'Model is overloaded', error_type: 'overloaded' })
        case 'nonsense':
          return void response.end('<html>not json')
        case 'redirect':
          return void response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end()
        case 'short':
        case 'mixed':
        case 'answer': {
          const listed = service.mode === 'short' ? inputs.slice(1) : inputs
          const vectors = listed.map((text, at) => wordVector(text, service.mode === 'mixed' && at === 0 ? 3 : 16))
          if (!isOpenAI) return json(200, vectors)
          const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
          // OpenAI promises an index, not an order.
          return json(200, {
            object: 'list',
            data: data.toReversed(),
            model: body['model'],
            usage: { total_tokens: 1 },
          })
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(service, {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

/** A text as counts of its words, hashed into some dimensions: texts with the same words are near. */
export function wordVector(text: string, dimensions = 16): number[] {
  const vector = Array.from({ length: dimensions }, () => 0.01)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    let hash = 7
    for (const character of word) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9_973
    vector[hash % dimensions] = (vector[hash % dimensions] ?? 0) + 1
  }
  return vector
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
}
