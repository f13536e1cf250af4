import { setTimeout as delay } from 'node:timers/promises'
import {
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../../../src/sandbox/sandbox.ts'
import { type HostileCase, isBroken, type Out, type Seen } from '../hostile-case.ts'
import { type Canaries, SECRET } from './canaries.ts'
import { callHostTool } from './host-tools.ts'
import { isPolluted, isTampered, readHostState } from './host-state.ts'
import { memoryMb, watchMemory } from './memory.ts'
import { toolWorld, type ToolWorld } from './tool-world.ts'

export const LIMITS: SandboxLimits = {
  ...DEFAULT_LIMITS,
  timeoutMs: 500,
  hostCalls: 2_000,
  hostCallsInFlight: 64,
  logBytes: 256 * 1024,
  resultBytes: 5_000_000,
}
/** For clean programs: how long they take is measured, not cut off. */
export const PATIENT_LIMITS: SandboxLimits = { ...LIMITS, timeoutMs: 20_000 }
/** Milliseconds after its limit by which every run has ended. */
export const GRACE_MS = 500
/** Milliseconds after a run by which its pool runs a clean program again. */
export const RECOVERY_MS = 1_000
/** Megabytes that a program may cost the host: its memory limit and 100. */
const MAX_GROWTH_MB = LIMITS.memoryBytes / 1_048_576 + 100
/** Classes whose damage may come after the end of the run. */
const LATE: ReadonlySet<string> = new Set(['timers', 'promise', 'flood', 'return', 'tamper'])
const LATE_MS = 150

export interface Verdict {
  readonly id: string
  /** Why the case is not contained; empty: it is. */
  readonly reasons: readonly string[]
  /** Promises about time and memory that were missed beside other programs, on a busy machine: a second look tells. */
  readonly doubts: readonly string[]
  readonly elapsedMs: number
  readonly recoveryMs: number
  /** Growth of the host in megabytes; watched in class `memory` alone, of which one runs at a time. */
  readonly growthMb: number
}

/** Milliseconds from anywhere. */
export type Clock = () => number

/** Runs one case on a backend and looks for what it must not do. */
export async function attack(
  hostile: HostileCase,
  backend: SandboxBackend,
  canaries: Canaries,
  {
    clock = () => performance.now(),
    limits = LIMITS,
  }: { readonly clock?: Clock; readonly limits?: SandboxLimits } = {},
): Promise<Verdict> {
  const world = await toolWorld(hostile, canaries.port)
  const watch = watchCalls(world)
  const host = watchHost(canaries)
  const memory = hostile.class === 'memory' ? watchMemory() : undefined
  const startedAt = clock()
  const out = toOut(await run(backend, world.image, hostile.source, inputOf(hostile, canaries), watch.call, limits))
  const elapsedMs = clock() - startedAt
  watch.end()
  const recovery = await recover(backend, world.image, clock)
  if (LATE.has(hostile.class)) await delay(LATE_MS)
  const { follow: next } = hostile
  const follow =
    next === undefined ? undefined : toOut(await run(backend, world.image, next, '{}', watch.quiet, PATIENT_LIMITS))
  const everything = JSON.stringify([out, follow, watch.seen.calls.slice(0, 1_000)])
  const seen = { ...host.look(everything), ...watch.seen, elapsedMs, follow, typings: world.typings }
  const judged = judge({ out, host: seen, c: hostile })
  const measured = { elapsedMs, recoveryMs: recovery.ms, growthMb: memory?.stop() ?? 0 }
  return {
    id: hostile.id,
    reasons: [...world.problems, ...judged.reasons, ...recovery.reasons],
    doubts: [...judged.doubts, ...missed(measured)],
    ...measured,
  }
}

/** Only a busy machine ends a program in time that is free to end as it likes. */
export function isFree({ expect, accept }: HostileCase): boolean {
  return expect === 'contained' && accept?.includes('timeout') !== true
}

function judge({ out, host, c }: Seen): Pick<Verdict, 'reasons' | 'doubts'> {
  const touched = (['pwned', 'polluted', 'tampered', 'fileChanged', 'exfil'] as const).filter((sign) => host[sign])
  const broken = isBroken({ out, host, c }) ? [`its probe fired; seen: ${show(out)}`] : []
  const isCut = out.status === 'timeout' && isFree(c)
  const isAboutTime = isCut || (broken.length > 0 && !isBroken({ out, host: { ...host, elapsedMs: 0 }, c }))
  // Which limit stops it first depends on how busy the machine is; that one does is what counts.
  const isWrongEnd = out.status === 'crash' || (out.status === 'ok' && c.expect !== 'contained')
  return {
    reasons: [
      ...touched,
      ...(host.hits > 0 ? ['reached the canary server'] : []),
      ...(isAboutTime ? [] : broken),
      ...(isWrongEnd ? [`ended with ${out.status}, wanted ${c.expect}; seen: ${show(out)}`] : []),
    ],
    doubts: isAboutTime ? broken : [],
  }
}

function missed({ elapsedMs, recoveryMs, growthMb }: Pick<Verdict, 'elapsedMs' | 'recoveryMs' | 'growthMb'>): string[] {
  const rules: readonly (readonly [boolean, string])[] = [
    [elapsedMs > LIMITS.timeoutMs + GRACE_MS, `took ${elapsedMs.toFixed(0)} ms at a limit of ${LIMITS.timeoutMs}`],
    [recoveryMs > RECOVERY_MS, `the pool was whole only after ${recoveryMs.toFixed(0)} ms`],
    [growthMb > MAX_GROWTH_MB, `the host grew by ${growthMb.toFixed(0)} MB, at most ${MAX_GROWTH_MB}`],
  ]
  return rules.flatMap(([isMissed, what]) => (isMissed ? [what] : []))
}

/** What a program can have done to this process and what lies around it; `everything`: all that came out of it. */
function watchHost(canaries: Canaries) {
  const before = readHostState()
  const hits = canaries.hits()
  const memoryBefore = memoryMb()
  return {
    look: (everything: string) => {
      const after = readHostState()
      const exfil = everything.includes(SECRET)
      return {
        pwned: '__pwned' in globalThis || exfil,
        polluted: isPolluted(before, after),
        tampered: isTampered(before, after),
        fileChanged: canaries.fileChanged(),
        hits: canaries.hits() - hits,
        rssMb: memoryMb() - memoryBefore,
        canary: SECRET,
        exfil,
      }
    },
  }
}

export async function run(
  backend: SandboxBackend,
  image: SandboxImage,
  source: string,
  input: string,
  call: HostCall,
  limits: SandboxLimits = LIMITS,
): Promise<Outcome> {
  const sandbox = await backend.create(image)
  try {
    return await sandbox.run({ kind: 'body', source, input }, call, limits)
  } finally {
    await sandbox[Symbol.asyncDispose]()
  }
}

/** Host calls of a run: they are answered and remembered. */
function watchCalls(world: ToolWorld) {
  const seen = { calls: [] as { name: string; args: unknown }[], callsAfterDone: 0, maxInflight: 0 }
  let inFlight = 0
  let done = false
  const call: HostCall = async (name, argument) => {
    const args = JSON.parse(argument) as unknown[]
    if (done) seen.callsAfterDone++
    if (seen.calls.length < 60_000) seen.calls.push({ name, args })
    seen.maxInflight = Math.max(seen.maxInflight, ++inFlight)
    try {
      return JSON.stringify(await world.call(name, args))
    } finally {
      inFlight--
    }
  }
  const quiet: HostCall = async (name, argument) =>
    JSON.stringify(await callHostTool(name, JSON.parse(argument) as unknown[]))
  return { seen, call, quiet, end: () => void (done = true) }
}

/** A clean program on the same pool, right after. */
async function recover(backend: SandboxBackend, image: SandboxImage, clock: Clock) {
  const startedAt = clock()
  const source = `return [await tools.echo('whole'), [1, 2].map((n) => n + 1).join()]`
  const call: HostCall = async (_name, argument) => JSON.stringify((JSON.parse(argument) as unknown[])[0])
  const outcome = await run(backend, image, source, '{}', call, PATIENT_LIMITS)
  const ms = clock() - startedAt
  const whole = outcome.value === '["whole","2,3"]'
  return { ms, reasons: whole ? [] : [`a clean program after it: ${show(toOut(outcome))}`] }
}

function inputOf(hostile: HostileCase, { port, file }: Canaries): string {
  if (hostile.paramsJson !== undefined) return hostile.paramsJson
  const params = typeof hostile.params === 'object' ? hostile.params : {}
  return JSON.stringify({ port, file, ...params })
}

function toOut(outcome: Outcome): Out {
  const { status, value, error, logs } = outcome
  const ended = status === 'limit' || status === 'cancelled' ? 'error' : status
  // Its value came out.
  const shown = ended === 'incomplete' ? 'ok' : ended
  return {
    status: shown === 'lost' ? 'crash' : shown,
    value: value === undefined ? undefined : (JSON.parse(value) as unknown),
    json: value ?? '',
    error: error === undefined ? '' : JSON.stringify(error),
    logs: logs.join('\n'),
  }
}

function show(out: Out): string {
  return JSON.stringify({ ...out, value: undefined, json: out.json.slice(0, 200) }).slice(0, 400)
}
