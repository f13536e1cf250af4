import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { descendants, read } from '../../hardening/runner/processes.ts'
import { RpcClient } from '../runner/ask.ts'
import { Gateway, serverEntry } from '../runner/gateway.ts'
import { Load } from '../runner/load.ts'
import { at } from '../runner/neighbour.ts'
import { Findings, type Part } from '../runner/part.ts'
import { SERVER, temporaryFolder } from '../runner/places.ts'
import { signal } from '../runner/processes.ts'

const LANES = 8
const END_MS = 5_000

/** How one kind of process is killed, again and again, under one gateway. */
interface Victims {
  readonly what: string
  readonly sandbox: 'wasm' | 'process'
  /** Servers that count; one that is killed too often has to pause before it starts again. */
  readonly servers: number
  readonly kills: { readonly short: number; readonly long: number }
  readonly pauseMs: readonly [least: number, most: number]
  /** True for the command line of a victim. */
  isOne(command: string): boolean
}

const SERVERS: Victims = {
  what: 'servers',
  sandbox: 'wasm',
  servers: 12,
  kills: { short: 15, long: 4_000 },
  pauseMs: [40, 260],
  isOne: (command) => command.includes(SERVER),
}
const SANDBOXES: Victims = {
  what: 'sandbox processes',
  sandbox: 'process',
  servers: 2,
  kills: { short: 8, long: 4_000 },
  pauseMs: [20, 230],
  isOne: (command) => /sandbox\/remote\/runner|bwrap/.test(command),
}

export const killServers: Part = async (options) => await killWithin(SERVERS, options)
export const killSandboxes: Part = async (options) => await killWithin(SANDBOXES, options)

async function killWithin(victims: Victims, { short, patient, kills, tell }: Parameters<Part>[0]): ReturnType<Part> {
  const findings = new Findings(tell)
  const { what, isOne } = victims
  const wanted = kills ?? (short ? victims.kills.short : victims.kills.long)
  const { journal, config, names } = counting(victims.servers)
  await using gateway = await Gateway.start({ config: { ...config, sandbox: { backend: victims.sandbox } } })
  await ready(gateway, names)
  const load = new Load(journal, names)
  const stop = new AbortController()
  const working = load.run(gateway, LANES, stop.signal)
  let done = 0
  for (let idle = 0; done < wanted && gateway.isAlive && idle < 2_000;) {
    await pause(between(...victims.pauseMs))
    const found = descendants(gateway.pid).filter((pid) => isOne(read(`/proc/${pid}/cmdline`)))
    const pid = found[Math.floor(Math.random() * found.length)]
    if (pid === undefined) idle++
    else signal(pid, 'SIGKILL')
    if (pid !== undefined && ++done % 100 === 0) tell(`${what}: ${done} killed`)
  }
  stop.abort()
  await working
  if (!gateway.isAlive) findings.fault(`the gateway ended: ${gateway.log.slice(-500)}`)
  if (done < wanted) findings.fault(`${what}: only ${done} of ${wanted} could be killed`)
  await stillWorks(gateway, names, findings)
  const end = await gateway.end()
  findings.figure(`kills of ${what}`, done, 'kills')
  tellLoad(load, findings)
  findings.figure('orphans', end.leftOvers.length, 'processes', { exactly: 0 })
  for (const left of end.leftOvers) findings.fault(`left behind: ${left}`)
  findings.figure('end after SIGTERM', end.ms, 'ms', { most: patient ? END_MS * 2 : END_MS })
  return findings
}

/** The gateway itself is killed while it works, and started again in the same home. */
export const killGateway: Part = async (options) =>
  await endAgain(options, { name: 'SIGKILL', times: { short: 2, long: 1_500 } })

/** The gateway is asked to end while it works. */
export const endGateway: Part = async (options) =>
  await endAgain(options, { name: 'SIGTERM', times: { short: 1, long: 500 } })

interface Ending {
  readonly name: 'SIGKILL' | 'SIGTERM'
  readonly times: { readonly short: number; readonly long: number }
}

async function endAgain(
  { short, patient, kills, tell }: Parameters<Part>[0],
  { name, times }: Ending,
): ReturnType<Part> {
  const findings = new Findings(tell)
  const wanted = kills ?? (short ? times.short : times.long)
  const { journal, config, names } = counting(2)
  const home = temporaryFolder()
  const load = new Load(journal, names)
  const starts: number[] = []
  const ends: number[] = []
  let orphans = 0
  for (let done = 0; done < wanted; done++) {
    const startedAt = performance.now()
    await using gateway = await Gateway.start({ config, home })
    await ready(gateway, names)
    starts.push(performance.now() - startedAt)
    const stop = new AbortController()
    const working = load.run(gateway, LANES, stop.signal)
    await pause(between(50, 450))
    stop.abort()
    const end = await gateway.end(name)
    await working
    ends.push(end.ms)
    orphans += end.leftOvers.length
    for (const left of end.leftOvers) findings.fault(`left behind: ${left}`)
    if (name === 'SIGTERM' && end.code !== 0) findings.fault(`SIGTERM ended the gateway with ${end.code ?? end.signal}`)
    if (done % 50 === 49) tell(`${name}: ${done + 1} gateways ended`)
  }
  rmSync(home, { recursive: true, force: true })
  findings.figure(`gateways ended by ${name}`, wanted, 'kills')
  tellLoad(load, findings)
  findings.figure('orphans', orphans, 'processes', { exactly: 0 })
  findings.figure('ready again, P50', at(starts, 0.5), 'ms')
  findings.figure('ready again, longest', at(starts, 1), 'ms')
  if (name === 'SIGTERM') findings.figure('longest end', at(ends, 1), 'ms', { most: patient ? END_MS * 2 : END_MS })
  return findings
}

function tellLoad(load: Load, findings: Findings): void {
  const { calls, right, duplicates, lost, untrue, wrong, codes } = load.figures()
  findings.figure('calls under way meanwhile', calls, 'calls')
  findings.figure('answered right', right, 'calls')
  for (const [code, count] of Object.entries(codes))
    if (code !== 'ok') findings.figure(`ended with ${code}`, count, 'calls')
  findings.figure('acted twice', duplicates.length, 'keys', { exactly: 0 })
  findings.figure('lost answers', lost.length, 'calls', { exactly: 0 })
  findings.figure('acted though the error denies it', untrue.length, 'calls', { exactly: 0 })
  findings.figure('errors that no kill explains', wrong.length, 'calls', { exactly: 0 })
  for (const what of [duplicates, lost, untrue, wrong]) for (const one of what.slice(0, 5)) findings.fault(one)
}

/** So many servers that count into one journal. */
function counting(count: number): { journal: string; config: { servers: object }; names: string[] } {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const journal = join(folder, 'journal')
  const names = Array.from({ length: count }, (_, index) => `c${index}`)
  const servers = Object.fromEntries(names.map((name) => [name, serverEntry('healthy', ['--journal', journal])]))
  return { journal, config: { servers }, names }
}

async function ready(gateway: Gateway, names: readonly string[]): Promise<void> {
  using client = new RpcClient(gateway)
  for (const name of names) {
    for (let turn = 0; turn < 100; turn++) {
      if ((await client.call(`${name}.echo`, { text: 'ready?' })).status === 'ok') break
      await pause(50)
    }
  }
}

/** After a pause every server is called as before, and programs run. */
async function stillWorks(gateway: Gateway, names: readonly string[], findings: Findings): Promise<void> {
  using client = new RpcClient(gateway)
  for (const name of names) {
    const deadline = performance.now() + 65_000
    let answer = await client.run(`return await tools.${name}.echo({ text: 'after' })`)
    while (answer.data !== 'after' && performance.now() < deadline) {
      await pause(200)
      answer = await client.run(`return await tools.${name}.echo({ text: 'after' })`)
    }
    if (answer.data !== 'after')
      findings.fault(`${name} does not come back: ${answer.error?.code} ${answer.error?.message}`)
  }
}

function between(least: number, most: number): number {
  return least + Math.random() * (most - least)
}
