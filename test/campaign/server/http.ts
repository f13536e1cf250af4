import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Misbehaving, type Outlet, readAsked } from './exchange.ts'
import type { Settings } from './mode.ts'
import { MODES } from './modes/index.ts'

/** Serves all modes, each at `/<era>/<mode>/mcp`; resolves with the address before that. */
export async function serveHttp(settings: Settings): Promise<string> {
  const servers = new Map<string, Misbehaving>()
  /** One server a path, which remembers what it was asked. */
  const serverAt = (path: string): Misbehaving | undefined => {
    const [, era, name = ''] = path.split('/')
    const mode = MODES.get(name)
    if (mode === undefined) return undefined
    const known = servers.get(path) ?? new Misbehaving(mode, settings, era === 'modern')
    servers.set(path, known)
    return known
  }
  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void answer(serverAt(request.url ?? ''), request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(
  server: Misbehaving | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (server === undefined) return void response.writeHead(404).end()
  if (request.method !== 'POST') return void response.writeHead(405).end()
  const asked = readAsked(JSON.parse(await text(request)))
  if (asked === undefined) return void response.writeHead(202).end()
  const bytes = async (chunk: string | Uint8Array): Promise<void> => {
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  const messages: unknown[] = []
  let isHandled = false
  let isPlain = false
  const outlet: Outlet = {
    send(message) {
      if (isHandled) writeEvent(response, message)
      else messages.push(message)
    },
    async bytes(chunk) {
      if (!response.headersSent) {
        isPlain = true
        response.setHeader('content-type', 'application/json')
      }
      await bytes(chunk)
    },
    http: { request, response },
  }
  await server.handle(asked, outlet)
  isHandled = true
  if (isPlain) response.end()
  if (messages.length > 0) sendAll(response, messages)
}

function writeEvent(response: ServerResponse, message: unknown): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`)
}

/** One message as JSON, more as a stream of events. */
function sendAll(response: ServerResponse, messages: readonly unknown[]): void {
  if (response.headersSent) return
  if (messages.length === 1) {
    response.setHeader('content-type', 'application/json')
    return void response.end(JSON.stringify(messages[0]))
  }
  for (const message of messages) writeEvent(response, message)
  response.end()
}
