import { serveHttp } from '../surface/http/server.ts'
import { openSurface } from '../surface/open-surface.ts'
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
    const { optimizer, loaded } = await openGateway(context)
    try {
      const surface = await openSurface(optimizer)
      if (typeof context.values['http'] !== 'string') {
        await serveStdio(optimizer, surface, { input: context.stdin, output: context.stdout, signal: context.signal })
        return EXIT.ok
      }
      await using service = await serveHttp(optimizer, surface, loaded.config.http)
      context.stderr.write(
        `mcp-optimizer: serving ${Object.keys(loaded.config.servers).length} servers at ${service.url}/mcp and ${service.url}/rpc\n`,
      )
      await aborted(context.signal)
      return EXIT.ok
    } finally {
      await optimizer[Symbol.asyncDispose]()
    }
  },
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
