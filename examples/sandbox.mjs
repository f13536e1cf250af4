// Programs that nobody has to trust, without a gateway: npm install mcp-optimizer zod
import assert from 'node:assert/strict'
import { defineTool, SecureSandbox } from 'mcp-optimizer/sandbox'
import { z } from 'zod'

const sandbox = new SecureSandbox({ poolSize: 1 })
const add = defineTool({
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
})
try {
  const right = await sandbox.execute('return (await tools.add(params)).sum', { input: { a: 1, b: 2 }, tools: { add } })
  assert.equal(right.status === 'ok' && right.value, 3)

  const wrong = await sandbox.execute('return await tools.add({ a: "1" })', { tools: { add } })
  assert.equal(wrong.error?.code, 'INVALID_REQUEST')

  const endless = await sandbox.execute('for (;;);', { timeoutMs: 100 })
  assert.equal(endless.status, 'timeout')
  console.log(wrong.error.message)
} finally {
  await sandbox[Symbol.asyncDispose]()
}
