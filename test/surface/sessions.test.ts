import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { demoGateway } from '../support/gateway.ts'

const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0.0.0' })
const SET = 'await state.set("a", 1); return await state.keys()'
const GET = 'return await state.get("a")'
let gateway: Optimizer
let service: HttpService
beforeAll(async () => {
  gateway = demoGateway()
  service = await serveHttp(gateway, surface, { port: 0 })
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

/** A client on a pair of streams; answers what a program returned, and the session that was named. */
function stdioClient() {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const served = serveStdio(gateway, surface, { input, output })
  const lines = createInterface({ input: output })[Symbol.asyncIterator]()
  return {
    async run(code: string, session?: string) {
      const params = { name: 'execute_code', arguments: { code, ...(session === undefined ? {} : { session }) } }
      input.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })}\n`)
      const { value = '' } = await lines.next()
      return textOf(JSON.parse(value as string))
    },
    async close() {
      input.end()
      await served
    },
  }
}

function textOf(message: { result: { content: { text: string }[] } }): {
  data: unknown
  metadata?: { session?: string }
} {
  return JSON.parse(message.result.content[0]?.text ?? '')
}

async function post(body: object, headers: Record<string, string> = {}, path = '/mcp') {
  const accept = 'application/json, text/event-stream'
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }),
  })
  return { body: (await response.json()) as never, session: response.headers.get('mcp-session-id') ?? undefined }
}

const initialize = {
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } },
}
const code = (text: string, session?: string): object => ({
  method: 'tools/call',
  params: { name: 'execute_code', arguments: { code: text, ...(session === undefined ? {} : { session }) } },
})

describe('a session over stdio', () => {
  it('is the connection, and is named once so that another connection can go on', async () => {
    const [one, two] = [stdioClient(), stdioClient()]
    const { metadata } = await one.run(SET)
    expect(metadata?.session).toMatch(/^s_/)
    expect(await one.run(GET)).toMatchObject({ data: 1 })
    expect((await one.run(SET)).metadata).toBeUndefined()
    expect(await two.run(GET)).toMatchObject({ data: null })
    expect(await two.run(GET, metadata?.session)).toMatchObject({ data: 1 })
    await Promise.all([one.close(), two.close()])
  })
})

describe('a session over HTTP', () => {
  it('comes with initialize and goes on by its header', async () => {
    const { session = '' } = await post(initialize)
    const other = await post(initialize)
    await post(code(SET), { 'mcp-session-id': session })
    expect(textOf((await post(code(GET), { 'mcp-session-id': session })).body)).toMatchObject({ data: 1 })
    expect(textOf((await post(code(GET), { 'mcp-session-id': other.session ?? '' })).body)).toMatchObject({
      data: null,
    })
    expect(textOf((await post(code(GET))).body)).toMatchObject({ data: null })
  })

  it('is an argument where there is no connection', async () => {
    const { metadata } = textOf((await post(code(SET))).body)
    expect(textOf((await post(code(GET, metadata?.session))).body)).toMatchObject({ data: 1 })
  })

  it('works over /rpc', async () => {
    const rpc = async (input: object, headers = {}) => {
      const { body } = await post({ method: 'execute_code', params: input }, headers, '/rpc')
      return (body as { result: { data: unknown; metadata: { session?: string } } }).result
    }
    const { session = '' } = (await rpc({ code: SET })).metadata
    expect((await rpc({ code: GET, session })).data).toBe(1)
    expect((await rpc({ code: GET }, { 'mcp-session-id': session })).data).toBe(1)
  })

  it('stops nothing over /rpc, where no client begins a new one by itself', async () => {
    const headers = { 'mcp-session-id': 's_0123456789abcdefAAAAAAAAAAAAAAAA' }
    const answered = async (text: string): Promise<unknown> =>
      (await post({ method: 'execute_code', params: { code: text } }, headers, '/rpc')).body
    expect(await answered('return 2')).toMatchObject({ result: { data: 2 } })
    expect(await answered(GET)).toMatchObject({ result: { error: { code: 'UNKNOWN_HANDLE' } } })
  })
})
