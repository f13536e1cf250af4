import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, RpcClient } from '../runner/ask.ts'
import { type Canary, openCanary } from '../runner/canary.ts'
import { type End, Gateway, serverEntry } from '../runner/gateway.ts'
import {
  foreignProgram,
  type HttpProgram,
  ownProgram,
  type Program,
  type Run,
  runsOf,
  type Sizes,
} from '../runner/hostile-server.ts'
import { linesOf } from '../runner/load.ts'
import { at, Neighbour } from '../runner/neighbour.ts'
import { Findings, type Part } from '../runner/part.ts'
import { temporaryFolder } from '../runner/places.ts'
import type { Mode } from '../server/mode.ts'

/** Milliseconds of a form. */
interface Times {
  readonly serverMs: number
  readonly startMs: number
  readonly requestMs: number
  /** An answer that needs no timeout comes within this. */
  readonly atOnceMs: number
}

const TIMES: Times = { serverMs: 3_000, startMs: 4_000, requestMs: 5_000, atOnceMs: 2_500 }
/** The machine has other things to do: only what waits for a timeout is not at once. */
const PATIENT_TIMES: Times = { serverMs: 20_000, startMs: 20_000, requestMs: 25_000, atOnceMs: 19_000 }
/** How long an error may come after the timeout that it tells of. */
const LATE_MS = 1_500
/** A gateway ends within this, whatever hangs. */
const END_MS = 5_000
const LONG: Sizes = { bytes: 200_000_000, many: 10_000, lateMs: 1_500 }
const SHORT: Sizes = { bytes: 3_000_000, many: 500, lateMs: 300 }
/** Misbehaving servers at once behind one gateway, in the short form. */
const GROUP = 16
/** Codes that say that something is wrong with the request, the configuration or us. */
const WRONG_CODES = new Set(['INTERNAL', 'CONFIG_INVALID', 'INVALID_REQUEST', 'UNKNOWN_HANDLE'])
const HIDDEN_CODES = new Set(['UNKNOWN_INTENT', 'UNKNOWN_TOOL', 'UNKNOWN_SERVER'])
const TIMEOUTS = new Set(['UPSTREAM_TIMEOUT', 'TIMEOUT'])

/** Every way in which a server can misbehave, beside a healthy one that is called all the time. */
export const servers: Part = async ({ short, patient, server, match = '', tell }) => {
  const findings = new Findings(tell)
  const sizes = short ? SHORT : LONG
  const program = server === undefined ? ownProgram(sizes) : foreignProgram(server, sizes)
  const runs = runsOf(program.modes).filter((run) => nameOf(run).includes(match))
  const chosen = short ? fewOf(runs) : runs
  if (chosen.length < runs.length)
    findings.skipped.push(
      `${runs.length - chosen.length} runs (large, late, on other transports): the long form has them`,
    )
  await using canary = await openCanary()
  const durations: number[] = []
  let right = 0
  let peakMb = 0
  let endMs = 0
  for (const group of grouped(chosen, short ? GROUP : 1)) {
    const attacking = { program, canary, short, times: patient ? PATIENT_TIMES : TIMES }
    let result = await attack(group, attacking)
    // On a machine that does other things a fault counts that comes back.
    if (patient && result.faults.length > 0) result = await attack(group, attacking)
    for (const fault of result.faults) findings.fault(fault)
    right += group.length - result.wrongRuns
    durations.push(...result.durations)
    peakMb = Math.max(peakMb, result.peakMb)
    endMs = Math.max(endMs, result.end.ms)
    tell(
      `${group.map(nameOf).join(', ').slice(0, 60)}: neighbour max ${at(result.durations, 1).toFixed(0)} ms, ${result.peakMb.toFixed(0)} MB, ended in ${result.end.ms.toFixed(0)} ms`,
    )
  }
  findings.figure('runs with the right answer or an error with a code', right, 'runs', { exactly: chosen.length })
  findings.figure("neighbour's P99", at(durations, 0.99), 'ms', patient ? {} : { most: 100 })
  findings.figure("neighbour's longest call", at(durations, 1), 'ms', patient ? {} : { most: 300 })
  findings.figure("neighbour's calls", durations.length, 'calls')
  findings.figure('most memory of a gateway', peakMb, 'MB', { most: 600 })
  findings.figure('longest end after SIGTERM', endMs, 'ms', { most: patient ? END_MS * 2 : END_MS })
  findings.figure('requests that were led astray', canary.hits(), 'requests', { exactly: 0 })
  return findings
}

/** Each mode that is neither large nor late over one transport, by turns. */
function fewOf(runs: readonly Run[]): Run[] {
  const fast = runs.filter(({ mode }) => mode.late !== true && mode.heavy !== true)
  const modes = [...new Set(fast.map(({ mode }) => mode))]
  return modes.flatMap((mode, index) => {
    const own = fast.filter((run) => run.mode === mode)
    return own.slice(index % own.length).slice(0, 1)
  })
}

interface Attack {
  readonly program: Program
  readonly canary: Canary
  readonly short: boolean
  readonly times: Times
}

interface Result {
  readonly faults: readonly string[]
  readonly wrongRuns: number
  readonly durations: readonly number[]
  readonly peakMb: number
  readonly end: End
}

/** One gateway with these servers and a healthy one. */
async function attack(runs: readonly Run[], { program, canary, short, times }: Attack): Promise<Result> {
  const journal = join(temporaryFolder(), 'journal')
  const files = { journal, canary: canary.url }
  using http = runs.some(({ transport }) => transport !== 'stdio') ? await program.http(runs.at(0), files) : undefined
  const entries = runs.map((run, index) => [`bad${index}`, entryOf(run, { program, http, files, times })] as const)
  await using gateway = await Gateway.start({
    config: { servers: { good: serverEntry('healthy'), ...Object.fromEntries(entries) } },
  })
  await firstAnswer(gateway)
  const neighbour = new Neighbour(gateway)
  const faults: string[] = []
  const wrong = new Set<string>()
  await inTurns(runs, short ? 6 : 1, async (run, index) => {
    const found = await attackServer(gateway, run, { name: `bad${index}`, journal, times })
    if (found.length > 0) wrong.add(nameOf(run))
    faults.push(...found.map((what) => `${nameOf(run)}: ${what}`))
  })
  const figures = await neighbour.stop()
  const all = runs.map(nameOf).join(', ')
  if (!gateway.isAlive) faults.push(`${all}: the gateway ended: ${gateway.log.slice(-500)}`)
  for (const what of new Set(figures.wrong)) faults.push(`${all}: the neighbour got ${what}`)
  const trouble = /.*(?:unhandled|uncaught|"code":"INTERNAL").*/i.exec(gateway.log)
  if (trouble !== null) faults.push(`${all}: in the log: ${trouble[0].slice(0, 300)}`)
  const { peakMb } = gateway
  const end = await gateway.end()
  if (end.code !== 0) faults.push(`${all}: SIGTERM ended the gateway with ${end.code ?? end.signal}`)
  for (const left of end.leftOvers) faults.push(`${all}: left behind: ${left}`)
  return { faults, wrongRuns: wrong.size, durations: neighbour.durations, peakMb, end }
}

async function firstAnswer(gateway: Gateway): Promise<void> {
  using client = new RpcClient(gateway)
  for (let turn = 0; turn < 50; turn++) {
    const { status } = await client.call('good.echo', { text: 'ready?' })
    if (status === 'ok') return
    await pause(100)
  }
  throw new Error(`the healthy server does not answer: ${gateway.log.slice(-2_000)}`)
}

interface Target {
  readonly name: string
  readonly journal: string
  readonly times: Times
}

/** What is wrong with how the gateway treats one misbehaving server. */
async function attackServer(gateway: Gateway, { mode }: Run, { name, journal, times }: Target): Promise<string[]> {
  using client = new RpcClient(gateway)
  const faults = new Set<string>()
  const judge = (what: string, answer: Answer | string, right: unknown): void => {
    const fault = typeof answer === 'string' ? answer : faultOf(mode, answer, { right, times })
    if (fault !== undefined) faults.add(`${what}: ${fault}`)
  }
  const call = async (tool: string, params: object): Promise<Answer | string> =>
    await client.call(`${name}.${tool}`, params, { timeoutMs: times.requestMs }).catch(String)
  for (let turn = 0; turn < 3; turn++) {
    const text = `${name} ${turn}`
    judge('echo', await call('echo', { text }), text)
    if (mode.late === true) break
  }
  const pair = [`${name} left`, `${name} right`]
  const both = await Promise.all(pair.map((text) => call('echo', { text })))
  both.forEach((answer, index) => judge('echo beside echo', answer, pair[index]))
  judge('add', await call('add', { a: 1, b: 2 }), { sum: 3 })
  const key = `${name}-${gateway.mark}`
  judge('counter', await call('counter', { key }), key)
  const acts = linesOf(journal).filter((line) => line === key).length
  if (acts > 1) faults.add(`one call of counter acted ${acts} times`)
  judge('search', await client.ask('search', { query: 'echo a text' }).catch(String), undefined)
  return [...faults]
}

interface Measure {
  readonly right: unknown
  readonly times: Times
}

function faultOf(mode: Mode, { status, data, error, ms }: Answer, { right, times }: Measure): string | undefined {
  const { expected, late, hides } = mode
  const isLate = late === true
  if (ms > (isLate ? times.requestMs + LATE_MS : times.atOnceMs))
    return `it took ${ms.toFixed(0)} ms (${error?.code ?? status})`
  if (right === undefined) return status === 'ok' ? undefined : `the search failed: ${error?.code}`
  if (status === 'ok') {
    if (expected === 'own' || JSON.stringify(data) === JSON.stringify(right)) return undefined
    return `another answer: ${JSON.stringify(data).slice(0, 100)}`
  }
  const { code, message } = error ?? { code: 'none', message: '' }
  const isWrong = WRONG_CODES.has(code) || (HIDDEN_CODES.has(code) && hides !== true) || (TIMEOUTS.has(code) && !isLate)
  if (isWrong || code.startsWith('HTTP')) return `${code}: ${message.slice(0, 200)}`
  return expected === 'right' ? `${code} instead of the right answer: ${message.slice(0, 200)}` : undefined
}

interface Place {
  readonly program: Program
  readonly http: HttpProgram | undefined
  readonly files: { readonly journal: string; readonly canary: string }
  readonly times: Times
}

function entryOf(run: Run, { program, http, files, times }: Place): object {
  const bounds = { timeoutMs: times.serverMs, startTimeoutMs: times.startMs }
  if (run.transport === 'stdio') return { ...program.stdio(run.mode, files), ...bounds }
  return { type: 'http', url: http?.urlOf(run), ...bounds }
}

/** Works through all of them, so many at a time. */
async function inTurns<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...items.entries()]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next[1], next[0])
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

function grouped<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function nameOf({ mode, transport }: Run): string {
  return `${mode.name} (${transport})`
}
