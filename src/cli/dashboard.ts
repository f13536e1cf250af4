import type { CommandContext } from './command.ts'
import { serveFront } from './serve-http.ts'
import { withSurface } from './with-surface.ts'

/** Runs the command `dashboard`. */
export async function runDashboard(context: CommandContext): Promise<number> {
  const asked = { ...context, values: { ...context.values, dashboard: true } }
  let isFirst = true
  const announce = (link: string): void => {
    context.stdout.write(`${link}\n`)
    // A terminal was told so by the service itself.
    if (isFirst && context.stderr.isTTY !== true)
      context.stderr.write(`MCP clients: ${new URL(link).origin}/mcp. Ctrl-C ends the gateway.\n`)
    isFirst = false
  }
  return await withSurface(asked, 'warn', async (opened, surface) => serveFront(asked, opened, surface, announce))
}
