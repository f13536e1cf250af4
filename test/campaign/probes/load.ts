import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent } from 'node:http'
import type { Sent } from '../runner/ask.ts'
import type { Door } from '../runner/door.ts'
import type { Probe } from './probe.ts'
import { refused, status } from './probe.ts'

const kind = 'load'

async function open(door: Door): Promise<Socket> {
  const { hostname, port } = new URL(door.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** A good request is still answered in time. */
async function stillServed(door: Door): Promise<string | undefined> {
  const sent = await door.post(door.good).catch(String)
  if (typeof sent === 'string') return `a good request meanwhile: ${sent}`
  return sent.ms > 5_000 ? `a good request meanwhile took ${sent.ms.toFixed(0)} ms` : status(sent, 200)
}

/** So many connections that do this, while a good client asks. */
function crowd(name: string, connections: number, act: (socket: Socket, door: Door) => void): Probe {
  return {
    name,
    kind,
    async attempt(door) {
      const count = door.short ? Math.ceil(connections / 10) : connections
      const sockets = await Promise.all(Array.from({ length: count }, async () => await open(door)))
      for (const socket of sockets) act(socket, door)
      await pause(200)
      const fault = await stillServed(door)
      for (const socket of sockets) socket.destroy()
      return fault ?? (await stillServed(door))
    },
  }
}

/** Bytes after which the connection has to be closed within this time. */
function closedWithin(name: string, ms: number, make: (door: Door) => string): Probe {
  return {
    name,
    kind: 'slowness',
    slow: true,
    async attempt(door) {
      const { closed, ms: took } = await door.raw(make(door), ms + 5_000)
      return closed && took <= ms ? undefined : `still open after ${took.toFixed(0)} ms`
    },
  }
}

/** A byte a moment, until it is closed. */
function dripping(name: string, ms: number, make: (door: Door) => string): Probe {
  return {
    name,
    kind: 'slowness',
    slow: true,
    async attempt(door) {
      const socket = await open(door)
      const startedAt = performance.now()
      socket.write(make(door))
      const timer = setInterval(() => socket.write('a'), 500)
      socket.resume()
      await Promise.race([once(socket, 'close'), pause(ms + 5_000)])
      clearInterval(timer)
      const took = performance.now() - startedAt
      socket.destroy()
      return took <= ms ? undefined : `still open after ${took.toFixed(0)} ms`
    },
  }
}

async function many(count: number, ask: () => Promise<Sent>): Promise<readonly (Sent | string)[]> {
  return await Promise.all(Array.from({ length: count }, async () => await ask().catch(String)))
}

export const LOAD: readonly Probe[] = [
  closedWithin('says nothing', 12_000, () => ''),
  closedWithin('stops in its headers', 12_000, (door) => door.head(door.good)),
  closedWithin('stops in its body', 20_000, (door) => `${door.head(door.good)}Content-Length: 500\r\n\r\n{"jsonrpc"`),
  closedWithin(
    'stops in its chunks',
    20_000,
    (door) => `${door.head(door.good)}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":`,
  ),
  dripping('drips its headers', 12_000, (door) => `${door.head(door.good)}X-Slow: `),
  dripping('drips its body', 20_000, (door) => `${door.head(door.good)}Content-Length: 100000\r\n\r\n`),
  {
    name: 'headers of 40 kilobytes',
    kind,
    attempt: async (door) =>
      refused(
        await door.raw(
          `GET /healthz HTTP/1.1\r\nHost: ${door.host}\r\nX-A: ${'a'.repeat(40_000)}\r\nConnection: close\r\n\r\n`,
        ),
      ),
  },
  {
    name: 'thousands of headers',
    kind,
    attempt: async (door) =>
      refused(
        await door.raw(
          `GET /healthz HTTP/1.1\r\nHost: ${door.host}\r\n${'X-A: a\r\n'.repeat(5_000)}Connection: close\r\n\r\n`,
        ),
      ),
  },
  { name: 'what is no HTTP', kind, attempt: async (door) => refused(await door.raw('hello\r\n\r\n')) },
  {
    name: 'the beginning of TLS',
    kind,
    attempt: async (door) =>
      refused(await door.raw(Uint8Array.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03]), 1_500)),
  },
  {
    name: 'the beginning of HTTP/2',
    kind,
    attempt: async (door) => refused(await door.raw('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
  },
  {
    name: 'another protocol on the connection',
    kind,
    async attempt(door) {
      const { statuses } = await door.raw(
        `${door.head(door.good)}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${door.good.length}\r\n\r\n${door.good}`,
        1_500,
      )
      return statuses.includes(101) ? 'it was upgraded' : undefined
    },
  },
  crowd('idle connections', 2_000, () => undefined),
  crowd('connections that stop in their headers', 500, (socket, door) => void socket.write(door.head(door.good))),
  crowd(
    'connections that stop in their body',
    500,
    (socket, door) => void socket.write(`${door.head(door.good)}Content-Length: 5000\r\n\r\n{"`),
  ),
  crowd('connections reset at once', 500, (socket) => void socket.resetAndDestroy()),
  crowd('clients that leave in a call', 200, (socket, door) => {
    const call = door.call('good.wait', { ms: 500 })
    socket.write(`${door.head(call)}Content-Length: ${call.length}\r\n\r\n${call}`, () => socket.destroy())
  }),
  crowd('clients that never read', 100, (socket, door) => {
    const call = door.run("return 'x'.repeat(200000)", { maxTokens: 100_000 })
    socket.pause()
    for (let turn = 0; turn < 20; turn++)
      socket.write(`${door.head(call)}Content-Length: ${call.length}\r\n\r\n${call}`)
  }),
  {
    name: 'requests one behind the other on one connection',
    kind,
    async attempt(door) {
      const rest = `Content-Length: ${door.good.length}\r\n\r\n${door.good}`
      const one = `${door.head(door.good)}${rest}`
      const last = `${door.head(door.good)}Connection: close\r\n${rest}`
      const { statuses } = await door.raw(one.repeat(99) + last, 20_000)
      const right = statuses.filter((each) => each === 200 || each === 503).length
      return right === 100 ? undefined : `${right} of 100 were answered`
    },
  },
  {
    name: 'a flood of calls',
    kind,
    async attempt(door) {
      const agent = new Agent({ keepAlive: false, maxSockets: 1_000 })
      const call = door.call('good.echo', { text: 'flood' })
      const sent = await many(door.short ? 100 : 1_500, async () => await door.post(call, {}, { agent }))
      const bad = sent.find((each) => typeof each === 'string' || (each.status !== 200 && each.status !== 503))
      return bad === undefined
        ? await stillServed(door)
        : `one got ${typeof bad === 'string' ? bad : `${bad.status} ${bad.text.slice(0, 100)}`}`
    },
  },
  {
    name: 'requests that are held open',
    kind,
    ways: ['modern'],
    async attempt(door) {
      const count = door.short ? 50 : 1_200
      const body = door.message('subscriptions/listen', { notifications: { toolsListChanged: true } })
      const head = `${door.head(body)}Content-Length: ${body.length}\r\n\r\n${body}`
      const sockets = await Promise.all(Array.from({ length: count }, async () => await open(door)))
      for (const socket of sockets) socket.write(head)
      await pause(500)
      const ready = await door.post('', {}, { url: `${door.url}/readyz`, method: 'GET' })
      const fault = (await stillServed(door)) ?? status(ready, 200)
      for (const socket of sockets) socket.destroy()
      return fault
    },
  },
]
