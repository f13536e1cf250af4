import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { type Offering, offering, offeringOverHttp, passingGateway } from '../support/offering.ts'

const ERAS = ['legacy', 'modern'] as const
type Era = (typeof ERAS)[number]
const WAYS = ['stdio', 'http'] as const

/** A client that writes its messages itself. */
interface Client extends AsyncDisposable {
  ask(method: string, params?: object): Promise<Record<string, unknown>>
  /** The first notification of a method. */
  told(method: string): Promise<Record<string, unknown>>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: unknown
}

const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
const UPDATED = 'notifications/resources/updated'
const CHANGED = 'notifications/resources/list_changed'

function createInbox(): { take(message: Message): void; next(key: number | string): Promise<Message> } {
  const waiting = new Map<number | string, (message: Message) => void>()
  const seen: Message[] = []
  return {
    take(message) {
      const key = message.id ?? message.method ?? ''
      const taker = waiting.get(key)
      waiting.delete(key)
      if (taker === undefined) seen.push(message)
      else taker(message)
    },
    async next(key) {
      const at = seen.findIndex(({ id, method }) => (id ?? method) === key)
      const [found] = at < 0 ? [] : seen.splice(at, 1)
      return found ?? (await new Promise((resolve) => waiting.set(key, resolve)))
    },
  }
}

/** Sends messages and takes what comes back, whatever carries them. */
type Send = (message: object, inbox: ReturnType<typeof createInbox>) => void

function clientOf(era: Era, send: Send, close: () => Promise<void>): Client {
  const inbox = createInbox()
  let last = 0
  return {
    async ask(method, params = {}) {
      const id = ++last
      const { _meta, ...rest } = params as { readonly _meta?: object }
      const meta = era === 'modern' ? { _meta: { ...ENVELOPE, ..._meta } } : _meta === undefined ? {} : { _meta }
      send({ jsonrpc: '2.0', id, method, params: { ...rest, ...meta } }, inbox)
      // A request that is held open is not answered.
      if (method === 'subscriptions/listen') return {}
      const { result, error } = await inbox.next(id)
      expect(error).toBeUndefined()
      return result ?? {}
    },
    told: async (method) => (await inbox.next(method)).params ?? {},
    [Symbol.asyncDispose]: close,
  }
}

async function overStdio(gateway: Optimizer, era: Era): Promise<Client> {
  const input = new PassThrough()
  const output = new PassThrough()
  const served = serveStdio(gateway, await openSurface(gateway), { input, output })
  let inbox: ReturnType<typeof createInbox> | undefined
  createInterface({ input: output }).on('line', (line) => inbox?.take(JSON.parse(line) as Message))
  const send: Send = (message, own) => {
    inbox = own
    input.write(`${JSON.stringify(message)}\n`)
  }
  return clientOf(era, send, async () => {
    input.end()
    await served
  })
}

async function overHttp(gateway: Optimizer, era: Era): Promise<Client> {
  const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  const url = `${service.url}/mcp`
  const leaving = new AbortController()
  const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' }
  let session: Record<string, string> = {}
  const read = async (response: Response, inbox: ReturnType<typeof createInbox>): Promise<void> => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const data = event.split('\n').find((line) => line.startsWith('data: '))
        if (data !== undefined) inbox.take(JSON.parse(data.slice(6)) as Message)
      }
    }
    if (text.startsWith('{')) inbox.take(JSON.parse(text) as Message)
  }
  const post: Send = (message, inbox) => {
    const { method, params } = message as { method: string; params: Record<string, string> }
    const named = params['name'] ?? params['uri']
    const routing = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(named === undefined ? {} : { 'mcp-name': named }),
    }
    const headers = { ...accept, ...session, ...(era === 'modern' ? routing : {}) }
    const asked = fetch(url, { method: 'POST', headers, body: JSON.stringify(message), signal: leaving.signal })
    void asked
      .then(async (response) => {
        if (method === 'initialize') {
          session = { 'mcp-session-id': response.headers.get('mcp-session-id') ?? '' }
          const stream = await fetch(url, { headers: { ...accept, ...session }, signal: leaving.signal })
          void read(stream, inbox).catch(() => undefined)
        }
        await read(response, inbox)
      })
      .catch(() => undefined)
  }
  return clientOf(era, post, async () => {
    leaving.abort()
    await service[Symbol.asyncDispose]()
  })
}

const SETTINGS: Offering = {
  name: 'one',
  resources: [{ uri: 'note://a', name: 'a' }],
  templates: [{ uriTemplate: 'note://{id}', name: 'notes' }],
  prompts: [{ name: 'greet', arguments: [{ name: 'who' }] }],
}

const TABLE = ERAS.flatMap((client) =>
  WAYS.flatMap((front) => ERAS.flatMap((server) => WAYS.map((back) => [client, front, server, back] as const))),
)

it.each(TABLE)('everything passes: %s client over %s, %s server over %s', async (era, front, server, back) => {
  const http = back === 'http' ? await offeringOverHttp({ ...SETTINGS, era: server }) : undefined
  const gateway = passingGateway({ one: http?.server ?? offering({ ...SETTINGS, era: server }) })
  const client = await (front === 'http' ? overHttp : overStdio)(gateway, era)
  try {
    if (era === 'legacy') await client.ask('initialize', HELLO)
    else expect(await client.ask('server/discover')).toMatchObject({ capabilities: { prompts: {}, resources: {} } })
    expect(await client.ask('tools/list')).toMatchObject({ tools: [{ name: 'one__act' }] })
    expect(await client.ask('resources/list')).toMatchObject({ resources: [{ uri: 'note://a' }] })
    expect(await client.ask('resources/templates/list')).toMatchObject({
      resourceTemplates: [{ uriTemplate: 'note://{id}' }],
    })
    expect(await client.ask('resources/read', { uri: 'note://7', _meta: { progressToken: 'p' } })).toMatchObject({
      contents: [{ uri: 'note://7', text: 'one: note://7' }],
    })
    expect(await client.told('notifications/progress')).toEqual({
      progressToken: 'p',
      progress: 1,
      total: 2,
      message: 'half',
    })
    expect(await client.ask('prompts/list')).toMatchObject({ prompts: [{ name: 'one__greet' }] })
    expect(await client.ask('prompts/get', { name: 'one__greet', arguments: { who: 'A' } })).toMatchObject({
      messages: [{ content: { text: 'one: greet {"who":"A"}' } }],
    })
    const ref = { type: 'ref/prompt', name: 'one__greet' }
    expect(await client.ask('completion/complete', { ref, argument: { name: 'who', value: 'A' } })).toMatchObject({
      completion: { total: 2 },
    })
    if (era === 'legacy') await client.ask('resources/subscribe', { uri: 'note://a' })
    else {
      const notifications = { resourcesListChanged: true, resourceSubscriptions: ['note://a'] }
      await client.ask('subscriptions/listen', { notifications })
      await client.told('notifications/subscriptions/acknowledged')
    }
    await client.ask('tools/call', { name: 'one__act', arguments: { touch: 'note://a', add: 'note://b' } })
    expect(await client.told(UPDATED)).toMatchObject({ uri: 'note://a' })
    await client.told(CHANGED)
    expect(await client.ask('resources/list')).toMatchObject({ resources: [{}, { uri: 'note://b' }] })
  } finally {
    await client[Symbol.asyncDispose]()
    await gateway[Symbol.asyncDispose]()
    await http?.[Symbol.asyncDispose]()
  }
})
