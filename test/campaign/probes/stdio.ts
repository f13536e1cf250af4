import { setTimeout as pause } from 'node:timers/promises'
import type { Gateway } from '../runner/gateway.ts'

/** One thing that a hostile client does on the standard streams. */
export interface StdioProbe {
  readonly name: string
  attempt(client: StdioClient): Promise<string | undefined>
}

const WAIT_MS = 20_000

/** A client on the streams of a gateway. */
export class StdioClient {
  readonly gateway: Gateway
  #text = ''
  #id = 0
  #bytes = 0

  constructor(gateway: Gateway) {
    this.gateway = gateway
    gateway.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#bytes += chunk.length
      this.#text = (this.#text + chunk).slice(-2_000_000)
    })
  }

  /** Characters that were read so far. */
  get read(): number {
    return this.#bytes
  }

  write(text: string | Uint8Array): void {
    this.gateway.child.stdin?.write(text)
  }

  /** Sends a request; its answer as text, undefined where none comes. */
  async ask(method: string, params: object = {}): Promise<string | undefined> {
    const id = `ask-${++this.#id}`
    this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    return await this.answer(`"id":"${id}"`)
  }

  /** The line that has this in it. */
  async answer(part: string, withinMs = WAIT_MS): Promise<string | undefined> {
    const deadline = performance.now() + withinMs
    while (performance.now() < deadline && this.gateway.isAlive) {
      const line = this.#text.split('\n').find((each) => each.includes(part))
      if (line !== undefined) return line
      await pause(10)
    }
    return undefined
  }

  async call(intent: string, params: object): Promise<string | undefined> {
    return await this.ask('tools/call', { name: 'execute_intent', arguments: { intent, params } })
  }
}

/** Bytes after which a good call is answered as before. */
function bytes(name: string, make: (client: StdioClient) => string | Uint8Array): StdioProbe {
  return {
    name,
    async attempt(client) {
      client.write(make(client))
      client.write('\n')
      const answer = await client.call('good.echo', { text: name })
      return answer?.includes(name) === true ? undefined : `a good call after it got ${answer ?? 'no answer'}`
    },
  }
}

const line = (message: object): string => JSON.stringify({ jsonrpc: '2.0', ...message })

export const STDIO: readonly StdioProbe[] = [
  bytes('a call before the handshake', () => line({ id: 1, method: 'tools/list' })),
  bytes('what is no JSON', () => 'hello?\n{"jsonrpc":\n[[[['),
  bytes('bytes that are no text', () => Uint8Array.from([0xff, 0xfe, 0x00, 0x80, 0x0d])),
  bytes('lists that nest too deep', () => `${'['.repeat(500_000)}${']'.repeat(500_000)}`),
  bytes('a line of megabytes', () => `"${'x'.repeat(3_000_000)}"`),
  bytes('a line of megabytes that is no JSON', () => 'x'.repeat(30_000_000)),
  bytes('many empty lists', () =>
    line({
      id: 2,
      method: 'tools/call',
      params: {
        name: 'execute_intent',
        arguments: { intent: 'good.echo', params: { text: Array.from({ length: 300_000 }, () => []) } },
      },
    }),
  ),
  bytes('blank lines', () => '\n \r\n\t\n'.repeat(10_000)),
  bytes('ids of every kind', () =>
    [null, {}, [], true, 1.5, '', '__proto__', -1].map((id) => line({ id, method: 'ping' })).join('\n'),
  ),
  bytes('the same id again and again', () =>
    Array.from({ length: 200 }, () => line({ id: 5, method: 'tools/list' })).join('\n'),
  ),
  bytes('answers nobody asked for', () =>
    Array.from({ length: 1_000 }, (_, id) => line({ id, result: {} })).join('\n'),
  ),
  bytes('cancels of what others do', () =>
    Array.from({ length: 1_000 }, (_, requestId) =>
      line({ method: 'notifications/cancelled', params: { requestId } }),
    ).join('\n'),
  ),
  bytes('a batch of many', () =>
    JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' }))),
  ),
  bytes('the handshake again and again', () =>
    Array.from({ length: 300 }, (_, id) =>
      line({ id: `h${id}`, method: 'initialize', params: { protocolVersion: { toString: 1 } } }),
    ).join('\n'),
  ),
  bytes('methods of Object', () =>
    ['constructor', '__proto__', 'toString', ''].map((method, id) => line({ id: `m${id}`, method })).join('\n'),
  ),
  bytes('calls that are cancelled at once', () =>
    Array.from(
      { length: 100 },
      (_, id) =>
        `${line({ id: `c${id}`, method: 'tools/call', params: { name: 'execute_intent', arguments: { intent: 'good.wait', params: { ms: 5_000 } } } })}\n${line({ method: 'notifications/cancelled', params: { requestId: `c${id}` } })}`,
    ).join('\n'),
  ),
  {
    name: 'a client that does not read for a while',
    async attempt(client) {
      const { stdout } = client.gateway.child
      stdout?.pause()
      for (let number = 0; number < 300; number++)
        client.write(
          `${line({ id: `slow-${number}`, method: 'tools/call', params: { name: 'execute_code', arguments: { code: "return 'y'.repeat(10000)" } } })}\n`,
        )
      await pause(1_500)
      stdout?.resume()
      const last = await client.answer('"id":"slow-299"', 60_000)
      return last === undefined ? 'the last call was never answered' : undefined
    },
  },
]
