import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guard } from './guard.ts'

/** Pages for people below `/ui`. They do their own login; Host and Origin of a request were checked before. */
export interface Pages {
  serve(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void>
}

/** What pages get of the front that they are part of. */
export interface Front {
  readonly guard: Guard
  readonly maxBodyBytes: number
  /** Aborts when the client leaves or the front closes. */
  readonly signal: AbortSignal
}

/** The bare address too: that is what people type. */
export function isPagePath(path: string): boolean {
  return path === '/' || path === '/ui' || path.startsWith('/ui/')
}
