import { hash as hashOf } from 'node:crypto'
import type { BegunCall, ObservedCall, ObservedOperation } from '../metrics/observer.ts'

/** One line of the audit trail. Keys are in this order in the file; `hash` is the last one and covers all text before it. */
export interface AuditEntry {
  /** Counts from 1 over all files of a chain. */
  readonly seq: number
  /** ISO 8601. */
  readonly time: string
  readonly kind: AuditKind
  /** 16 hex digits, the same as in answers, logs and traces. */
  readonly id: string
  /** The operation that a call belongs to. */
  readonly parent?: string | undefined
  readonly trace?: string | undefined
  readonly principal: string
  readonly session?: string | undefined
  /** `server.tool`, the intent's name, or absent where the request named none that exists. */
  readonly tool?: string | undefined
  /** SHA-256 of the arguments as JSON, 32 hex digits: equal arguments, equal digests. */
  readonly digest: string
  /** The arguments after redaction, where the configuration asks for them. */
  readonly arguments?: unknown
  readonly outcome: 'ok' | 'error'
  readonly code?: string | undefined
  readonly ms: number
  /** Estimated tokens: request and answer of an operation, the answer of a call. */
  readonly tokens: number
  readonly cached?: true | undefined
  /** Hash of the line before. */
  readonly prev: string
  /** SHA-256 over this line's text up to here. */
  readonly hash: string
}

/**
 * What kind of operation, a call of a tool, a call that is about to be made (`begin`, with `audit.required`), a gateway
 * that began to write, or one that can write again after it could not (`gap`).
 */
export type AuditKind = ObservedOperation['kind'] | 'call' | 'begin' | 'start' | 'gap'

/** The place of an entry in its chain: its number, and the hash of the line before. */
export type ChainPlace = Pick<AuditEntry, 'seq' | 'prev'>

/** An entry that has its place, but no hash yet. */
export type AuditRecord = Omit<AuditEntry, 'hash'>

/** The hash before the first line. */
export const GENESIS: string = '0'.repeat(64)

const HASH_FIELD = ',"hash":"'
const HASH_CHARS = 64

/** A line, and the hash that the next one continues. */
export interface ChainedLine {
  readonly line: string
  readonly hash: string
}

/** The line of a record. */
export function chainedLine(record: AuditRecord): ChainedLine {
  const body = JSON.stringify(record).slice(0, -1)
  const hash = sha256(body)
  return { line: `${body}${HASH_FIELD}${hash}"}\n`, hash }
}

/** A line of a file: the entry with the hash its text really has, or undefined for text that is no entry. */
export function parseLine(line: string): { readonly entry: AuditEntry; readonly actualHash: string } | undefined {
  const at = line.length - HASH_FIELD.length - HASH_CHARS - 2
  if (at < 0 || line.slice(at, at + HASH_FIELD.length) !== HASH_FIELD) return undefined
  try {
    return { entry: JSON.parse(line) as AuditEntry, actualHash: sha256(line.slice(0, at)) }
  } catch {
    return undefined
  }
}

/** Digest of arguments given as JSON text. */
export function argumentDigest(json: string): string {
  return sha256(json).slice(0, 32)
}

/** What the trail writes of an operation; `args`: what is to be seen of its request. */
export function operationRecord(operation: ObservedOperation, place: ChainPlace, args?: unknown): AuditRecord {
  const { kind, intent, requestTokens, answerTokens, requestJson } = operation
  return recordOf(operation, place, kind, undefined, intent, requestTokens + answerTokens, requestJson, args, undefined)
}

/** What the trail writes of a call; `args`: what is to be seen of its arguments. */
export function callRecord(call: ObservedCall, place: ChainPlace, args?: unknown): AuditRecord {
  const { parentId, tool, answerTokens, inputJson, cached } = call
  return recordOf(call, place, 'call', parentId, tool, answerTokens, inputJson, args, cached ? true : undefined)
}

/** What the trail writes of a call before it is made. */
export function beginRecord(call: BegunCall, { seq, prev }: ChainPlace, args?: unknown): AuditRecord {
  const { id, parentId, trace, principal, session, tool, inputJson, startedAt } = call
  return {
    seq,
    time: isoTime(startedAt),
    kind: 'begin',
    id,
    parent: parentId,
    trace: trace?.traceId,
    principal,
    session: session === principal ? undefined : session,
    tool,
    digest: argumentDigest(inputJson),
    outcome: 'ok',
    ms: 0,
    tokens: 0,
    arguments: args,
    prev,
  }
}

/** What the trail writes of itself. */
export function ownRecord(
  kind: 'start' | 'gap',
  { id, wallMs, about }: { readonly id: string; readonly wallMs: number; readonly about: object },
  { seq, prev }: ChainPlace,
): AuditRecord {
  const digest = argumentDigest(JSON.stringify(about))
  return { seq, time: isoTime(wallMs), kind, id, principal: '', digest, outcome: 'ok', ms: 0, tokens: 0, prev }
}

/** Absent fields are undefined, which JSON leaves out: the hot path makes no other objects. */
function recordOf(
  { id, trace, principal, session, errorCode, durationMs, startedAt }: ObservedOperation | ObservedCall,
  { seq, prev }: ChainPlace,
  kind: AuditKind,
  parent: string | undefined,
  tool: string | undefined,
  tokens: number,
  json: string,
  args: unknown,
  cached: true | undefined,
): AuditRecord {
  return {
    seq,
    time: isoTime(startedAt),
    kind,
    id,
    parent,
    trace: trace?.traceId,
    principal,
    session: session === principal ? undefined : session,
    tool,
    digest: argumentDigest(json),
    outcome: errorCode === undefined ? 'ok' : 'error',
    code: errorCode,
    ms: Math.round(durationMs * 1_000) / 1_000,
    tokens,
    cached,
    arguments: args,
    prev,
  }
}

const MILLISECONDS = Array.from({ length: 1_000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`)
let lastSecond = -1
let lastPrefix = ''

/** As `toISOString` writes it, which takes several times as long; `wallMs` is whole. */
function isoTime(wallMs: number): string {
  const second = Math.floor(wallMs / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastPrefix = new Date(second * 1_000).toISOString().slice(0, 20)
  }
  return `${lastPrefix}${MILLISECONDS[wallMs - second * 1_000]}`
}

function sha256(text: string): string {
  return hashOf('sha256', text, 'hex')
}
