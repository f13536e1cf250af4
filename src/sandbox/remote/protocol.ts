import { type ErrorCode, ERROR_CODES } from '../../errors.ts'
import { isRecord } from '../../internal/json.ts'
import { cleanText, clip, modelText, serverText } from '../../internal/text.ts'
import {
  type GuestError,
  type Outcome,
  type OutcomeStatus,
  type Program,
  type Replay,
  type SandboxLimits,
} from '../sandbox.ts'
import { isLonger } from '../run/run.ts'
import { isTooDeep } from '../../internal/json-depth.ts'
import { type Frame, FrameError } from './frames.ts'

/** Operations of frames from the host to a runner. */
export const ToRunner = { image: 1, forget: 2, run: 3, answer: 4, reject: 5, stop: 6 } as const
/** Operations of frames from a runner to the host. */
export const FromRunner = { ready: 1, primed: 2, call: 3, done: 4, alive: 5, busy: 6, skipped: 7 } as const
/**
 * Operations of frames to the keeper of jailed engines, which answers while a program keeps one. `cancel` and `expire` stop
 * a run that has begun, and take back one that has not.
 */
export const ToKeeper = { start: 1, end: 2, takeBack: 3, cancel: 4, expire: 5 } as const
/** What the keeper says: the engine is gone; it had begun the run, or now never will. */
export const FromKeeper = { ended: 1, begun: 2, gaveBack: 3 } as const

/** Changes whenever host and runner of different versions would misunderstand each other. */
export const PROTOCOL_VERSION = 4
/** Milliseconds between the signs of life of a runner that has programs. */
export const ALIVE_MS = 100

const STATUSES: readonly OutcomeStatus[] = [
  'ok',
  'error',
  'timeout',
  'memory',
  'limit',
  'cancelled',
  'lost',
  'incomplete',
]
const LIMIT_NAMES: readonly (keyof SandboxLimits)[] = [
  'timeoutMs',
  'memoryBytes',
  'resultBytes',
  'logBytes',
  'sourceBytes',
  'hostCalls',
  'hostCallsInFlight',
  'argumentBytes',
  'answerBytes',
]
const CODES: ReadonlySet<string> = new Set(ERROR_CODES)
const MAX_DEPTH = 2_000
const MAX_LOG_LINE = 4_200
const MAX_DETAILS_CHARS = 16_384

// ---- a program on its way to the runner ----

/** `seed`: what its random numbers start from, unless it replays. */
export function programTexts(program: Program, limits: SandboxLimits, seed: number): string[] {
  const numbers = LIMIT_NAMES.map((name) => limits[name]).join(' ')
  const last = (replay: Replay | undefined): string[] => [numbers, replayText(replay), String(seed)]
  if (program.kind === 'module') return ['1', program.module, program.input, '', ...last(program.replay)]
  const { kind, source, name = '' } = program
  if (kind === 'metadata') return ['2', source, '', name, ...last(undefined)]
  return ['0', source, program.input, name, ...last(program.replay)]
}

export function readProgram({ texts }: Frame): { program: Program; limits: SandboxLimits; seed: number } {
  const [kind = '', code = '', input = '', name = '', numbers = '', replay = '', seed = ''] = texts
  return { program: toProgram(kind, code, input, name, replay), limits: toLimits(numbers), seed: Number(seed) }
}

function toProgram(kind: string, code: string, input: string, name: string, replay: string): Program {
  const named = name === '' ? {} : { name }
  if (kind === '2') return { kind: 'metadata', source: code, ...named }
  const replayed = replay === '' ? {} : { replay: JSON.parse(replay) as Replay }
  if (kind === '1') return { kind: 'module', module: code, input, ...replayed }
  return { kind: 'body', source: code, input, ...named, ...replayed }
}

function replayText(replay: Replay | undefined): string {
  return replay === undefined ? '' : JSON.stringify(replay)
}

/** Nearly all programs have the same ones. */
let lastLimits = { numbers: '', limits: {} as SandboxLimits }

function toLimits(numbers: string): SandboxLimits {
  if (numbers === lastLimits.numbers) return lastLimits.limits
  const values = numbers.split(' ')
  const limits: Record<string, number> = {}
  for (const [index, name] of LIMIT_NAMES.entries()) limits[name] = Number(values[index])
  // The list names every limit; the host is trusted to send numbers.
  lastLimits = { numbers, limits: limits as Record<keyof SandboxLimits, number> }
  return lastLimits.limits
}

// ---- an outcome on its way back ----

export function outcomeTexts({ value = '', nothing, error, logs, durationMs, setupMs }: Outcome): string[] {
  return [
    nothing === true ? '' : value,
    error === undefined ? '' : JSON.stringify(error),
    logs.length === 0 ? '' : JSON.stringify(logs),
    `${durationMs} ${setupMs}`,
  ]
}

export function statusNumber(status: OutcomeStatus): number {
  return STATUSES.indexOf(status)
}

/** An outcome as a runner tells it. What a runner says is not believed: every part is checked, cleaned and bounded. */
export function readOutcome({ a, b, texts }: Frame, limits: SandboxLimits): Outcome {
  const [value = '', error = '', logs = '', times = ''] = texts
  const status = STATUSES[b]
  const [durationMs = 0, setupMs = 0] = times.split(' ').map(Number)
  if (status === undefined || !Number.isFinite(durationMs) || !Number.isFinite(setupMs)) {
    throw new FrameError('an outcome has an unknown status or no times')
  }
  return {
    status,
    ...((status === 'ok' || status === 'incomplete') && readValue(value, limits)),
    ...(status !== 'ok' && { error: readError(error) }),
    logs: readLogs(logs, limits.logBytes),
    hostCalls: a,
    durationMs,
    setupMs,
  }
}

function readValue(text: string, { resultBytes }: SandboxLimits): Pick<Outcome, 'value' | 'nothing'> {
  if (text === '') return { value: 'null', nothing: true }
  if (isLonger(text, resultBytes)) throw new FrameError('a result is longer than its limit')
  if (isTooDeep(text, MAX_DEPTH)) throw new FrameError('a result is deeper than its limit')
  parse(text)
  return { value: text }
}

function readError(text: string): GuestError {
  const body = parse(text)
  if (!isRecord(body)) throw new FrameError('an error is no object')
  const { name, message, code, line, column, stack, details } = body
  return {
    name: modelText(typeof name === 'string' ? name : 'Error', 100),
    message: serverText(typeof message === 'string' ? message : 'the program failed'),
    ...(typeof code === 'string' && CODES.has(code) && { code: code as ErrorCode }),
    ...(isPlace(line) && { line }),
    ...(isPlace(column) && { column }),
    ...(typeof stack === 'string' && { stack: modelText(stack, 8_000) }),
    ...(isRecord(details) && JSON.stringify(details).length < MAX_DETAILS_CHARS && { details }),
  }
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function readLogs(text: string, logBytes: number): string[] {
  if (text === '') return []
  const lines = parse(text)
  if (!Array.isArray(lines)) throw new FrameError('the log is no list')
  const logs: string[] = []
  let bytes = 0
  for (const line of lines) {
    if (typeof line !== 'string') throw new FrameError('a line of the log is no text')
    bytes += Buffer.byteLength(line) + 1
    // The runner cuts it and says so in a last line, which is not counted.
    if (bytes > logBytes + MAX_LOG_LINE * 3) throw new FrameError('the log is longer than its limit')
    logs.push(line)
  }
  return logs
}

function parse(text: string): unknown {
  if (isTooDeep(text, MAX_DEPTH)) throw new FrameError('JSON text is too deep')
  try {
    return JSON.parse(text)
  } catch {
    throw new FrameError('text is no JSON')
  }
}

// ---- a call ----

/** Throws for an argument that no honest runner lets through. */
export function checkArgument(argument: string, { argumentBytes }: SandboxLimits): void {
  if (isLonger(argument, argumentBytes)) throw new FrameError('an argument is longer than its limit')
  if (isTooDeep(argument, MAX_DEPTH)) throw new FrameError('an argument is deeper than its limit')
}

/** What a runner said while it failed to start, as a short text for people. */
export function failureText(output: string): string {
  const lines = cleanText(output).split('\n').filter(Boolean)
  return clip(lines.find((line) => /error/i.test(line)) ?? lines[0] ?? 'it ended without a word', 300)
}
