import type { ReceiptCost } from '../context/receipt-cost.ts'
import type { Receipt } from '../context/receipts.ts'
import { counted } from '../internal/plural.ts'
import { tableText, type TableLook } from './table.ts'
import { wrap } from './wrap.ts'

export interface ReceiptLook {
  readonly look: TableLook
  /** Columns for running text. */
  readonly textWidth: number
}

/** A receipt for reading: both sides, what was saved, what it costs by model. */
export function receiptLines(
  title: string,
  receipt: Receipt,
  { look, textWidth }: ReceiptLook,
  costs: readonly ReceiptCost[] = [],
): string {
  const { ours, allDefinitions, saved, withPromptCaching: cached, operations, searches, failed, calls } = receipt
  const rows = [
    ['definitions in each request', count(ours.surface), count(allDefinitions.definitions)],
    ['requests', count(ours.requests), count(allDefinitions.requests)],
    ['answers', count(ours.answers), count(allDefinitions.answers)],
    ['searches', count(ours.search), '0'],
    ['tokens', count(ours.total), count(allDefinitions.total)],
    ['with prompt caching', count(cached.ours), count(cached.allDefinitions)],
  ]
  const did = `${counted(operations, 'operation')} (${counted(searches, 'search', 'searches')}, ${failed} failed)`
  const lines = (text: string): string => wrap(text, textWidth).join('\n')
  return `${lines(`${title}: ${did}, ${counted(calls, 'call')} of tools, since ${receipt.since}`)}
${figuresTable(['', 'with mcp-optimizer', 'all definitions'], rows, look)}${lines(
    `${verdict(saved, allDefinitions.total)}; with prompt caching ${verdict(cached.saved, cached.allDefinitions)}.`,
  )}
${lines('Estimated; texts count once on both sides, definitions in each request to the model.')}
${costs.length === 0 ? '' : costLines(costs, look)}`
}

function costLines(costs: readonly ReceiptCost[], look: TableLook): string {
  const rows = costs.map(({ title, uncached, cached }) => {
    const { oursUsd, allDefinitionsUsd, savedUsd } = uncached
    return [title, usd(oursUsd), usd(allDefinitionsUsd), usd(savedUsd), usd(cached.savedUsd)]
  })
  return figuresTable(['model', 'with us', 'all definitions', 'saved', 'saved, prompt caching'], rows, look)
}

function figuresTable([first = '', ...heads]: readonly string[], rows: readonly string[][], look: TableLook): string {
  return tableText([{ head: first }, ...heads.map((head) => ({ head, isFigure: true }))], rows, look)
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
