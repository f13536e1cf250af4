import { receiptFolder, saveReceipts } from '../context/receipt-files.ts'
import { messageOf } from '../internal/text.ts'
import { openDashboard } from '../surface/http/dashboard.ts'
import { openMonitor } from '../surface/http/monitor.ts'
import { serveHttp } from '../surface/http/server.ts'
import { openSurface, surfaceTokens } from '../surface/open-surface.ts'
import type { Surface } from '../surface/surface.ts'
import { serveStdio } from '../surface/stdio.ts'
import { keepRequestsYoung } from './garbage-collector.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway, type OpenGateway } from './gateway.ts'

/** Runs the command `serve`. */
export async function runServe(context: CommandContext): Promise<number> {
  const overHttp = typeof context.values['http'] === 'string'
  return await withSurface(context, overHttp ? 'info' : 'warn', async (opened, surface) => {
    if (overHttp) return await serveFront(context, opened, surface)
    const { stdin: input, stdout: output, signal } = context
    await serveStdio(opened.optimizer, surface, { input, output, signal })
  })
}

/** Opens the gateway and its surface for as long as `work` takes, and keeps the receipts of its sessions. */
export async function withSurface(
  context: CommandContext,
  logLevel: 'info' | 'warn',
  work: (opened: OpenGateway, surface: Surface) => Promise<void>,
): Promise<number> {
  keepRequestsYoung()
  const opened = await openGateway(context, logLevel)
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

/**
 * Serves over HTTP until the command is ended. `announce` is told of a link that logs in to the dashboard once, at the start
 * and whenever somebody asks for one. Without it the log is, where there is no token: then a link opens no more than the
 * front does by itself.
 */
export async function serveFront(
  { signal }: CommandContext,
  { optimizer, loaded, log }: OpenGateway,
  surface: Surface,
  announce?: (link: string) => void,
): Promise<void> {
  const { http, servers } = loaded.config
  using monitor = await openMonitor(optimizer)
  const toLog = (link: string): void => log.log('info', 'log in to the dashboard', { link })
  const tell = announce ?? (http.token === undefined ? toLog : undefined)
  await using dashboard = await openDashboard(optimizer, surface, { loopDelay: monitor.loopDelay, announce: tell })
  const pages = dashboard === undefined ? {} : { pages: dashboard }
  await using service = await serveHttp(optimizer, surface, { ...http, monitor, ...pages })
  log.log('info', 'serving', {
    servers: Object.keys(servers).length,
    mcp: `${service.url}/mcp`,
    rpc: `${service.url}/rpc`,
    ...(dashboard === undefined ? {} : { dashboard: `${service.url}/ui` }),
  })
  if (dashboard !== undefined) tell?.(dashboard.link(service.url))
  await aborted(signal)
  log.log('info', 'closing', { inFlight: optimizer.observation.inFlight() })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
