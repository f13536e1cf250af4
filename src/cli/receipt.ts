import { createReceiptPricer } from '../context/receipt-cost.ts'
import { readReceipts, receiptFolder } from '../context/receipt-files.ts'
import type { SessionReceipt } from '../context/receipts.ts'
import { loadPrices } from '../tokens/prices.ts'
import { type CommandContext, EXIT, wholeNumber } from './command.ts'
import { loadFor } from './gateway.ts'
import { lookOf, textWidth } from './look.ts'
import { receiptLines } from './receipt-text.ts'

/** Runs the command `receipt`. */
export async function runReceipt(context: CommandContext): Promise<number> {
  const { values, stdout, stderr } = context
  const last = wholeNumber(values['last'] ?? '1', '--last')
  const { config } = await loadFor(context)
  const all = await readReceipts(receiptFolder(config))
  const wanted = all.filter(({ session }) => values['session'] === undefined || session === values['session'])
  const pricer = createReceiptPricer(await loadPrices())
  const priced = wanted.slice(0, last).map((found) => ({ ...found, costs: pricer(found) }))
  const looks = { look: lookOf(context), textWidth: textWidth(context) }
  if (values['json'] === true) stdout.write(`${JSON.stringify(priced)}\n`)
  else if (priced.length === 0) stderr.write(`no receipt yet${of(all)}: gateways write them while they serve\n`)
  else
    for (const { costs, ...found } of priced)
      stdout.write(`${receiptLines(`session ${found.session}`, found, looks, costs)}\n`)
  return EXIT.ok
}

function of(all: readonly SessionReceipt[]): string {
  return all.length === 0
    ? ''
    : ` of this session; there are ${[...new Set(all.map(({ session }) => session))].join(', ')}`
}
