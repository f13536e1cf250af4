import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { toJson } from '../../src/internal/json.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { temporaryFolder } from '../support/servers.ts'

const size = { name: 'size', run: (input: object) => String(toJson(input).length) }
const gateway = createOptimizer(defineConfig({ cacheDir: temporaryFolder() }), {
  upstreams: [createMemoryUpstream('s', [size])],
})
const surface = createSurface({ servers: ['s'], compact: false, programs: true, version: '0.0.0' })
const service = await serveHttp(gateway, surface, { port: 0, maxBodyValues: 500_000 })
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

async function send(path: string, body: string): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const response = await fetch(`${service.url}${path}`, { method: 'POST', headers, body })
  return { status: response.status, text: await response.text() }
}

const rows = Array.from({ length: 40_000 }, (_, id) => ({ id, name: `row ${id}`, big: 0 }))
/** With an integer that a number does not hold. */
const params = JSON.stringify({ rows }).replace('"big":0', '"big":12345678901234567890')

describe('a body of megabytes', () => {
  it.each(['/mcp', '/rpc'])('is read as a small one is: %s', async (path) => {
    const [method, head, tail] =
      path === '/rpc' ? ['execute_intent', '', ''] : ['tools/call', '"name":"execute_intent","arguments":{', '}']
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${head}"intent":"s.size","params":${params}${tail}}}`
    const { status, text } = await send(path, body)
    expect(status).toBe(200)
    expect(text).toContain(String(params.length))
  })

  it.each(['/mcp', '/rpc'])('says which bound it goes beyond: %s', async (path) => {
    const { status, text } = await send(path, `[${'[],'.repeat(500_000)}[]]`)
    expect([status, text]).toEqual([413, expect.stringContaining('500000 values (http.maxBodyValues)')])
  })

  it.each([
    ['no JSON', `["${'x'.repeat(1_000_000)}"`],
    ['too deep', `["${'x'.repeat(1_000_000)}",${'['.repeat(400)}${']'.repeat(400)}]`],
  ])('is refused where it is %s', async (_what, body) => {
    expect((await send('/rpc', body)).status).toBe(400)
  })
})
