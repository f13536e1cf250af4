import type { JsonObject } from '../internal/json.ts'
import type { Progress } from './upstream.ts'

/** A live connection to a server, handshake done. Both protocol eras and all transports look alike from here. */
export interface Connection {
  /** The `result` of a request. Throws `UPSTREAM_*`, `UNAUTHORIZED`, `TOOL_ERROR` (invalid params) or `OUTCOME_UNKNOWN`. */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<unknown>
  close(): Promise<void>
  readonly instructions?: string
  readonly protocolVersion: string
  readonly pid?: number
  /** What people should know: skipped lines, the last words on stderr. */
  problems(): readonly string[]
}

export interface RequestOptions {
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly maxTotalMs: number
  readonly onProgress?: (progress: Progress) => void
}

export interface ConnectionEvents {
  toolsChanged(): void
  /** The connection is gone without having been closed by us. */
  lost(): void
}

/** Connects and shakes hands within the signal's life. */
export type Connect = (events: ConnectionEvents, signal: AbortSignal) => Promise<Connection>

export const CLIENT_INFO = { name: 'mcp-optimizer', version: '0.1.0' } as const
export const MODERN_VERSION = '2026-07-28'
export const LEGACY_VERSION = '2025-11-25'
