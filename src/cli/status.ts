import Table from 'cli-table3'
import { OptimizerError } from '../errors.ts'
import type { GatewayStatus } from '../surface/status.ts'
import { type CommandContext, EXIT } from './command.ts'
import { loadFor } from './gateway.ts'
import { receiptLines } from './receipt-text.ts'

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

function print({ stdout }: CommandContext, found: GatewayStatus): void {
  const { version, uptimeSeconds, operations, catalog, sandbox, loopDelay, audit, servers, total } = found
  const pool =
    sandbox === undefined ? '' : `; sandboxes ${sandbox.busy} busy of ${sandbox.size}, ${sandbox.waiting} waiting`
  const delay = loopDelay === undefined ? '' : `; event loop late by ${loopDelay.p99Ms.toFixed(1)} ms (99 %)`
  stdout.write(
    `mcp-optimizer ${version}, up ${uptimeSeconds} s; ${operations.inFlight} operations in flight${pool}${delay}\n`,
  )
  stdout.write(`${catalog.tools} tools, ${catalog.intents} intents, catalog ${catalog.version}\n`)
  if (audit !== undefined)
    stdout.write(`audit trail: ${audit.entries} entries, ${audit.failures} lost, ${audit.bytes} bytes\n`)
  const table = new Table({
    head: ['server', 'state', 'tools', 'restarts', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'left'],
    wordWrap: true,
    colWidths: [null, null, null, null, 50],
  })
  for (const { name, state, tools, restarts, problems } of servers)
    table.push([name, state, String(tools), String(restarts), problems[0] ?? ''])
  if (servers.length > 0) stdout.write(`${table.toString()}\n`)
  if (total !== undefined && total.operations > 0) stdout.write(receiptLines('all sessions', total))
}
