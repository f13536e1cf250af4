import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createUpstream } from '../../src/upstream/create.ts'

const servers: Server[] = []
afterAll(() => servers.forEach((server) => server.close()))

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function failure(type: 'http' | 'sse', url: string): Promise<unknown> {
  await using upstream = createUpstream('remote', { type, url, startTimeoutMs: 10_000 })
  return await upstream.listTools(new AbortController().signal).catch((thrown: unknown) => thrown)
}

it('a login in the address is sent as one, unless a header says another', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer(({ headers }, response) => {
    seen.push(headers.authorization)
    response.writeHead(404).end()
  })
  const url = `http://me:p%40ss@127.0.0.1:${await listening(server)}/mcp`
  for (const headers of [undefined, { authorization: 'Bearer other' }]) {
    await using upstream = createUpstream('remote', { type: 'sse', url, ...(headers && { headers }) })
    await upstream.listTools(new AbortController().signal).catch(() => undefined)
  }
  expect([...new Set(seen)]).toEqual([`Basic ${btoa('me:p@ss')}`, 'Bearer other'])
})

describe.each(['http', 'sse'] as const)('what cannot be reached over %s is told in words', (type) => {
  it('an unknown host', async () => {
    const error = await failure(type, 'http://no-such-host.invalid/mcp')
    expect(error).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringMatching(/its host is not known: .*ENOTFOUND|name server does not answer: .*EAI_AGAIN/),
    })
  })

  it('a port where nothing listens, and one that may not be called', async () => {
    const server = createTcpServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await failure(type, `http://127.0.0.1:${port}/mcp`)).toMatchObject({
      message: expect.stringMatching(/nothing listens there: .*ECONNREFUSED/),
      suggestion: expect.stringContaining('port in its url'),
    })
    expect(await failure(type, 'http://127.0.0.1:6000/mcp')).toMatchObject({
      message: expect.stringContaining('refuses to call this port'),
    })
  })

  it('https where no TLS is spoken', async () => {
    const port = await listening(createServer((_request, response) => response.end()))
    expect(await failure(type, `https://127.0.0.1:${port}/mcp`)).toMatchObject({
      message: expect.stringMatching(/no TLS is spoken there: [^:]*wrong version number|no TLS is spoken there/i),
      suggestion: expect.stringContaining('http://'),
    })
  })

  it('a connection that is closed', async () => {
    const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.destroy())))
    const error = await failure(type, `http://127.0.0.1:${port}/mcp`)
    expect(error).toMatchObject({ message: expect.stringContaining('it closed the connection') })
    expect((error as Error).message).not.toMatch(/fetch failed$/)
  })
})
