import type { ParseArgsConfig } from 'node:util'
import type { Readable, Writable } from 'node:stream'

/** What a command gets of the world. */
export interface CommandContext {
  readonly positionals: readonly string[]
  /** Option values by name. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdin: Readable
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** The texts that are allowed, or the name of a kind as the help shows it. */
export type ValueKind = readonly string[] | string

/**
 * One command of the command line, one file each. A file of a command imports nothing heavy: help and completion read it,
 * and what the command does is loaded by `run`.
 */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Arguments as the help shows them; words beside flags are refused unless it names them (`FILE`, `QUERY...`). */
  readonly usage: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** What each option is for. */
  readonly help: Readonly<Record<string, string>>
  /** Kind of an option's value; without one it is any text. */
  readonly values?: Readonly<Record<string, ValueKind>>
  readonly examples: readonly string[]
  /** The exit code. */
  readonly run: (context: CommandContext) => Promise<number>
}

/** Exit codes, the same for all commands. */
export const EXIT = { ok: 0, failed: 1, usage: 2, config: 3, internal: 4 } as const

/** The command was called wrongly: ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A number ≥ 1 given on the command line. */
export function wholeNumber(text: string | boolean, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${option}: found ${JSON.stringify(text)}, wanted a whole number ≥ 1`)
  return value
}
