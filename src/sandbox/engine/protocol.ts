import { isRecord } from '../../internal/json.ts'
import {
  type GuestError,
  type Outcome,
  type OutcomeStatus,
  type Program,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox.ts'

/**
 * Messages between the host and a worker thread. Hot ones are flat arrays of strings and numbers, many to one
 * message: a message costs about 20 µs whatever is in it, and structured clone is fastest on flat arrays.
 */
export const ToWorker = { run: 1, answer: 2, reject: 3, stop: 4 } as const
export const ToHost = { call: 1, done: 2, busy: 3, prepared: 4, discarded: 5, skipped: 6, free: 7 } as const

export type Batch = unknown[]

const isNumber = (value: unknown): boolean => typeof value === 'number'
const isText = (value: unknown): boolean => typeof value === 'string'
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isStatus = (value: unknown): boolean => STATUSES.has(value)
const isError = (value: unknown): boolean =>
  value === 0 || (isRecord(value) && isText(value['name']) && isText(value['message']))

const STATUSES: ReadonlySet<unknown> = new Set<OutcomeStatus>([
  'ok',
  'incomplete',
  'error',
  'timeout',
  'memory',
  'limit',
  'cancelled',
])
/** What follows each operation in a batch to the host. */
const FIELDS: ReadonlyMap<unknown, readonly ((value: unknown) => boolean)[]> = new Map([
  [ToHost.call, [isNumber, isNumber, isNumber, isNumber, isText]],
  [ToHost.done, [isNumber, isNumber, isStatus, isText, isError, isTexts, isNumber, isNumber, isNumber, isNumber]],
  [ToHost.busy, []],
  [ToHost.prepared, [isText]],
  [ToHost.discarded, [isText]],
  [ToHost.skipped, [isNumber]],
  [ToHost.free, []],
])

/** True for a batch as a worker thread writes it. One that writes anything else was taken over, or is broken. */
export function isBatchToHost(message: unknown): message is Batch {
  if (!Array.isArray(message)) return false
  let at = 0
  while (at < message.length) {
    const fields = FIELDS.get(message[at])
    if (fields === undefined || !fields.every((isRight, index) => isRight(message[at + 1 + index]))) return false
    at += fields.length + 1
  }
  return at === message.length
}

/** Sent once per image and memory size, before the first run that names it. */
export interface ImageMessage {
  readonly kind: 'image'
  readonly key: string
  readonly image: SandboxImage
  readonly module: WebAssembly.Module | Promise<WebAssembly.Module>
}

/** Says that no run will name the image again. */
export interface ForgetMessage {
  readonly kind: 'forget'
  readonly key: string
}

export interface WorkerSetup {
  readonly slots: number
  /** Memory of the {@link Claims} of its slots. */
  readonly claims: SharedArrayBuffer
  /** Leaves the in-place reset alone, for tests of the way out. */
  readonly restoreOnly: boolean
}

const KINDS: readonly Program['kind'][] = ['body', 'module', 'metadata']

/** Numbers and texts of one `run` entry, in their order. */
export const RUN_FIELDS = 16

export function pushRun(
  batch: Batch,
  slot: number,
  run: number,
  key: string,
  program: Program,
  limits: SandboxLimits,
  seed: number,
): void {
  const replay = program.kind === 'metadata' ? undefined : program.replay
  batch.push(
    ToWorker.run,
    slot,
    run,
    key,
    KINDS.indexOf(program.kind),
    program.kind === 'module' ? program.module : program.source,
    program.kind === 'metadata' ? '' : program.input,
    program.kind === 'module' ? program.module : (program.name ?? 'program'),
    limits.timeoutMs,
    limits.memoryBytes,
    limits.resultBytes,
    limits.logBytes,
    limits.hostCalls,
    limits.hostCallsInFlight,
    limits.argumentBytes,
    replay?.now ?? -1,
    replay?.seed ?? seed,
  )
}

/** A `run` entry as the worker reads it. */
export interface RunEntry {
  readonly slot: number
  readonly run: number
  readonly key: string
  readonly kind: Program['kind']
  /** Source, or the name of a module. */
  readonly code: string
  readonly input: string
  readonly name: string
  readonly limits: Omit<SandboxLimits, 'sourceBytes' | 'answerBytes'>
  /** What its clock stands at, milliseconds since 1970; undefined: the real time. */
  readonly now: number | undefined
  /** What random numbers start from. */
  readonly seed: number
}

export function readRun(batch: Batch, at: number): RunEntry {
  const number = (offset: number): number => batch[at + offset] as number
  const text = (offset: number): string => batch[at + offset] as string
  return {
    slot: number(1),
    run: number(2),
    key: text(3),
    kind: KINDS[number(4)] ?? 'body',
    code: text(5),
    input: text(6),
    name: text(7),
    limits: {
      timeoutMs: number(8),
      memoryBytes: number(9),
      resultBytes: number(10),
      logBytes: number(11),
      hostCalls: number(12),
      hostCallsInFlight: number(13),
      argumentBytes: number(14),
    },
    now: number(15) < 0 ? undefined : number(15),
    seed: number(16),
  }
}

/** Why an engine is thrown away. After an end that the program itself reached it is kept, unless it grew or broke. */
export type DiscardReason =
  | Exclude<OutcomeStatus, 'ok' | 'incomplete' | 'error' | 'lost'>
  | 'growth'
  | 'engine'
  | 'image'

/** How a run ended, as the worker tells it. */
export interface Ending {
  readonly status: OutcomeStatus
  /** Empty: the program returned nothing. */
  readonly value?: string
  readonly error?: GuestError
}

/** The outcome that a `done` entry tells. */
export function readOutcome(batch: Batch, at: number): Outcome {
  const status = batch[at + 3] as OutcomeStatus
  const error = batch[at + 5] as GuestError | 0
  return {
    status,
    ...((status === 'ok' || status === 'incomplete') && toValue(batch[at + 4] as string)),
    ...(error !== 0 && { error }),
    logs: batch[at + 6] as string[],
    hostCalls: batch[at + 7] as number,
    durationMs: batch[at + 8] as number,
    setupMs: batch[at + 9] as number,
  }
}

/** A result as a worker thread tells it: empty where there is none. */
function toValue(text: string): Pick<Outcome, 'value' | 'nothing'> {
  return text === '' ? { value: 'null', nothing: true } : { value: text }
}
