import { allCallers, tokenCallers } from '../access/callers.ts'
import { jwtCallers } from '../access/jwt.ts'
import { openTokens } from '../access/live-tokens.ts'
import { systemClock } from '../internal/clock.ts'
import { createFronts } from '../surface/fronts.ts'
import { openDashboard } from '../surface/http/dashboard.ts'
import { openMonitor } from '../surface/http/monitor.ts'
import { serveHttp } from '../surface/http/server.ts'
import type { Surface } from '../surface/surface.ts'
import type { CommandContext } from './command.ts'
import type { OpenGateway } from './gateway.ts'
import { createPalette } from './palette.ts'
import { withSurface } from './with-surface.ts'

/** Runs `serve --http`. */
export async function runServeHttp(context: CommandContext): Promise<number> {
  return await withSurface(context, 'info', async (opened, surface) => await serveFront(context, opened, surface))
}

/**
 * Serves over HTTP until the command is ended. `announce` is told of a link that logs in to the dashboard once, at the start
 * and whenever somebody asks for one. Without it the log is, where there is no token: then a link opens no more than the
 * front does by itself.
 */
export async function serveFront(
  { signal, stderr, env }: CommandContext,
  { optimizer, loaded, log }: OpenGateway,
  surface: Surface,
  announce?: (link: string) => void,
): Promise<void> {
  const { http, servers, profiles } = loaded.config
  using monitor = await openMonitor(optimizer)
  const toLog = (link: string): void => log.log('info', 'log in to the dashboard', { link })
  const tell = announce ?? (http.token === undefined ? toLog : undefined)
  await using dashboard = await openDashboard(optimizer, surface, { loopDelay: monitor.loopDelay, announce: tell })
  const pages = dashboard === undefined ? {} : { pages: dashboard }
  using tokens = await openTokens({
    path: http.tokens,
    clock: systemClock,
    onProblem: (problem) =>
      problem === undefined ? log.log('info', 'the tokens can be read again') : log.log('error', problem),
  })
  await using service = await serveHttp(optimizer, surface, {
    ...http,
    monitor,
    ...pages,
    callers: allCallers([tokenCallers(tokens, profiles), ...(http.jwt === undefined ? [] : [jwtCallers(http.jwt)])]),
    ...(http.jwt === undefined ? {} : { protectedBy: http.jwt }),
    fronts: createFronts(optimizer, surface),
    profiles,
  })
  log.log('info', 'serving', {
    servers: Object.keys(servers).length,
    mcp: `${service.url}/mcp`,
    rpc: `${service.url}/rpc`,
    ...(dashboard === undefined ? {} : { dashboard: `${service.url}/ui` }),
  })
  // The log is silent about this where only warnings are told.
  if (stderr.isTTY === true) {
    const { name } = createPalette(stderr, env)
    stderr.write(
      `MCP clients connect to ${name(`${service.url}/mcp`)}${http.token === undefined ? '' : ' (with the bearer token)'}; Ctrl-C ends it\n`,
    )
  }
  if (dashboard !== undefined) tell?.(dashboard.link(service.url))
  await aborted(signal)
  log.log('info', 'closing', { inFlight: optimizer.observation.inFlight() })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
