import type { IncomingMessage, ServerResponse } from 'node:http'

export type Json = Record<string, unknown>

/** A JSON-RPC request of the gateway. */
export interface Asked {
  readonly id: string | number
  readonly method: string
  readonly params: Json
}

/** How large and how long the modes are. */
export interface Settings {
  /** Characters of what is huge. */
  readonly bytes: number
  /** Messages, tools and blocks of a flood. */
  readonly many: number
  /** Milliseconds of what is late. */
  readonly lateMs: number
  /** File that gets a line for each execution of `counter`. */
  readonly journal: string | undefined
  /** Address that nobody may be led to. */
  readonly canary: string
}

/** One request, and all that a mode can do with it. */
export interface Exchange {
  readonly asked: Asked
  /** The request is of the era without a handshake (2026-07-28). */
  readonly modern: boolean
  /** Requests of this method so far, this one too. */
  readonly count: number
  readonly settings: Settings
  /** What a well-behaved server answers. */
  usual(): Promise<Json>
  /** The whole message around a result. */
  answer(result: unknown): Json
  failure(code: unknown, message: unknown): Json
  /** Sends a message as this transport does; over HTTP the first one is the answer, more make it a stream. */
  send(message: unknown): void
  /** Sends bytes as they are; resolves when the reader has taken most of them. */
  bytes(chunk: string | Uint8Array): Promise<void>
  /** Where the request came over HTTP. */
  readonly http: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined
}

/** What the streams of a stdio server let a mode do. */
export interface Wire {
  send(message: unknown): void
  bytes(chunk: string | Uint8Array): Promise<void>
  /** Reads nothing more. */
  pause(): void
}

/**
 * What the gateway may do with a call of `echo`: give the right answer, an error with a code, or either. `own` is for modes
 * whose answer is another one: any value, or an error with a code.
 */
export type Expected = 'right' | 'error' | 'either' | 'own'

/** One way to misbehave. */
export interface Mode {
  readonly name: string
  readonly about: string
  readonly expected: Expected
  /** The transport that it is possible on. @default both */
  readonly over?: 'stdio' | 'http'
  /** No client can know before a timeout. */
  readonly late?: boolean
  /** It is large: what a busy machine needs for it is no fault. */
  readonly heavy?: boolean
  /** The tool `echo` may not be known, so the gateway may say that it is not. */
  readonly hides?: boolean
  /** Only the era without a handshake, or the one with it, has it. */
  readonly era?: 'modern' | 'legacy'
  /** The mode is one that the process does not end by. */
  readonly deaf?: boolean
  /** Before anything is read (stdio). */
  begin?(wire: Wire, settings: Settings): void
  /** After the handshake was answered (stdio). */
  ready?(wire: Wire, settings: Settings): void
  handshake?(exchange: Exchange): void | Promise<void>
  list?(exchange: Exchange): void | Promise<void>
  call?(exchange: Exchange): void | Promise<void>
  /** The tools that are listed, instead of the usual ones. */
  tools?(usual: readonly Json[], settings: Settings, count: number): readonly unknown[]
  /** The line that a message becomes (stdio). */
  line?(text: string): string | Uint8Array | readonly Uint8Array[]
}
