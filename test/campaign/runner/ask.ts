import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Sent {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly ms: number
}

export interface Send {
  readonly url: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly method?: string
  readonly agent?: Agent
  readonly withinMs?: number
}

/** One HTTP request; rejects where the connection breaks or nothing comes in time. */
export async function send({
  url,
  body,
  headers = {},
  method = 'POST',
  agent,
  withinMs = 60_000,
}: Send): Promise<Sent> {
  const startedAt = performance.now()
  return await new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('close', () => {
          clearTimeout(timer)
          if (!response.complete) return reject(new Error('the connection broke in the answer'))
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            ms: performance.now() - startedAt,
          })
        })
      },
    )
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs)
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end(body)
  })
}

/** A whole answer of `/rpc`. */
export interface Answer {
  readonly status: string
  readonly data?: unknown
  readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown }
  readonly ms: number
}

/** Whom to ask. */
export interface Front {
  readonly url: string
  readonly token?: string | undefined
}

/** A client of `/rpc` with connections of its own. */
export class RpcClient implements Disposable {
  readonly #front: Front
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 })

  constructor(front: Front) {
    this.#front = front
  }

  async ask(method: string, params: unknown, options: Omit<Send, 'url' | 'body'> = {}): Promise<Answer> {
    const { url, token } = this.#front
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const sent = await send({
      url: `${url}/rpc`,
      body,
      agent: this.#agent,
      ...options,
      headers: { ...authorization, ...options.headers },
    })
    const { result, error } = JSON.parse(sent.text) as { result?: Omit<Answer, 'ms'>; error?: { message: string } }
    if (result !== undefined) return { ...result, ms: sent.ms }
    return { status: 'error', error: { code: `HTTP ${sent.status}`, message: error?.message ?? '' }, ms: sent.ms }
  }

  async call(
    intent: string,
    params: unknown,
    more: object = {},
    options: Omit<Send, 'url' | 'body'> = {},
  ): Promise<Answer> {
    return await this.ask('execute_intent', { intent, params, ...more }, options)
  }

  async run(code: string, params: unknown = {}, options: Omit<Send, 'url' | 'body'> = {}): Promise<Answer> {
    return await this.ask('execute_code', { code, params }, options)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
