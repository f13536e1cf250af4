import { connect } from 'node:net'
import { send, type Send, type Sent } from './ask.ts'

/** The ways to talk to a gateway over HTTP. */
export type Way = 'legacy' | 'modern' | 'rpc'

const MODERN_VERSION = '2026-07-28'
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
}

/** One way into one gateway, with what a client of it has to send. */
export class Door {
  readonly way: Way
  readonly url: string
  readonly token: string | undefined
  readonly short: boolean
  readonly path: string

  constructor({ way, url, token, short }: Pick<Door, 'way' | 'url' | 'token' | 'short'>) {
    this.way = way
    this.url = url
    this.token = token
    this.short = short
    this.path = way === 'rpc' ? '/rpc' : '/mcp'
  }

  /** A good request that reads only. */
  get good(): string {
    return this.way === 'rpc' ? this.message('discover') : this.message('tools/list')
  }

  message(method: string, params: object = {}, more: object = {}): string {
    const whole =
      this.way === 'modern'
        ? { ...params, _meta: { ...META, ...('_meta' in params ? (params._meta as object) : {}) } }
        : params
    return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: whole, ...more })
  }

  /** A call of a tool of a server, as this way has it. */
  call(intent: string, params: object, more: object = {}): string {
    const given = { intent, params }
    if (this.way === 'rpc') return this.message('execute_intent', given, more)
    return this.message('tools/call', { name: 'execute_intent', arguments: given }, more)
  }

  run(code: string, more: object = {}): string {
    if (this.way === 'rpc') return this.message('execute_code', { code, ...more })
    return this.message('tools/call', { name: 'execute_code', arguments: { code, ...more } })
  }

  /** Headers that a good client sends with this body. */
  headers(body: string): Record<string, string> {
    const authorization: Record<string, string> =
      this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }
    const accept = 'application/json, text/event-stream'
    if (this.way !== 'modern') return { accept, ...authorization }
    const method = /"method":"([^"]*)"/.exec(body)?.[1] ?? ''
    const name = method === 'tools/call' ? /"params":\{"name":"([^"]*)"/.exec(body)?.[1] : undefined
    return {
      accept,
      ...authorization,
      'mcp-protocol-version': MODERN_VERSION,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    }
  }

  async post(body: string | Uint8Array, headers: Send['headers'] = {}, more: Partial<Send> = {}): Promise<Sent> {
    const own = typeof body === 'string' ? this.headers(body) : this.headers('')
    return await send({ url: `${this.url}${this.path}`, body, ...more, headers: { ...own, ...headers } })
  }

  /** The head of a request as a good client writes it, for what is written by hand; without its end. */
  head(body: string, { path = this.path, host = this.host }: { path?: string; host?: string } = {}): string {
    const headers = Object.entries(this.headers(body)).map(([name, value]) => `${name}: ${value}\r\n`)
    return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${headers.join('')}`
  }

  get host(): string {
    return new URL(this.url).host
  }

  /** Writes bytes as they are and reads until the other side closes, or for so long. */
  async raw(bytes: string | Uint8Array, withinMs = 20_000): Promise<Raw> {
    const startedAt = performance.now()
    return await new Promise((resolve) => {
      let text = ''
      const { hostname, port } = new URL(this.url)
      const socket = connect(Number(port), hostname, () => socket.write(bytes))
      const done = (closed: boolean): void => {
        clearTimeout(timer)
        socket.destroy()
        resolve({ text, statuses: statusesIn(text), closed, ms: performance.now() - startedAt })
      }
      const timer = setTimeout(() => done(false), withinMs)
      socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
      socket.on('error', () => undefined)
      socket.on('close', () => done(true))
    })
  }
}

/** What came back on a connection. */
export interface Raw {
  readonly text: string
  /** Statuses of all answers, in order. */
  readonly statuses: readonly number[]
  readonly closed: boolean
  readonly ms: number
}

function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
