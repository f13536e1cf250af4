import { setTimeout as pause } from 'node:timers/promises'
import { BODIES } from '../probes/bodies.ts'
import { LOAD } from '../probes/load.ts'
import type { Probe } from '../probes/probe.ts'
import { PROTOCOL } from '../probes/protocol.ts'
import { STDIO, StdioClient } from '../probes/stdio.ts'
import { WHO } from '../probes/who.ts'
import { RpcClient } from '../runner/ask.ts'
import { Door, type Way } from '../runner/door.ts'
import { Gateway, serverEntry } from '../runner/gateway.ts'
import { at, Neighbour } from '../runner/neighbour.ts'
import { Findings, type Part, type PartOptions } from '../runner/part.ts'

const TOKEN = 'campaign-token-5e81f0'
const PROBES: readonly Probe[] = [...WHO, ...BODIES, ...PROTOCOL, ...LOAD]
const WAYS: readonly Way[] = ['legacy', 'modern', 'rpc']
const END_MS = 5_000

/** Clients that want to get in, to stop the gateway, or to hurt other clients. */
export const clients: Part = async (options) => {
  const findings = new Findings(options.tell)
  const durations: number[] = []
  let peakMb = 0
  let endMs = 0
  for (const token of [undefined, TOKEN]) {
    const result = await attack(token, options, findings)
    durations.push(...result.durations)
    peakMb = Math.max(peakMb, result.peakMb)
    endMs = Math.max(endMs, result.endMs)
  }
  peakMb = Math.max(peakMb, await attackStdio(options, findings))
  findings.figure("neighbour's P99", at(durations, 0.99), 'ms', options.patient ? {} : { most: 100 })
  findings.figure("neighbour's longest call", at(durations, 1), 'ms', options.patient ? {} : { most: 300 })
  findings.figure("neighbour's calls", durations.length, 'calls')
  findings.figure('most memory of a gateway', peakMb, 'MB', { most: 600 })
  findings.figure('longest end after SIGTERM', endMs, 'ms', { most: options.patient ? END_MS * 2 : END_MS })
  return findings
}

interface Result {
  readonly durations: readonly number[]
  readonly peakMb: number
  readonly endMs: number
}

/** All probes of all ways at a gateway with this token. */
async function attack(
  token: string | undefined,
  { short, match = '', tell }: PartOptions,
  findings: Findings,
): Promise<Result> {
  await using gateway = await Gateway.start({
    config: { servers: { good: serverEntry('healthy') }, http: { dashboard: true } },
    ...(token === undefined ? {} : { token }),
  })
  using client = new RpcClient(gateway)
  while ((await client.call('good.echo', { text: 'ready?' })).status !== 'ok') await pause(100)
  const neighbour = new Neighbour(gateway)
  const knock = async (way: Way): Promise<void> =>
    await attackWay(new Door({ way, url: gateway.url, token, short }), { match, tell, findings })
  if (short) await Promise.all(WAYS.map(knock))
  else for (const way of WAYS) await knock(way)
  const figures = await neighbour.stop()
  if (!gateway.isAlive) findings.fault(`the gateway ended: ${gateway.log.slice(-500)}`)
  for (const what of new Set(figures.wrong)) findings.fault(`the neighbour got ${what}`)
  const trouble = /.*(?:unhandled|uncaught|"code":"INTERNAL").*/i.exec(gateway.log)
  if (trouble !== null) findings.fault(`in the log: ${trouble[0].slice(0, 300)}`)
  const { peakMb } = gateway
  const end = await gateway.end()
  for (const left of end.leftOvers) findings.fault(`left behind: ${left}`)
  return { durations: neighbour.durations, peakMb, endMs: end.ms }
}

interface Knock {
  readonly match: string
  readonly tell: (line: string) => void
  readonly findings: Findings
}

async function attempt(probe: Probe, door: Door): Promise<string | undefined> {
  return await probe.attempt(door).catch((error: unknown) => `failed: ${String(error)}`)
}

/** All probes of one way. */
async function attackWay(door: Door, { match, tell, findings }: Knock): Promise<void> {
  const front = `${door.token === undefined ? 'open' : 'token'} ${door.way}`
  const probes = PROBES.filter((probe) => isFor(probe, door) && `${front} ${probe.kind} ${probe.name}`.includes(match))
  const chosen = door.short ? probes.filter(({ slow }) => slow !== true) : probes
  let held = 0
  for (const probe of chosen) {
    const startedAt = performance.now()
    // A fault counts that comes back: the machine may have stood still for a moment.
    const fault = (await attempt(probe, door)) === undefined ? undefined : await attempt(probe, door)
    const ms = performance.now() - startedAt
    if (ms > 1_000) tell(`${front}: ${probe.name}: ${ms.toFixed(0)} ms`)
    if (fault === undefined) held++
    else findings.fault(`${front}: ${probe.kind}: ${probe.name}: ${fault}`)
  }
  findings.figure(`${front}: probes that held`, held, 'probes', { exactly: chosen.length })
}

function isFor({ ways = WAYS, token }: Probe, door: Door): boolean {
  return ways.includes(door.way) && (token === undefined || token === (door.token !== undefined))
}

/** All probes on the standard streams; the most memory of that gateway. */
async function attackStdio({ match = '' }: PartOptions, findings: Findings): Promise<number> {
  const probes = STDIO.filter(({ name }) => `stdio ${name}`.includes(match))
  if (probes.length === 0) return 0
  await using gateway = await Gateway.start({ config: { servers: { good: serverEntry('healthy') } }, stdio: true })
  const client = new StdioClient(gateway)
  let held = 0
  for (const probe of probes) {
    const fault = await probe.attempt(client)
    if (fault === undefined) held++
    else findings.fault(`stdio: ${probe.name}: ${fault}`)
  }
  findings.figure('stdio: probes that held', held, 'probes', { exactly: probes.length })
  const { peakMb } = gateway
  const end = await gateway.end()
  for (const left of end.leftOvers) findings.fault(`stdio: left behind: ${left}`)
  if (end.code !== 0) findings.fault(`stdio: SIGTERM ended the gateway with ${end.code ?? end.signal}`)
  return peakMb
}
