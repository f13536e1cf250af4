// A gateway inside of a Hono application: npm install mcp-optimizer hono
import assert from 'node:assert/strict'
import { Hono } from 'hono'
import { createMemoryUpstream, createOptimizer, defineConfig } from 'mcp-optimizer'
import { createHandler } from 'mcp-optimizer/server'

const clock = createMemoryUpstream('clock', [{ name: 'now', run: () => ({ year: new Date().getUTCFullYear() }) }])
const optimizer = createOptimizer(defineConfig(), { upstreams: [clock] })
const token = 'a-token-for-this-example'
const handler = createHandler(optimizer, { token })

const app = new Hono()
app.all('/gateway/*', (context) => handler(context.req.raw))

const ask = async (headers) =>
  await app.request('http://localhost/gateway/mcp', {
    method: 'POST',
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  })
try {
  const { result } = await (await ask({ authorization: `Bearer ${token}` })).json()
  const names = result.tools.map(({ name }) => name)
  assert.ok(names.includes('execute_code'))
  assert.equal((await ask({})).status, 401)
  console.log(names)
} finally {
  await handler[Symbol.asyncDispose]()
  await optimizer[Symbol.asyncDispose]()
}
