import type { Logger } from '../internal/logger.ts'
import type { Observer } from './observer.ts'

const MESSAGES = { ok: 'operation', error: 'operation failed', incomplete: 'operation incomplete' } as const

/**
 * Writes what happens to the log: operations and calls at `debug`, operations that failed or are incomplete at `info`, upstreams that failed at
 * `warn`, defects of ours with their stack at `error`. No arguments and no answers.
 */
export function createOperationLog(logger: Logger): Observer {
  return {
    ended({ id, trace, kind, intent, status, errorCode, durationMs, principal, hostCalls, cacheHits, thrown }) {
      const level = errorCode === 'INTERNAL' ? 'error' : status === 'ok' ? 'debug' : 'info'
      if (!logger.enabled(level)) return
      logger.log(level, MESSAGES[status], {
        id,
        ...(trace === undefined ? {} : { trace: trace.traceId }),
        kind,
        ...(intent === undefined ? {} : { intent }),
        ...(errorCode === undefined ? {} : { code: errorCode }),
        principal,
        ms: durationMs,
        calls: hostCalls,
        cacheHits,
        ...(level === 'error' && thrown instanceof Error ? { stack: thrown.stack } : {}),
      })
    },
    called({ id, parentId, tool, cached, errorCode, durationMs }) {
      if (!logger.enabled('debug')) return
      const code = errorCode === undefined ? {} : { code: errorCode }
      logger.log('debug', 'tool call', { id, operation: parentId, tool, cached, ...code, ms: durationMs })
    },
    reached({ upstream, tool, durationMs, errorType }) {
      if (errorType === undefined || errorType === 'tool_error' || errorType === 'TOOL_ERROR') return
      if (errorType !== 'CANCELLED')
        logger.log('warn', 'upstream failed', { upstream, tool, type: errorType, ms: durationMs })
    },
  }
}
