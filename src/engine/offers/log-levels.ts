/** Severities of log messages, the least severe first. */
export const LOG_LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** True for a message that is as severe as wanted; one of an unknown level is. */
export function isSevere(level: unknown, least: LogLevel): boolean {
  const rank = LOG_LEVELS.indexOf(level as LogLevel)
  return rank < 0 || rank >= LOG_LEVELS.indexOf(least)
}

/** The least severe of some levels. */
export function leastSevere(levels: Iterable<LogLevel>): LogLevel | undefined {
  const wanted = new Set(levels)
  return LOG_LEVELS.find((level) => wanted.has(level))
}
