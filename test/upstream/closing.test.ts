import { expect, it } from 'vitest'
import { createUpstream } from '../../src/upstream/create.ts'

/** Answers the handshake and its list, and is deaf to everything that should end it. */
const DEAF = `
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
setInterval(() => undefined, 1000)
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  const result = method === 'initialize'
    ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'deaf', version: '1' } }
    : { tools: [] }
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
})`

it('a server that ignores its end holds the end of the gateway up for a second', async () => {
  const upstream = createUpstream('deaf', { type: 'stdio', command: process.execPath, args: ['-e', DEAF] })
  await upstream.listTools(new AbortController().signal)
  const startedAt = performance.now()
  await upstream[Symbol.asyncDispose]()
  // Where nobody is in a hurry a server has 2.5 s before it is killed.
  expect(performance.now() - startedAt).toBeLessThan(2_400)
})
