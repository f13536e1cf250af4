import { destination, pino } from 'pino'
import type { LogLevel } from '../internal/logger.ts'
import { prettyLine } from './pretty-line.ts'

/** Writes lines that were found worth keeping. */
export interface LineWriter {
  write(level: Exclude<LogLevel, 'silent'>, message: string, fields: Readonly<Record<string, unknown>>): void
  close(): Promise<void>
}

export interface LineWriterOptions {
  readonly fd: number
  readonly pretty: boolean
  readonly level: LogLevel
  /** Takes secrets out of a finished line. */
  readonly scrub: (line: string) => string
}

/** Bytes that wait for a reader who does not read; what comes then is dropped, the gateway goes on. */
const MAX_WAITING_BYTES = 1024 * 1024
const MAX_CLOSE_MS = 1_000
/** Second line of defence behind the values that are known as secrets. */
const REDACT = [
  'token',
  'authorization',
  'headers',
  'env',
  'password',
  'secret',
  '*.token',
  '*.authorization',
  '*.headers',
  '*.env',
  '*.password',
  '*.secret',
]

/** Loaded with the first line; see `log.ts`. */
export async function createLineWriter({ fd, pretty, level, scrub }: LineWriterOptions): Promise<LineWriter> {
  const target = destination({ dest: fd, sync: false, maxLength: MAX_WAITING_BYTES })
  // A reader that is gone is no reason to fail.
  target.on('error', () => undefined)
  const stream = pretty ? prettyStream(target) : target
  const logger = pino(
    {
      level,
      base: null,
      timestamp: false,
      redact: { paths: REDACT, censor: '[redacted]' },
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: scrub },
    },
    stream,
  )
  return {
    write: (at, message, { time, ...fields }) =>
      logger[at]({ time: typeof time === 'number' ? new Date(time).toISOString() : time, ...fields }, message),
    async close() {
      // Writes what waits, in order. A reader who does not read is not waited for.
      const closed = new Promise<void>((resolve) => void target.once('close', resolve))
      const late = setTimeout(() => target.destroy(), MAX_CLOSE_MS)
      target.end()
      await closed
      clearTimeout(late)
    },
  }
}

/** A stream for pino; `line` is one finished line, secrets taken out. */
function prettyStream(target: ReturnType<typeof destination>): { write(line: string): void } {
  return { write: (line) => void target.write(prettyLine(line)) }
}
