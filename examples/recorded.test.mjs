// Tests against recorded servers: npm install mcp-optimizer; node --test
import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { createMemoryUpstream, createOptimizer, defineConfig } from 'mcp-optimizer'
import { createRecordedUpstream, recordServer } from 'mcp-optimizer/testing'

// Once, against the real server, here one of this process; the recording is JSON, to be kept in a file.
const real = createMemoryUpstream('weather', [{ name: 'forecast', run: ({ city }) => ({ city, degrees: 21 }) }])
const recorder = createOptimizer(defineConfig(), { upstreams: [real] })
const recording = await recordServer(recorder, 'weather', [{ tool: 'forecast', arguments: { city: 'Rome' } }])
await recorder[Symbol.asyncDispose]()

// From then on the tests need neither the server nor the network.
const upstreams = [createRecordedUpstream(JSON.parse(JSON.stringify(recording)))]
const optimizer = createOptimizer(defineConfig(), { upstreams })
after(() => optimizer[Symbol.asyncDispose]())

void it('answers as it was recorded', async () => {
  const code = 'return (await tools.weather.forecast({ city: params.city })).degrees'
  const answer = await optimizer.execute({ code, params: { city: 'Rome' } })
  assert.equal(answer.data, 21)
})

void it('refuses what was not recorded', async () => {
  const answer = await optimizer.executeIntent({ intent: 'weather.forecast', params: { city: 'Oslo' } })
  assert.match(answer.error.message, /has no call of forecast with {"city":"Oslo"}/)
})
