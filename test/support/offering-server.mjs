// A server that offers resources, prompts and completion, over stdio or (`http`) HTTP. Argument: its settings as JSON.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

const settings = JSON.parse(process.argv[2] ?? '{}')
const { name = 'offering', era = 'legacy', resources = [], templates = [], prompts = [], seen, silent = [] } = settings
const capabilities = settings.capabilities ?? {
  tools: {},
  resources: { listChanged: true, subscribe: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
}
/** Where a message goes: over HTTP to the stream of the request that it belongs to, or to the one for all else. */
let send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
/** What a client of the 2026 era listens for; such a server tells nothing else. */
let listening = {}
const FILTERS = {
  'notifications/resources/list_changed': 'resourcesListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
}
const notify = (method, params = {}) => {
  if (era === 'modern' && FILTERS[method] !== undefined && listening[FILTERS[method]] !== true) return
  const isWatched = listening.resourceSubscriptions?.includes(params.uri) === true
  if (era === 'modern' && method === 'notifications/resources/updated' && !isWatched) return
  send({ method, params })
}
let more = []
let level

class Refusal extends Error {
  constructor(code, message, data) {
    super(message)
    Object.assign(this, { code, data })
  }
}

const page = (list, cursor) => {
  const size = settings.pageSize ?? list.length
  const start = Number(cursor ?? 0)
  const end = start + Math.max(size, 1)
  return { listed: list.slice(start, end), ...(end < list.length ? { nextCursor: String(end) } : {}) }
}

const answers = {
  initialize() {
    if (era === 'modern') throw new Refusal(-32601, 'no handshake here')
    return { protocolVersion: '2025-11-25', capabilities, serverInfo: { name, version: '1' } }
  },
  'server/discover'() {
    if (era !== 'modern') throw new Refusal(-32601, 'unknown method')
    return { supportedVersions: ['2026-07-28'], capabilities, serverInfo: { name, version: '1' } }
  },
  ping: () => ({}),
  'tools/list': () => ({ tools: settings.tools ?? [{ name: 'act', inputSchema: { type: 'object' } }] }),
  'tools/call'({ arguments: input = {}, _meta }) {
    if (input.add !== undefined) {
      more = [...more, { uri: input.add, name: input.add }]
      notify('notifications/resources/list_changed')
    }
    if (input.die !== undefined) process.exit(1)
    if (input.touch !== undefined) notify('notifications/resources/updated', { uri: input.touch })
    if (input.log !== undefined) notify('notifications/message', { level: input.log, logger: 'inner', data: { n: 1 } })
    if (input.steps !== undefined)
      for (let step = 1; step <= input.steps; step++)
        notify('notifications/progress', {
          progressToken: _meta?.progressToken,
          progress: step,
          total: input.steps,
          message: `step ${step}`,
        })
    return { content: input.content ?? [{ type: 'text', text: JSON.stringify({ level, meta: _meta ?? null }) }] }
  },
  'resources/list'({ cursor }) {
    const { listed, ...rest } = page([...resources, ...more], cursor)
    return { resources: listed, ...rest }
  },
  'resources/templates/list': () => ({ resourceTemplates: templates }),
  'resources/read'({ uri, _meta }) {
    if (settings.reads?.[uri] !== undefined) return settings.reads[uri]
    if (_meta?.progressToken !== undefined)
      notify('notifications/progress', { progressToken: _meta.progressToken, progress: 1, total: 2, message: 'half' })
    if (uri.includes('missing')) throw new Refusal(-32002, `nothing at ${uri}`, { uri })
    return { contents: [{ uri, mimeType: 'text/plain', text: `${name}: ${uri}` }] }
  },
  'resources/subscribe'() {
    if (era === 'modern') throw new Refusal(-32601, 'unknown method')
    return {}
  },
  'resources/unsubscribe': () => ({}),
  'subscriptions/listen'({ notifications }) {
    listening = notifications
    notify('notifications/subscriptions/acknowledged', { notifications })
    return undefined
  },
  'logging/setLevel'(params) {
    level = params.level
    return {}
  },
  'prompts/list': () => ({ prompts }),
  'prompts/get'({ name: prompt, arguments: input }) {
    if (prompt === 'refused') throw new Refusal(-32602, 'the topic is missing', { argument: 'topic' })
    if (settings.gets?.[prompt] !== undefined) return settings.gets[prompt]
    const text = `${name}: ${prompt} ${JSON.stringify(input ?? {})}`
    return { description: 'given', messages: [{ role: 'user', content: { type: 'text', text } }] }
  },
  'completion/complete'({ ref, argument, context }) {
    const values = [
      `${name} ${ref.name ?? ref.uri} ${argument.name}=${argument.value}`,
      JSON.stringify(context ?? null),
    ]
    return { completion: { values, total: 2, hasMore: false } }
  },
}

/** Answers a message; undefined where nothing is said. */
const answer = ({ id, method, params = {} }) => {
  if (seen !== undefined) appendFileSync(seen, `${JSON.stringify({ method, params })}\n`)
  if (id === undefined || silent.includes(method)) return undefined
  try {
    if (answers[method] === undefined) throw new Refusal(-32601, `unknown method ${method}`)
    const result = answers[method](params)
    // What results of 2026-07-28 must have; those that hold nothing have no need of it.
    const own = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {}
    return result === undefined ? undefined : { id, result: { ...own, ...result } }
  } catch (error) {
    const { code = -32603, message, data } = error
    return { id, error: { code, message, data } }
  }
}

const overStdio = () =>
  createInterface({ input: process.stdin }).on('line', (line) => {
    const answered = answer(JSON.parse(line))
    if (answered !== undefined) send(answered)
  })

const overHttp = () => {
  const event = (message) => `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`
  /** The GET stream of a client of 2025, or the request of a later one that listens. */
  let unasked = { write: () => undefined, meta: {} }
  const begin = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  const serve = async (request, response) => {
    if (request.method === 'GET' && era === 'legacy') {
      begin(response)
      unasked = { write: (text) => response.write(text), meta: {} }
      return
    }
    if (request.method !== 'POST') return response.writeHead(405).end()
    let text = ''
    for await (const chunk of request) text += chunk
    const message = JSON.parse(text)
    const own = []
    send = ({ method, params }) => {
      if (method === 'notifications/progress') own.push({ method, params })
      else unasked.write(event({ method, params: { ...params, ...unasked.meta } }))
    }
    if (message.method === 'subscriptions/listen') {
      begin(response)
      const meta = { _meta: { 'io.modelcontextprotocol/subscriptionId': message.id } }
      unasked = { write: (part) => response.write(part), meta }
      answer(message)
      return
    }
    const answered = answer(message)
    if (answered === undefined) return response.writeHead(202).end()
    if (own.length === 0)
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', ...answered }))
    begin(response)
    for (const one of [...own, answered]) response.write(event(one))
    response.end()
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`))
}

if (settings.http === true) overHttp()
else overStdio()
