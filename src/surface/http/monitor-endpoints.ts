import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LoopDelayReading } from '../../metrics/loop-delay.ts'
import { sendJson } from './mcp-endpoint.ts'

/** What the HTTP front shows to operators and to the machines that watch over it. */
export interface HttpMonitor {
  /** The text of `/metrics`; without it there is no such path. */
  readonly scrape?: () => Promise<{ readonly contentType: string; readonly text: string }>
  /** The JSON of `/status`. */
  readonly status: () => object
  readonly loopDelay: () => LoopDelayReading
  /** True: `/metrics` is answered without the token. @default false */
  readonly openMetrics?: boolean
  /** Milliseconds of event-loop delay (99th percentile) above which `/readyz` says no. @default 500 */
  readonly maxLoopDelayMs?: number
  /** True: the audit trail takes no entries now. */
  readonly isUnaudited?: () => boolean
}

/** `/healthz`: the process answers. `/readyz`: it should be sent requests. Open to all: they tell nothing else. */
export function serveHealth(
  path: '/healthz' | '/readyz',
  response: ServerResponse,
  refusing: 'draining' | 'busy' | undefined,
  monitor: HttpMonitor | undefined,
): void {
  if (path === '/healthz') return sendJson(response, 200, { status: 'ok' })
  if (refusing !== undefined) return sendJson(response, 503, { status: refusing })
  const { p99Ms } = monitor?.loopDelay() ?? { p99Ms: 0 }
  if (p99Ms > (monitor?.maxLoopDelayMs ?? 500)) return sendJson(response, 503, { status: 'lagging' })
  if (monitor?.isUnaudited?.() === true) return sendJson(response, 503, { status: 'unaudited' })
  sendJson(response, 200, { status: 'ok' })
}

/** `/metrics` and `/status`; false when the path is neither. */
export async function serveMonitor(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  monitor: HttpMonitor,
): Promise<boolean> {
  if (path === '/status') sendJson(response, 200, monitor.status())
  else if (path === '/metrics' && monitor.scrape !== undefined) {
    const { contentType, text } = await monitor.scrape()
    const length = Buffer.byteLength(text)
    response.writeHead(200, { 'content-type': contentType, 'content-length': length, 'cache-control': 'no-store' })
    response.end(request.method === 'HEAD' ? undefined : text)
  } else return false
  return true
}
