import Table from 'cli-table3'
import type { ReceiptCost } from '../context/receipt-cost.ts'
import type { Receipt } from '../context/receipts.ts'

/** A receipt for reading: both sides, what was saved, what it costs by model. */
export function receiptLines(title: string, receipt: Receipt, costs: readonly ReceiptCost[] = []): string {
  const { ours, allDefinitions, saved, withPromptCaching: cached, operations, searches, failed, calls } = receipt
  const table = newTable(['', 'with mcp-optimizer', 'all definitions'])
  table.push(
    ['definitions in each request', count(ours.surface), count(allDefinitions.definitions)],
    ['requests', count(ours.requests), count(allDefinitions.requests)],
    ['answers', count(ours.answers), count(allDefinitions.answers)],
    ['searches', count(ours.search), '0'],
    ['tokens', count(ours.total), count(allDefinitions.total)],
    ['with prompt caching', count(cached.ours), count(cached.allDefinitions)],
  )
  const done = `${operations} operations (${searches} searches, ${failed} failed), ${calls} calls of tools`
  return `${title}: ${done}, since ${receipt.since}
${table.toString()}
${verdict(saved, allDefinitions.total)}; with prompt caching ${verdict(cached.saved, cached.allDefinitions)}.
Estimated; texts count once on both sides, definitions in each request to the model.
${costs.length === 0 ? '' : costLines(costs)}`
}

function costLines(costs: readonly ReceiptCost[]): string {
  const table = newTable(['model', 'with us', 'all definitions', 'saved', 'saved, prompt caching'])
  for (const { title, uncached, cached } of costs) {
    const { oursUsd, allDefinitionsUsd, savedUsd } = uncached
    table.push([title, usd(oursUsd), usd(allDefinitionsUsd), usd(savedUsd), usd(cached.savedUsd)])
  }
  return `${table.toString()}\n`
}

function newTable(head: string[]): InstanceType<typeof Table> {
  return new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  })
}

function verdict(saved: number, of: number): string {
  const percent = of === 0 ? '' : ` (${Math.abs((saved / of) * 100).toFixed(1)} %)`
  return saved >= 0 ? `${count(saved)} tokens saved${percent}` : `${count(-saved)} tokens more than without us`
}

function count(tokens: number): string {
  return tokens.toLocaleString('en')
}

function usd(amount: number): string {
  return `$${amount.toFixed(Math.abs(amount) < 1 ? 4 : 2)}`
}
