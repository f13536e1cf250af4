import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One JSON-RPC message as it came in. */
export interface Asked {
  readonly id: number
  readonly method: string
  readonly params: Record<string, unknown>
  readonly headers: IncomingMessage['headers']
}

/** Answers a request itself, or leaves it (false) to be answered in the usual way. */
export type OddAnswer = (asked: Asked, response: ServerResponse) => boolean | Promise<boolean>

export interface OddHttpServer extends AsyncDisposable {
  readonly url: string
  /** Methods in the order they came. */
  readonly seen: string[]
}

/** A real server over streamable HTTP, with sessions, whose answers can be replaced. */
export async function oddHttpServer(answer: OddAnswer = () => false): Promise<OddHttpServer> {
  const seen: string[] = []
  let sessions = 0
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method !== 'POST') return response.writeHead(405).end()
      const body = await text(request)
      const { id, method, params = {} } = JSON.parse(body) as Pick<Asked, 'id' | 'method'> & Partial<Asked>
      seen.push(method)
      if (await answer({ id, method, params, headers: request.headers }, response)) return
      if (id === undefined) return response.writeHead(202).end()
      if (method === 'initialize') {
        response.setHeader('mcp-session-id', `s-${++sessions}`)
        const result = {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'o', version: '1' },
        }
        return json(response, { jsonrpc: '2.0', id, result })
      }
      if (method === 'tools/list') return json(response, { jsonrpc: '2.0', id, result: { tools: [{ name: 'act' }] } })
      if (method === 'tools/call')
        return json(response, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }] } })
      return json(response, { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } })
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
