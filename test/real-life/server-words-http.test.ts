import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import type { ToolResult } from '../../src/upstream/upstream.ts'
import { json, type OddAnswer, oddHttpServer } from '../support/odd-http-server.ts'

const signal = (): AbortSignal => new AbortController().signal

async function outcomeOf<T>(work: Promise<T>): Promise<T | OptimizerError> {
  return await work.catch((thrown: unknown) => {
    if (OptimizerError.is(thrown)) return thrown
    throw thrown
  })
}

/** What a call gives where `answer` answers it. */
async function call(answer: OddAnswer): Promise<ToolResult | OptimizerError> {
  await using server = await oddHttpServer((asked, response) =>
    asked.method === 'tools/call' ? answer(asked, response) : false,
  )
  await using upstream = createUpstream('web', { type: 'http', url: server.url })
  return await outcomeOf(upstream.callTool('act', {}, { signal: signal() }))
}

/** A response of this status with this body. */
function says(status: number, body: unknown, headers: Record<string, string> = {}): OddAnswer {
  return ({ id }, response) => {
    const isText = typeof body === 'string'
    const text = isText ? body : JSON.stringify(body).replace('"ID"', String(id))
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers }).end(text)
    return true
  }
}

const rpc = (error: unknown): unknown => ({ jsonrpc: '2.0', id: 'ID', error })

describe('a JSON-RPC error over HTTP is a refusal in the server’s words (17, 18)', () => {
  it.each<[what: string, status: number, error: { code: number; message: string; data?: unknown }]>([
    ['that speaks of authorization', 200, { code: -32603, message: 'Unauthorized: user bob may not read "web"' }],
    ['that speaks of 404', 200, { code: -32603, message: 'GitHub API returned status 404: no branch "mian"' }],
    ['that speaks of 502', 200, { code: -32603, message: 'Invalid filter: HTTP 502 is not one of open, closed' }],
    ['that speaks of time', 200, { code: -32602, message: 'parameter "timeout": the query timed out after 0 s' }],
    ['with the code of the client’s timeout', 200, { code: -32001, message: 'Project "web" not found' }],
    ['with a code like a status', 200, { code: 429, message: 'too many' }],
    ['with data', 200, { code: -32000, message: 'no column', data: { hint: 'did you mean "y" in /srv/db?' } }],
    ['with status 400', 400, { code: -32602, message: 'Invalid arguments: missing title' }],
    ['with status 403', 403, { code: -32603, message: 'not your project' }],
    ['with status 404', 404, { code: -32601, message: 'no tool act' }],
    ['with status 500', 500, { code: -32603, message: 'null is not an object' }],
  ])('%s', async (_what, status, error) => {
    expect(await call(says(status, rpc(error)))).toMatchObject({
      code: 'TOOL_ERROR',
      message: `web refused tools/call: ${error.message}`,
      details: { rpcCode: error.code, ...(error.data === undefined ? {} : { data: error.data }) },
    })
  })
})

describe('an answer without the id of its request', () => {
  const words = 'Parse error: no such encoding in /etc/x'
  it.each<[what: string, answer: OddAnswer]>([
    ['as JSON', says(200, { jsonrpc: '2.0', id: null, error: { code: -32_700, message: words } })],
    ['as a plain error', says(200, { error: { code: 7, message: words } })],
    [
      'in an event stream',
      (_asked, response) => {
        const error = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_700, message: words } })
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${error}\n\n`)
        return true
      },
    ],
  ])('%s: an error is a refusal all the same', async (_what, answer) => {
    expect(await call(answer)).toMatchObject({ code: 'TOOL_ERROR', message: `web refused tools/call: ${words}` })
  })

  it('that is no answer at all is told', async () => {
    expect(await call(says(200, { status: 'maintenance until noon' }))).toMatchObject({
      code: 'UPSTREAM_PROTOCOL',
      message: expect.stringContaining('maintenance until noon'),
    })
  })
})

describe('the body of a refusal (18)', () => {
  it.each<[what: string, answer: OddAnswer, code: string, words: string[], details: Record<string, unknown>]>([
    ['message', says(400, { message: 'no such field "x"' }), 'TOOL_ERROR', ['HTTP 400: no such field "x"'], {}],
    [
      'error and its description',
      says(422, { error: 'invalid', error_description: 'the date lies in /dev/null' }),
      'TOOL_ERROR',
      ['invalid: the date lies in /dev/null'],
      {},
    ],
    [
      'details of a validation',
      says(422, { detail: [{ loc: ['body', 'title'], msg: 'field required' }] }),
      'TOOL_ERROR',
      ['title', 'field required'],
      {},
    ],
    ['text', says(409, 'it is locked by ann'), 'TOOL_ERROR', ['it is locked by ann'], {}],
    [
      'a page',
      says(502, '<html><head><title>502 Bad Gateway</title></head><body><p>nginx</p></body></html>'),
      'OUTCOME_UNKNOWN',
      ['gave up during tools/call: HTTP 502: 502 Bad Gateway'],
      { status: 502 },
    ],
    [
      'a page without a title',
      says(503, '<html><script>x()</script><body><p>Down for <b>maintenance</b></p></body></html>'),
      'UPSTREAM_UNAVAILABLE',
      ['HTTP 503: Down for maintenance'],
      {},
    ],
    ['of a failure', says(500, { error: 'boom in step 3' }), 'OUTCOME_UNKNOWN', ['HTTP 500: boom in step 3'], {}],
    [
      'of a limit',
      says(429, { message: 'slow down' }, { 'retry-after': '30' }),
      'UPSTREAM_UNAVAILABLE',
      ['HTTP 429: slow down; try again in 30 s'],
      { status: 429, retryAfterMs: 30_000 },
    ],
    [
      'of a pause, as a date',
      says(503, '', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }),
      'UPSTREAM_UNAVAILABLE',
      ['HTTP 503', 'try again in'],
      { status: 503, retryAfterMs: expect.any(Number) },
    ],
    ['of a login', says(401, { error: 'token expired' }), 'UNAUTHORIZED', ['needs a login', 'token expired'], {}],
    ['of a ban', says(403, 'ann is banned'), 'UNAUTHORIZED', ['HTTP 403: ann is banned'], {}],
    [
      'of a scope',
      says(403, '', { 'www-authenticate': 'Bearer error="insufficient_scope", scope="repo:write admin"' }),
      'UNAUTHORIZED',
      ['lacks the scope repo:write admin'],
      { scope: 'repo:write admin' },
    ],
    [
      'that is no answer at all',
      (_asked, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Please sign in</title></html>')
        return true
      },
      'UPSTREAM_PROTOCOL',
      ['Please sign in'],
      {},
    ],
  ])('%s', async (_what, answer, code, words, details) => {
    const thrown = (await call(answer)) as OptimizerError
    expect(thrown.code).toBe(code)
    for (const word of words) expect(thrown.message).toContain(word)
    if (Object.keys(details).length > 0) expect(thrown.details).toMatchObject(details)
  })
})

describe('null where nothing was meant, over HTTP (20)', () => {
  it.each<[what: string, answer: unknown, value: unknown]>([
    ['error beside a result', { jsonrpc: '2.0', id: 'ID', result: { content: [] }, error: null }, { content: [] }],
    ['meta', { jsonrpc: '2.0', id: 'ID', result: { content: null, _meta: null, resultType: null } }, { content: [] }],
    ['fields that nobody asked for', { jsonrpc: '2.0', id: 'ID', result: { content: [] }, took: 3 }, { content: [] }],
    ['jsonrpc left out', { id: 'ID', result: { content: [] } }, { content: [] }],
  ])('%s', async (_what, answer, value) => {
    expect(await call(says(200, answer))).toEqual(value)
  })

  it('a result beside an error, in an event stream', async () => {
    const outcome = await call(({ id }, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(
        `event: message\ndata: {"jsonrpc":"2.0","id":"${id}","result":null,\ndata: "error":{"message":"locked"}}\n\n`,
      )
      return true
    })
    expect(outcome).toMatchObject({ code: 'TOOL_ERROR', message: 'web refused tools/call: locked' })
  })

  it('in the answer to initialize', async () => {
    await using server = await oddHttpServer(({ id, method }, response) => {
      if (method !== 'initialize') return false
      const result = {
        protocolVersion: '2025-03-26',
        capabilities: { tools: { listChanged: null }, logging: null },
        serverInfo: { name: 'o', version: '1', title: null },
        instructions: null,
      }
      json(response, { jsonrpc: '2.0', id, result, error: null })
      return true
    })
    await using upstream = createUpstream('web', { type: 'http', url: server.url })
    expect(await upstream.listTools(signal())).toHaveLength(1)
  })

  it('a result that is none fails at once', async () => {
    expect(await call(says(200, { jsonrpc: '2.0', id: 'ID', result: 'done' }))).toMatchObject({
      code: 'UPSTREAM_PROTOCOL',
    })
  })
})

describe('a session that the server forgot (16)', () => {
  it.each<[what: string, status: number, body: unknown]>([
    ['404 with an error', 404, { jsonrpc: '2.0', error: { code: -32_001, message: 'Session not found' }, id: null }],
    ['404 alone', 404, ''],
    [
      '400',
      400,
      { jsonrpc: '2.0', error: { code: -32_000, message: 'Bad Request: No valid session ID provided' }, id: null },
    ],
    ['400 as text', 400, 'Invalid session ID'],
    [
      '400 after a restart',
      400,
      { error: { code: -32_000, message: 'Bad Request: Server not initialized' }, id: null },
    ],
    ['410', 410, 'the session was terminated'],
  ])('%s: one new session for all calls, each repeated once', async (_what, status, body) => {
    let known = 's-1'
    await using server = await oddHttpServer(async (asked, response) => {
      const sent = asked.headers['mcp-session-id']
      if (sent === undefined || sent === known) return false
      return await says(status, body)(asked, response)
    })
    await using upstream = createUpstream('web', { type: 'http', url: server.url })
    await upstream.callTool('act', {}, { signal: signal() })
    known = 's-2'
    const results = await Promise.all(
      Array.from({ length: 5 }, async () => await upstream.callTool('act', {}, { signal: signal() })),
    )
    for (const result of results) expect(result.content).toEqual([{ type: 'text', text: 'done' }])
    expect(server.seen.filter((method) => method === 'initialize')).toHaveLength(2)
  })

  it('a second refusal is an error, and a call is never made a third time', async () => {
    let calls = 0
    await using server = await oddHttpServer(async (asked, response) => {
      if (asked.method !== 'tools/call') return false
      calls++
      return await says(404, 'Session not found in /var/run')(asked, response)
    })
    await using upstream = createUpstream('web', { type: 'http', url: server.url })
    const thrown = await outcomeOf(upstream.callTool('act', {}, { signal: signal() }))
    expect(thrown).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', message: expect.stringContaining('/var/run') })
    expect(calls).toBe(2)
  })
})

describe('an answer that was cut off (18)', () => {
  it.each<[what: string, end: (response: Parameters<OddAnswer>[1]) => void]>([
    ['by its end', (response) => response.end()],
    ['by the loss of the connection', (response) => response.destroy()],
  ])('%s fails at once', async (_what, end) => {
    const started = performance.now()
    const thrown = await call((_asked, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n', () =>
        end(response),
      )
      return true
    })
    expect(thrown).toMatchObject({ code: 'OUTCOME_UNKNOWN', message: expect.stringContaining('before the result') })
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})

describe('the old transport, whose answers come on one stream', () => {
  it('fails a call at once when that stream ends, and is begun anew', async () => {
    let sessions = 0
    const streams = new Map<number, ServerResponse>()
    const server = createServer((request, response) => {
      void (async () => {
        if (request.method === 'GET') {
          const session = ++sessions
          streams.set(session, response)
          response.writeHead(200, { 'content-type': 'text/event-stream' })
          response.write(`event: endpoint\ndata: /post?sessionId=${session}\n\n`)
          return
        }
        const stream = streams.get(Number(request.url?.split('=')[1]))
        const { id, method } = JSON.parse(await text(request)) as { id?: number; method: string }
        response.writeHead(202).end()
        const result =
          method === 'initialize'
            ? { protocolVersion: '2024-11-05', capabilities: { tools: null }, serverInfo: { name: 'o', version: '1' } }
            : { content: [] }
        if (method === 'tools/call' && sessions === 1) stream?.end()
        else if (id !== undefined)
          stream?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result, error: null })}\n\n`)
      })()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using upstream = createUpstream('old', { type: 'sse', url: `http://127.0.0.1:${port}/sse` })
    const thrown = await outcomeOf(upstream.callTool('act', {}, { signal: signal() }))
    expect(thrown).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(await outcomeOf(upstream.callTool('act', {}, { signal: signal() }))).toEqual({ content: [] })
    server.closeAllConnections()
    server.close()
  })
})

describe('initialize refused with the versions that the server speaks, over HTTP (37)', () => {
  it('is asked again with one of them', async () => {
    const versions: unknown[] = []
    await using server = await oddHttpServer(async (asked, response) => {
      if (asked.method !== 'initialize') return false
      versions.push(asked.params['protocolVersion'])
      if (asked.params['protocolVersion'] === '2024-11-05') return false
      const data = { supported: ['2024-11-05'], requested: asked.params['protocolVersion'] }
      return await says(200, rpc({ code: -32_602, message: 'Unsupported protocol version', data }))(asked, response)
    })
    await using upstream = createUpstream('web', { type: 'http', url: server.url })
    await outcomeOf(upstream.listTools(signal()))
    expect(versions).toEqual(['2025-11-25', '2024-11-05'])
  })
})

describe('a server that cannot be reached (14)', () => {
  const reach = async (url: string, headers: Record<string, string> = {}): Promise<OptimizerError> => {
    await using upstream = createUpstream('web', { type: 'http', url, headers })
    return (await outcomeOf(upstream.listTools(signal()))) as OptimizerError
  }

  it('says that nothing listens, and where', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    const thrown = await reach(`http://127.0.0.1:${port}/mcp`)
    expect(thrown).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(thrown.message).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
  })

  it.each([
    ['localhost:8000/mcp', 'lacks http:// or https://'],
    ['example.com/mcp', 'lacks http:// or https://'],
    ['http://', 'is no address'],
    ['http://no-such-host.invalid/mcp', 'no-such-host.invalid'],
  ])('%s: %s', async (url, words) => {
    expect((await reach(url)).message).toContain(words)
  })

  it('shows no header that cannot be sent (41)', async () => {
    const { message } = await reach('http://127.0.0.1:1/mcp', { Authorization: 'Bearer sekret-abc123\nx' })
    expect(message).toBe('cannot reach web: its header Authorization holds a line break')
  })

  it('tells a login by its name, also while nobody may ask again (F5)', async () => {
    await using server = await oddHttpServer(async (asked, response) => await says(401, 'no token')(asked, response))
    await using upstream = createUpstream('linear', { type: 'http', url: server.url })
    for (let time = 0; time < 2; time++) {
      const thrown = await outcomeOf(upstream.callTool('act', {}, { signal: signal() }))
      expect(thrown).toMatchObject({ code: 'UNAUTHORIZED', message: expect.stringContaining('linear needs a login') })
    }
    expect(upstream.status().state).toBe('unauthorized')
  })
})
