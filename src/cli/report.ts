import { saysNoServers } from './no-servers.ts'
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { resolve } from 'node:path'
import { readReceipts, receiptFolder } from '../context/receipt-files.ts'
import { VERSION } from '../internal/version.ts'
import { reportConfiguration } from '../report/configuration-report.ts'
import { toPage } from '../report/page.ts'
import type { Report } from '../report/report.ts'
import { loadTokenCounter } from '../tokens/figure.ts'
import { DEFAULT_MODELS, loadPrices, MODELS } from '../tokens/prices.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { openGateway } from './gateway.ts'
import { withProgress } from './output.ts'
import { listsOf, MAX_READY_MS } from './starting.ts'

/** Runs the command `report`. */
export async function runReport(context: CommandContext): Promise<number> {
  const { values } = context
  const models = modelsOf(values['model'])
  const { optimizer, loaded } = await openGateway(context)
  try {
    if (saysNoServers(context, loaded) && values['json'] !== true) return EXIT.ok
    const made = await withProgress(context, listsOf(optimizer), async () => {
      await optimizer.ready(MAX_READY_MS)
      const [count, prices] = [await loadTokenCounter(), await loadPrices()]
      return await reportConfiguration({
        optimizer,
        count,
        prices,
        facts: facts(),
        sessions: await readReceipts(receiptFolder(loaded.config)),
        ...(models === undefined ? {} : { models }),
      })
    })
    if (values['json'] === true) {
      context.stdout.write(`${JSON.stringify(made)}\n`)
      return EXIT.ok
    }
    const file = resolve(context.cwd, typeof values['output'] === 'string' ? values['output'] : 'report.html')
    await writeFile(file, toPage(made, { charts: values['tables'] !== true }))
    context.stdout.write(`${made.summary}\nwritten: ${file}\n`)
    return EXIT.ok
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

function facts(): Report['facts'] {
  const [load = 0] = loadavg()
  return [
    ['machine', `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, load ${load.toFixed(2)}`],
    ['versions', `mcp-optimizer ${VERSION}, Node ${process.version}`],
    ['date', new Date().toISOString().slice(0, 10)],
  ]
}

/** Undefined: all of the list. */
function modelsOf(text: string | boolean | undefined): readonly string[] | undefined {
  if (text === 'all') return undefined
  if (typeof text !== 'string') return DEFAULT_MODELS
  const ids = text.split(',').map((id) => id.trim())
  const known = MODELS.map(({ id }) => id)
  const odd = ids.find((id) => !known.includes(id))
  if (odd !== undefined) throw new UsageError(`--model: found "${odd}", wanted all or some of ${known.join(', ')}`)
  return ids
}
