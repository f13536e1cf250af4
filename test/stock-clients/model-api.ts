import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from '../../src/internal/json.ts'
import type { ModelCall, ModelReply, Wire } from './wires/wire.ts'

/** A call of the script: the name of the tool as its server gives it, and of the server. */
export interface ScriptedCall {
  readonly server: string
  readonly tool: string
  readonly arguments: JsonObject
}

/** What the model does in a conversation. */
export interface Script {
  readonly calls: readonly ScriptedCall[]
  /** A tool of the client's own that takes seconds. */
  readonly pause?: ModelCall | undefined
  /** False while servers of the client are still starting: then the model takes the pause. */
  readonly isComplete: (names: readonly string[]) => boolean
}

/** A request that a client sent to its model. */
export interface ModelRequest {
  readonly text: string
  readonly body: JsonObject
}

/** A stand-in for a vendor's model: it makes the calls of a script one after the other, then closes. */
export interface ModelApi extends AsyncDisposable {
  readonly url: string
  /** Requests since the script began that offered tools: those of the conversation, not for a title or a summary. */
  readonly requests: readonly ModelRequest[]
  /** Paths that were asked and are not served. */
  readonly unknown: readonly string[]
  /** What the model does in the next conversation. */
  play(script: Script): void
}

/** A client whose servers do not start is not waited for without end. */
const MAX_PAUSES = 8

export async function startModelApi(
  wire: Wire,
  isTool: (name: string, call: ScriptedCall) => boolean,
): Promise<ModelApi> {
  let script: Script = { calls: [], isComplete: () => true }
  let pauses = 0
  let requests: ModelRequest[] = []
  const unknown: string[] = []
  let turn = 0

  const answer = (path: string, text: string): { status: number; reply: ModelReply; streamed: boolean } => {
    const other = wire.others.find(([pattern]) => pattern.test(path))
    if (other !== undefined) return { status: 200, reply: { events: [], body: other[1] }, streamed: false }
    if (!wire.asks.test(path)) {
      unknown.push(path)
      return { status: 404, reply: { events: [], body: { error: { message: 'not served here' } } }, streamed: false }
    }
    const body = JSON.parse(text) as JsonObject
    const names = wire.items(body).flatMap(({ definitions }) => definitions.map(({ name }) => name))
    if (names.length > 0) requests.push({ text, body })
    const call = names.length === 0 ? undefined : nextCall(names, wire.answers(body).length)
    return { status: 200, reply: wire.reply(body, ++turn, call), streamed: wire.isStreamed(path, body) }
  }

  const nextCall = (names: readonly string[], answered: number): ModelCall | undefined => {
    if (script.pause !== undefined && pauses < MAX_PAUSES && !script.isComplete(names)) {
      pauses++
      return script.pause
    }
    const next = script.calls[answered - pauses]
    const name = next && names.find((name) => isTool(name, next))
    return next && name !== undefined ? { name, arguments: next.arguments } : undefined
  }

  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      const { status, reply, streamed } = answer(path, text)
      if (streamed) stream(response, reply)
      else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    unknown,
    play(next) {
      script = next
      pauses = 0
      requests = []
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function stream(response: ServerResponse, { events }: ModelReply): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [name, data] of events) {
    if (name !== undefined) response.write(`event: ${name}\n`)
    response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  }
  response.end()
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
