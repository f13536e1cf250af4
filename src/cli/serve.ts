import { receiptFolder, saveReceipts } from '../context/receipt-files.ts'
import { messageOf } from '../internal/text.ts'
import { openMonitor } from '../surface/http/monitor.ts'
import { serveHttp } from '../surface/http/server.ts'
import { openSurface, surfaceTokens } from '../surface/open-surface.ts'
import { serveStdio } from '../surface/stdio.ts'
import { type Command, EXIT } from './command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS, openGateway } from './gateway.ts'

export const serve: Command = {
  name: 'serve',
  summary: 'Serve MCP: over stdio (default) or HTTP',
  usage: '[options]',
  options: { http: { type: 'string' }, token: { type: 'string' }, compact: { type: 'boolean' }, ...GATEWAY_OPTIONS },
  help: {
    http: '[HOST:]PORT: serve /mcp and /rpc over HTTP instead of stdio',
    token: 'bearer token; needed unless HOST is this machine (or MCP_OPTIMIZER_HTTP_TOKEN)',
    compact: 'offer search and execute_code alone (at most 120 tokens)',
    ...GATEWAY_HELP,
  },
  examples: [
    'mcp-optimizer serve',
    'mcp-optimizer serve --http 7331',
    'mcp-optimizer serve --config team.json --http 0.0.0.0:7331 --token "$TOKEN"',
  ],
  async run(context) {
    const overHttp = typeof context.values['http'] === 'string'
    const { optimizer, loaded, log } = await openGateway(context, overHttp ? 'info' : 'warn')
    const receipts = saveReceipts(optimizer.observation.receipts, receiptFolder(loaded.config), (error) =>
      log.log('warn', 'receipts cannot be written', { reason: messageOf(error) }),
    )
    try {
      const surface = await openSurface(optimizer)
      optimizer.observation.receipts?.showSurface(surfaceTokens(surface))
      if (!overHttp) {
        await serveStdio(optimizer, surface, { input: context.stdin, output: context.stdout, signal: context.signal })
        return EXIT.ok
      }
      using monitor = await openMonitor(optimizer)
      await using service = await serveHttp(optimizer, surface, { ...loaded.config.http, monitor })
      log.log('info', 'serving', {
        servers: Object.keys(loaded.config.servers).length,
        mcp: `${service.url}/mcp`,
        rpc: `${service.url}/rpc`,
      })
      await aborted(context.signal)
      log.log('info', 'closing', { inFlight: optimizer.observation.inFlight() })
      return EXIT.ok
    } finally {
      await receipts.save()
      await optimizer[Symbol.asyncDispose]()
    }
  },
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
