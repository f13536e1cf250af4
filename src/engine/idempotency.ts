import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache, CacheEntry } from '../cache/cache.ts'
import { type ErrorBody, OptimizerError } from '../errors.ts'
import type { Clock } from '../internal/clock.ts'
import { longHash, stableJson } from '../internal/hash.ts'
import { isDeeperThan, isRecord, parseExact, toJson } from '../internal/json.ts'
import { abortable } from '../internal/signal.ts'
import type { Answer } from './engine.ts'
import { mayHaveActed } from './outcome.ts'
import type { Pipeline, Run } from './pipeline.ts'

export interface IdempotencyOptions {
  /** Keeps who runs a request, and its answer. */
  readonly store: Cache
  /** Milliseconds that an answer is kept. */
  readonly ttlMs: number
  readonly clock: Clock
  /** Keeps equal keys of two scopes apart. @default none */
  readonly scope?: string
}

/** What stands under a key. A record of a running request tells until when its runner vouches for being alive. */
type Record =
  | { readonly fingerprint: string; readonly state: 'running'; readonly aliveUntil: number }
  | { readonly fingerprint: string; readonly state: 'done'; readonly answer: Kept }

/** The part of an answer that a repeated request gets; its metadata is its own. */
type Kept =
  /** `whole`: the data is given back whole, whatever its size. */
  | { readonly status: 'ok'; readonly data: unknown; readonly whole: boolean }
  | { readonly status: 'error'; readonly error: ErrorBody }
  | { readonly status: 'incomplete'; readonly data: unknown; readonly error: ErrorBody }

/** How a keyed request came to its answer: it ran itself, or another one had. */
type Turn = { readonly own: Own } | { readonly other: Kept }

interface Own {
  readonly answer: Answer<never>
  readonly whole: boolean
}

interface Running {
  readonly fingerprint: string
  readonly turn: Promise<Turn>
}

const KEY = /^[\x21-\x7e]{1,255}$/
/** A runner says this often that it is alive, … */
const SIGN_OF_LIFE_MS = 2_000
/** … and counts as dead after this silence. */
const SILENCE_MS = 8_000
/** Between two looks at a request that another instance runs. */
const LOOK_EVERY_MS = 100
/** Deeper requests are refused anyway. */
const MAX_DEPTH = 250

/**
 * Runs a request with an idempotency key once: a repeated one gets the first one's answer, and joins it while it runs, here
 * or in another instance. A keyed request runs to its end even when its client has left, since that client may come back
 * for the answer. An answer is kept unless it is an error before which nothing can have taken effect.
 */
export function createIdempotentPipeline(pipeline: Pipeline, options: IdempotencyOptions): Pipeline {
  const { store, ttlMs, clock } = options
  const running = new Map<string, Running>()
  const scope = options.scope === undefined ? [] : [options.scope]

  const entry = (record: Record): CacheEntry => ({ value: toJson(record), expiresAt: clock.wall() + ttlMs })
  const claim = (fingerprint: string): CacheEntry =>
    entry({ fingerprint, state: 'running', aliveUntil: clock.wall() + SILENCE_MS })

  /** Undefined: this request is the first one, as far as can be told. */
  const recordOf = async (key: string, fingerprint: string): Promise<Record | undefined> => {
    const outcome = await store.add(key, claim(fingerprint)).catch(() => 'unavailable' as const)
    return typeof outcome === 'string' ? undefined : (parseExact(outcome.value) as Record)
  }

  /** Runs as the first one, and tells from time to time that it still does. */
  const runFirst = async (key: string, fingerprint: string, run: () => Promise<Own>): Promise<Turn> => {
    let lastSign: Promise<void> = Promise.resolve()
    const signs = setInterval(() => {
      lastSign = lastSign.then(async () => await store.set(key, claim(fingerprint))).catch(() => undefined)
    }, SIGN_OF_LIFE_MS)
    signs.unref()
    const own = await run().finally(() => clearInterval(signs))
    const isKept = own.answer.status !== 'error' || mayHaveActed(own.answer.error)
    const last = isKept ? entry({ fingerprint, state: 'done', answer: kept(own) }) : { value: '', expiresAt: 0 }
    await lastSign
    await store.set(key, last).catch(() => undefined)
    return { own }
  }

  const takeTurn = async (key: string, fingerprint: string, run: () => Promise<Own>): Promise<Turn> => {
    for (;;) {
      const record = await recordOf(key, fingerprint)
      if (record === undefined) return await runFirst(key, fingerprint, run)
      if (record.fingerprint !== fingerprint) throw otherRequest()
      if (record.state === 'done') return { other: record.answer }
      if (record.aliveUntil < clock.wall()) throw lost()
      // It runs in another instance, or did a moment ago.
      await sleep(LOOK_EVERY_MS)
    }
  }

  /** Nothing waits before the entry is in the map: two equal requests cannot both begin. */
  const begin = (key: string, fingerprint: string, run: () => Promise<Own>): Running => {
    const turn = takeTurn(key, fingerprint, run).finally(() => running.delete(key))
    // Its client may have left.
    turn.catch(() => undefined)
    const started = { fingerprint, turn }
    running.set(key, started)
    return started
  }

  return async (kind, request, context, work) => {
    const own = isRecord(request) ? request['idempotencyKey'] : undefined
    const given = own === undefined ? context?.idempotencyKey : own
    if (given === undefined || kind === 'search') return await pipeline(kind, request, context, work)
    const refuse = async (error: unknown): Promise<Answer<never>> =>
      await pipeline(kind, request, context, async () => await Promise.reject(error as Error))
    if (typeof given !== 'string' || !KEY.test(given)) return await refuse(invalidKey())
    if (isDeeperThan(request, MAX_DEPTH)) return await pipeline(kind, request, context, work)

    const key = `idempotency:${longHash(JSON.stringify([context?.principal ?? 'local', given, ...scope]))}`
    const fingerprint = fingerprintOf(kind, request)
    const { signal, ...unwatched } = context ?? {}
    const joined = running.get(key)
    const { fingerprint: theirs, turn } =
      joined ?? begin(key, fingerprint, async () => await runOwn(pipeline, kind, request, unwatched, work))
    if (theirs !== fingerprint) return await refuse(otherRequest())
    try {
      const taken = await (signal === undefined ? turn : abortable(turn, signal))
      if (joined === undefined && 'own' in taken) return taken.own.answer
      return await pipeline(kind, request, context, async (run) => {
        run.replayed = true
        return replay('own' in taken ? kept(taken.own) : taken.other, run)
      })
    } catch (thrown) {
      return await refuse(thrown)
    }
  }
}

/** What makes it the same request; how long it may take does not. */
function fingerprintOf(kind: string, request: unknown): string {
  const { idempotencyKey: _key, timeoutMs: _time, ...rest } = isRecord(request) ? request : {}
  return longHash(`${kind} ${stableJson(rest)}`)
}

async function runOwn(pipeline: Pipeline, ...[kind, request, context, work]: Parameters<Pipeline>): Promise<Own> {
  let whole = false
  const answer = await pipeline<never>(kind, request, context, async (run) => {
    const json = await work(run)
    whole = run.whole === true
    return json
  })
  return { answer, whole }
}

function kept({ answer, whole }: Own): Kept {
  if (answer.status === 'ok') return { status: 'ok', data: answer.data, whole }
  if (answer.status === 'error') return { status: 'error', error: answer.error }
  return { status: 'incomplete', data: answer.data, error: answer.error }
}

/** JSON text of the data, or the error, once more. */
function replay(answer: Kept, run: Run): string {
  if (answer.status === 'incomplete') run.incomplete = answer.error
  if (answer.status === 'ok') run.whole = answer.whole
  if (answer.status !== 'error') return toJson(answer.data)
  const { code, message, suggestion, details } = answer.error
  throw new OptimizerError(code, message, { suggestion, ...(details === undefined ? {} : { details }) })
}

function invalidKey(): OptimizerError {
  return new OptimizerError(
    'INVALID_REQUEST',
    'cannot use idempotencyKey: wanted a text of 1 to 255 visible ASCII characters',
    { details: { path: 'idempotencyKey', expected: 'a text of 1 to 255 visible ASCII characters' } },
  )
}

function otherRequest(): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', 'cannot use idempotencyKey: another request came with this key before', {
    details: { path: 'idempotencyKey', expected: 'a new key for a new request' },
    suggestion: 'send the same request as before, or use a new key',
  })
}

function lost(): OptimizerError {
  return new OptimizerError(
    'OUTCOME_UNKNOWN',
    'the first request with this idempotencyKey ended without an answer: the gateway that ran it has gone',
    { details: { outcome: 'unknown' } },
  )
}
