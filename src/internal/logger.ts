/** From nothing to everything. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
/** How much goes to the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Takes log lines. Synchronous, never throws, never writes to stdout. */
export interface Logger {
  /** True where lines of this level are kept: ask before making costly fields. */
  enabled(level: Exclude<LogLevel, 'silent'>): boolean
  log(level: Exclude<LogLevel, 'silent'>, message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Keeps nothing. */
export const silentLogger: Logger = { enabled: () => false, log: () => undefined }
