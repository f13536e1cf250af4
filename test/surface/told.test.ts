import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { serveStdio } from '../../src/surface/stdio.ts'
import { legacyClient, modernClient, offering, passingGateway } from '../support/offering.ts'
import { temporaryFolder } from '../support/servers.ts'

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string }
}

const HELLO = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }

/** A client of the 2025 era on a pair of streams. */
async function overStreams(
  gateway: Optimizer,
  use: (
    ask: (method: string, params?: object) => Promise<Message>,
    next: (method: string) => Promise<Message>,
  ) => Promise<void>,
): Promise<void> {
  const input = new PassThrough()
  const output = new PassThrough()
  const served = serveStdio(gateway, await openSurface(gateway), { input, output })
  const waiting = new Map<number | string, (message: Message) => void>()
  const seen: Message[] = []
  createInterface({ input: output }).on('line', (line) => {
    const message = JSON.parse(line) as Message
    const key = message.id ?? message.method ?? ''
    const taker = waiting.get(key)
    waiting.delete(key)
    if (taker === undefined) seen.push(message)
    else taker(message)
  })
  const waitFor = (key: number | string): Promise<Message> => {
    const at = seen.findIndex(({ id, method }) => (id ?? method) === key)
    const [found] = at < 0 ? [] : seen.splice(at, 1)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve) => waiting.set(key, resolve))
  }
  let last = 0
  const ask = async (method: string, params: object = {}): Promise<Message> => {
    const id = ++last
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    return await waitFor(id)
  }
  await ask('initialize', HELLO)
  await use(ask, waitFor)
  input.end()
  await served
  await gateway[Symbol.asyncDispose]()
}

const act = (input: object): object => ({ name: 'one__act', arguments: input })
const UPDATED = 'notifications/resources/updated'

describe('a client of 2025 over stdio', () => {
  it('is told of resources that it watches, of lists, and of what servers log', async () => {
    await overStreams(
      passingGateway({ one: offering({ resources: [{ uri: 'note://0', name: '0' }] }) }),
      async (ask, next) => {
        expect(await ask('resources/subscribe', { uri: 'other://a' })).toMatchObject({ error: { code: -32002 } })
        await ask('tools/call', act({ add: 'note://a' }))
        expect(await next('notifications/resources/list_changed')).toMatchObject({ params: {} })
        expect(await ask('resources/subscribe', { uri: 'note://a' })).toMatchObject({ result: {} })
        await ask('tools/call', act({ touch: 'note://a' }))
        expect(await next(UPDATED)).toMatchObject({ params: { uri: 'note://a' } })
        await ask('resources/unsubscribe', { uri: 'note://a' })
        await ask('tools/call', act({ touch: 'note://a' }))

        await ask('tools/call', act({ log: 'debug' }))
        expect(await ask('logging/setLevel', { level: 'warning' })).toMatchObject({ result: {} })
        await ask('tools/call', act({ log: 'info' }))
        await ask('tools/call', act({ log: 'error' }))
        expect(await next('notifications/message')).toMatchObject({
          params: { level: 'error', logger: 'one/inner', data: { n: 1 } },
        })
        expect(JSON.stringify(await ask('tools/call', act({})))).toContain('\\"level\\":\\"warning\\"')
        expect(await ask('logging/setLevel', { level: 'loud' })).toMatchObject({ error: { code: -32602 } })
      },
    )
  })

  it('is told on, after the server ended and came back', async () => {
    const seen = join(temporaryFolder(), 'seen')
    const resources = [{ uri: 'note://a', name: 'a' }]
    await overStreams(passingGateway({ one: offering({ resources, seen }) }), async (ask, next) => {
      await ask('resources/subscribe', { uri: 'note://a' })
      await ask('tools/call', act({ die: true }))
      const subscriptions = (): number => readFileSync(seen, 'utf8').split('"resources/subscribe"').length - 1
      await expect.poll(subscriptions, { timeout: 10_000 }).toBe(2)
      await ask('tools/call', act({ touch: 'note://a' }))
      expect(await next(UPDATED)).toMatchObject({ params: { uri: 'note://a' } })
    })
  })
})

describe('a client of 2025 over HTTP', () => {
  it('is told on the stream of its session', async () => {
    const resources = [{ uri: 'note://a', name: 'a' }]
    await using served = await legacyClient(passingGateway({ one: offering({ resources }) }))
    const { client } = served
    expect(client.getServerCapabilities()).toMatchObject({ resources: { subscribe: true }, logging: {} })
    const updated = new Promise<unknown>((resolve) =>
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params)),
    )
    await client.subscribeResource({ uri: 'note://a' })
    await client.callTool({ name: 'one__act', arguments: { touch: 'note://a' } })
    expect(await updated).toMatchObject({ uri: 'note://a' })
  })

  it('gets what it missed where its stream broke, and is done when it ends its session', async () => {
    const gateway = passingGateway({ one: offering({ resources: [{ uri: 'note://a', name: 'a' }] }) })
    await using service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
    const url = `${service.url}/mcp`
    const accept = 'application/json, text/event-stream'
    const post = async (method: string, params: object, headers = {}): Promise<Response> =>
      await fetch(url, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      })
    const hello = await post('initialize', HELLO)
    const headers = { 'mcp-session-id': hello.headers.get('mcp-session-id') ?? '' }
    await (await post('resources/subscribe', { uri: 'note://a' }, headers)).text()
    const stream = async (more: object): Promise<{ readonly first: string; readonly leave: () => void }> => {
      const leaving = new AbortController()
      const response = await fetch(url, {
        headers: { ...headers, accept: 'text/event-stream', ...more },
        signal: leaving.signal,
      })
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      const { value } = (await response.body?.getReader().read()) ?? {}
      return { first: new TextDecoder().decode(value), leave: () => leaving.abort() }
    }
    await (await post('tools/call', act({ touch: 'note://a' }), headers)).text()
    const one = await stream({})
    expect(one.first).toContain('id: 1\n')
    expect(one.first).toContain('note://a')
    one.leave()
    // The client lost what it was sent.
    const again = await stream({ 'last-event-id': '0' })
    expect(again.first).toContain('id: 1\n')
    again.leave()
    const ended = await fetch(url, { method: 'DELETE', headers })
    expect(ended.status).toBe(204)
    expect((await fetch(url, { headers: { accept } })).status).toBe(405)
    expect((await fetch(url, { headers: { accept, 'mcp-session-id': 'none' } })).status).toBe(404)
    await gateway[Symbol.asyncDispose]()
  })
})

describe.each(['legacy', 'modern'] as const)('a client of 2026 before a %s server', (era) => {
  it('is told of lists and of resources that it listens for', async () => {
    const resources = [{ uri: 'note://a', name: 'a' }]
    await using served = await modernClient(passingGateway({ one: offering({ era, resources }) }))
    const { client } = served
    await client.listResources()
    const told = (
      method: 'notifications/resources/updated' | 'notifications/resources/list_changed',
    ): Promise<unknown> =>
      new Promise((resolve) => client.setNotificationHandler(method, ({ params }) => resolve(params)))
    const updated = told('notifications/resources/updated')
    const changed = told('notifications/resources/list_changed')
    const subscription = await client.listen({ resourcesListChanged: true, resourceSubscriptions: ['note://a'] })
    expect(subscription.honoredFilter).toMatchObject({ resourceSubscriptions: ['note://a'] })
    await client.callTool({ name: 'one__act', arguments: { touch: 'note://a', add: 'note://b' } })
    expect(await updated).toMatchObject({ uri: 'note://a' })
    await changed
    await subscription.close()
  })
})
