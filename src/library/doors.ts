// Doors of the package's root whose rooms are loaded on their first use: who imports the root for one thing pays for that.
import type { LoadedConfig } from '../config/config.ts'
import type { LoadOptions } from '../config/load.ts'
import type { Engine } from '../engine/engine.ts'
import type { Optimizer } from '../optimizer.ts'
import type { HttpMonitor } from '../surface/http/monitor-endpoints.ts'
import type { HttpServerOptions, HttpService } from '../surface/http/server.ts'
import type { EngineSource } from '../surface/dispatch.ts'
import type { StdioOptions } from '../surface/stdio.ts'
import type { Surface } from '../surface/surface.ts'
import type { Dashboard, DashboardOptions } from '../surface/ui/dashboard.ts'

/**
 * Finds and reads the configuration as the command line does: a named file, `mcp-optimizer.json` here or above, the user's
 * own, else the servers of all clients on this machine. All that is wrong is in `problems`; throws `CONFIG_INVALID` only
 * for a file that was asked for and cannot be read.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  return await (await import('../config/load.ts')).loadConfig(options)
}

/** The surface of a gateway, as its configuration says; `auto` is decided here, once. */
export async function openSurface(optimizer: Optimizer): Promise<Surface> {
  return await (await import('../surface/open-surface.ts')).openSurface(optimizer)
}

/**
 * Serves a gateway over HTTP: `/mcp` in both protocol eras, `/rpc`, `/healthz` and `/readyz`. Throws `CONFIG_INVALID` when it
 * would be open to other machines without a token. Inside of another application: `createHandler` of `mcp-optimizer/server`.
 */
export async function serveHttp(engine: Engine, surface: Surface, options?: HttpServerOptions): Promise<HttpService> {
  return await (await import('../surface/http/server.ts')).serveHttp(engine, surface, options)
}

/** Serves a gateway over standard streams until its input ends. */
export async function serveStdio(engine: EngineSource, surface: Surface, options: StdioOptions): Promise<void> {
  await (await import('../surface/stdio.ts')).serveStdio(engine, surface, options)
}

/** Watches over a gateway that is served over HTTP, for `/metrics` and `/status`; dispose it. */
export async function openMonitor(optimizer: Optimizer): Promise<HttpMonitor & Disposable> {
  return await (await import('../surface/http/monitor.ts')).openMonitor(optimizer)
}

/** The pages below `/ui`, where the configuration asks for them (`http.dashboard`); dispose them. */
export async function openDashboard(
  optimizer: Optimizer,
  surface: Surface,
  options: Pick<DashboardOptions, 'loopDelay' | 'announce'>,
): Promise<Dashboard | undefined> {
  return await (await import('../surface/http/dashboard.ts')).openDashboard(optimizer, surface, options)
}
