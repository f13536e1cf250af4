import type { CommandContext } from './command.ts'
import { serveFront } from './serve-http.ts'
import { withSurface } from './with-surface.ts'

/** Runs the command `dashboard`. */
export async function runDashboard(context: CommandContext): Promise<number> {
  const asked = { ...context, values: { ...context.values, dashboard: true } }
  return await withSurface(asked, 'warn', async (opened, surface) =>
    serveFront(asked, opened, surface, (link) => context.stdout.write(`${link}\n`)),
  )
}
