import { receiptFolder, saveReceipts } from '../context/receipt-files.ts'
import { messageOf } from '../internal/text.ts'
import { openSurface } from '../surface/open-surface.ts'
import { surfaceTokens } from '../surface/plain-surface.ts'
import type { Surface } from '../surface/surface.ts'
import { type CommandContext, EXIT } from './command.ts'
import { keepRequestsYoung } from './garbage-collector.ts'
import { type NarrowedConfig, openGateway, type OpenGateway } from './gateway.ts'

/** Opens the gateway and its surface for as long as `work` takes, and keeps the receipts of its sessions. */
export async function withSurface(
  context: CommandContext,
  logLevel: 'info' | 'warn',
  work: (opened: OpenGateway, surface: Surface) => Promise<void>,
  known?: NarrowedConfig,
): Promise<number> {
  keepRequestsYoung()
  const opened = await openGateway(context, logLevel, known)
  const { optimizer, loaded, log } = opened
  const receipts = saveReceipts(optimizer.observation.receipts, receiptFolder(loaded.config), (error) =>
    log.log('warn', 'receipts cannot be written', { reason: messageOf(error) }),
  )
  try {
    const surface = await openSurface(optimizer)
    optimizer.observation.receipts?.showSurface(surfaceTokens(surface))
    await work(opened, surface)
    return EXIT.ok
  } finally {
    await receipts.save()
    await optimizer[Symbol.asyncDispose]()
  }
}
