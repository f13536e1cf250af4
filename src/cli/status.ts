import { OptimizerError } from '../errors.ts'
import { counted } from '../internal/plural.ts'
import type { GatewayStatus } from '../surface/status.ts'
import { type CommandContext, EXIT } from './command.ts'
import { loadFor } from './gateway.ts'
import { lookOf, textWidth } from './look.ts'
import { receiptLines } from './receipt-text.ts'
import { type Cell, type Column, tableText } from './table.ts'
import { wrap } from './wrap.ts'

/** Runs the command `status`. */
export async function runStatus(context: CommandContext): Promise<number> {
  const { config } = await loadFor(context)
  const found = await fetchStatus(config.http, context.signal)
  if (context.values['json'] === true) context.stdout.write(`${JSON.stringify(found)}\n`)
  else print(context, found)
  return EXIT.ok
}

const TIMEOUT_MS = 5_000

/** The status of a running gateway. Throws `UPSTREAM_UNAVAILABLE` with what to do where none answers. */
export async function fetchStatus(
  { host, port, token }: { readonly host: string; readonly port: number; readonly token?: string },
  signal: AbortSignal,
): Promise<GatewayStatus> {
  // A gateway that listens on all addresses is asked on this machine.
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const url = `http://${name}:${port}/status`
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  let response: Response
  try {
    response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  } catch (thrown) {
    throw new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot read ${url}: no gateway answers there`, {
      cause: thrown,
      suggestion:
        'start one with "mcp-optimizer serve --http PORT", or name its address with --http; a gateway over stdio has no address: its sessions are in "mcp-optimizer receipt"',
    })
  }
  if (response.status === 401)
    throw new OptimizerError('UNAUTHORIZED', `cannot read ${url}: it wants its bearer token`, {
      suggestion: 'give it with --token or MCP_OPTIMIZER_HTTP_TOKEN',
    })
  if (!response.ok) throw new OptimizerError('UPSTREAM_PROTOCOL', `cannot read ${url}: HTTP ${response.status}`)
  // Our own gateway's answer, see `surface/status.ts`.
  return (await response.json()) as GatewayStatus
}

function print(context: CommandContext, found: GatewayStatus): void {
  const { stdout } = context
  const { version, uptimeSeconds, operations, catalog, sandbox, loopDelay, audit, servers, total } = found
  const look = lookOf(context)
  const parts = [
    `mcp-optimizer ${version}, up ${uptimeSeconds} s; ${counted(operations.inFlight, 'operation')} in flight`,
    ...(sandbox === undefined
      ? []
      : [`sandboxes ${sandbox.busy} busy of ${sandbox.size}, ${sandbox.waiting} waiting${wallText(sandbox)}`]),
    ...(loopDelay === undefined ? [] : [`event loop late by ${loopDelay.p99Ms.toFixed(1)} ms (99 %)`]),
  ]
  const lines = [
    parts.join('; '),
    `${counted(catalog.tools, 'tool')}, ${counted(catalog.intents, 'intent')}, catalog ${catalog.version}`,
    ...(audit === undefined
      ? []
      : [
          `audit trail: ${counted(audit.entries, 'entry', 'entries')}, ${audit.failures} lost, ${audit.bytes} bytes${audit.problem === undefined ? '' : `; NOT WRITTEN now: ${audit.problem}`}`,
        ]),
  ]
  for (const line of lines) stdout.write(`${wrap(line, textWidth(context)).join('\n')}\n`)
  const rows = servers.map(({ name, state, tools, restarts, problems }): Cell[] => [
    { text: name, paint: look.palette.name },
    { text: state, paint: state === 'ready' ? look.palette.ok : look.palette.warn },
    String(tools),
    String(restarts),
    problems[0] ?? '',
  ])
  if (rows.length > 0) stdout.write(tableText(COLUMNS, rows, look))
  if (total !== undefined && total.operations > 0)
    stdout.write(receiptLines('all sessions', total, { look, textWidth: textWidth(context) }))
}

function wallText({ wall, weaker }: NonNullable<GatewayStatus['sandbox']>): string {
  if (wall === undefined) return ''
  return `, wall "${wall}"${weaker === undefined ? '' : `, none stricter (${weaker})`}`
}

const COLUMNS: readonly Column[] = [
  { head: 'server' },
  { head: 'state' },
  { head: 'tools', isFigure: true },
  { head: 'restarts', isFigure: true },
  { head: '' },
]
