import { type Logger, LOG_LEVELS, type LogLevel } from '../internal/logger.ts'
import { createScrub } from '../internal/scrub.ts'
import type { LineWriter } from './log-writer.ts'

export interface LogOptions {
  readonly level: LogLevel
  /** Where lines go: 2 is stderr. @default 2 */
  readonly fd?: number
  /** True: for people, in colours; else one JSON object a line. @default false */
  readonly pretty?: boolean
  /** Values that must never appear, whatever they are part of: tokens, headers, environment values. */
  readonly secrets?: readonly string[]
}

/** A log; dispose it to have its last lines written. */
export interface Log extends Logger, AsyncDisposable {}

interface Line {
  readonly level: Exclude<LogLevel, 'silent'>
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Lines kept while the writer is being loaded. */
const MAX_EARLY = 1_000

/** A log whose writer (pino, 25 ms) is loaded with the first line that is kept: most sessions over stdio never write one. */
export function createLog(options: LogOptions): Log {
  const rank = LOG_LEVELS.indexOf(options.level)
  const scrub = createScrub(options.secrets ?? [])
  let writer: LineWriter | undefined
  let loading: Promise<void> | undefined
  let early: Line[] = []

  const write = ({ level, message, fields }: Line): void => writer?.write(level, message, fields)
  const load = async (): Promise<void> => {
    const { createLineWriter } = await import('./log-writer.ts')
    writer = await createLineWriter({
      fd: options.fd ?? 2,
      pretty: options.pretty ?? false,
      level: options.level,
      scrub,
    })
    for (const line of early.splice(0)) write(line)
  }
  const enabled: Logger['enabled'] = (level) => LOG_LEVELS.indexOf(level) <= rank

  return {
    enabled,
    log(level, message, fields = {}) {
      if (!enabled(level)) return
      const line = { level, message, fields: { time: Date.now(), ...fields } }
      if (writer !== undefined) return write(line)
      if (early.length < MAX_EARLY) early.push(line)
      loading ??= load()
    },
    async [Symbol.asyncDispose]() {
      await loading
      await writer?.close()
      early = []
    },
  }
}
