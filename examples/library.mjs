// A gateway as a library: npm install mcp-optimizer
import assert from 'node:assert/strict'
import { CodeExecutor, createMemoryUpstream, isPreview } from 'mcp-optimizer'

// Servers of a configuration and of this process stand side by side.
const shop = createMemoryUpstream('shop', [
  {
    name: 'list_orders',
    inputSchema: { type: 'object', properties: { customer: { type: 'string' } }, required: ['customer'] },
    run: ({ customer }) => ({ orders: Array.from({ length: 2_000 }, (_, id) => ({ id, customer, total: id % 90 })) }),
  },
])
const executor = new CodeExecutor({ features: { maxTokensPerRequest: 1_000 } }, { upstreams: [shop] })
try {
  // A program calls the tools and answers what matters of their results.
  const total = await executor.execute(
    `const { orders } = await tools.shop.list_orders({ customer: params.customer })
     return orders.reduce((sum, { total }) => sum + total, 0)`,
    { params: { customer: 'ann' } },
  )
  assert.equal(total.status, 'ok')
  assert.equal(total.data, 88_300)

  // What is too large for an answer is kept, and read on by its handle.
  const orders = await executor.executeIntent('shop.list_orders', { customer: 'ann' })
  assert.ok(isPreview(orders))
  const last = await executor.executeIntent('results.read', { handle: orders.data.handle, path: 'orders[1999].id' })
  assert.equal(last.data, 1_999)

  // Nothing rejects: an error says what failed, why, and what to do next.
  const wrong = await executor.executeIntent('shop.list_orders', { client: 'ann' })
  assert.equal(wrong.status, 'error')
  assert.equal(wrong.error.code, 'INVALID_REQUEST')
  console.log(wrong.error.message)
} finally {
  await executor[Symbol.asyncDispose]()
}
