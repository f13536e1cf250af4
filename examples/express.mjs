// A gateway inside of an Express application: npm install mcp-optimizer express
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { createMemoryUpstream, createOptimizer, defineConfig } from 'mcp-optimizer'
import { createHandler } from 'mcp-optimizer/server'
import express from 'express'

const clock = createMemoryUpstream('clock', [{ name: 'now', run: () => ({ year: new Date().getUTCFullYear() }) }])
const optimizer = createOptimizer(defineConfig(), { upstreams: [clock] })
// The application knows its users: sessions and stored results belong to the name that is given here.
const handler = createHandler(optimizer, { authorize: (request) => request.headers.get('x-user') ?? undefined })

const app = express()
app.all('/gateway/:transport', async (incoming, outgoing) => {
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
  const left = new AbortController()
  outgoing.once('close', () => left.abort())
  const response = await handler(
    new Request(`${incoming.protocol}://${incoming.headers.host}${incoming.originalUrl}`, {
      method: incoming.method,
      headers: incoming.headers,
      signal: left.signal,
      ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}),
    }),
  )
  outgoing.status(response.status).setHeaders(response.headers)
  if (response.body === null) outgoing.end()
  else Readable.fromWeb(response.body).pipe(outgoing)
})

const server = app.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const ask = async (headers) =>
  await fetch(`http://127.0.0.1:${server.address().port}/gateway/rpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'execute_intent',
      params: { intent: 'clock.now', params: {} },
    }),
  })
try {
  const { result } = await (await ask({ 'x-user': 'ann' })).json()
  assert.equal(result.data.year, new Date().getUTCFullYear())
  assert.equal((await ask({})).status, 401)
  console.log(result.data)
} finally {
  server.close()
  server.closeAllConnections()
  await handler[Symbol.asyncDispose]()
  await optimizer[Symbol.asyncDispose]()
}
