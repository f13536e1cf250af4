import { type ErrorBody, OptimizerError } from '../../errors.ts'
import { entryPath } from '../../internal/entry.ts'
import { TaskError, TaskThreads } from '../../internal/task-threads.ts'
import type { LargeMessage, LargeMessages } from '../../upstream/large-messages.ts'
import type { LargeValue, MessageTask, readMessages } from './read-messages.ts'

export interface MessageReaderOptions {
  /** Bytes of large answers of servers that are read at once, those that wait included. @default 134217728 */
  readonly maxInFlightBytes?: number
  /** Characters of one tool's definition. */
  readonly maxToolChars: number
}

/** Reads large messages of servers, and what is made of large results, in threads. */
export interface MessageReader extends LargeMessages, AsyncDisposable {
  /** The value of a whole result; undefined where that is too much. */
  value(json: string, party: string, signal?: AbortSignal): Promise<LargeValue | undefined>
  /** True for a whole result that an answer of `maxTokens` holds. */
  fits(json: string, maxTokens: number, party: string, signal?: AbortSignal): Promise<boolean>
}

const TIMEOUT_MS = 30_000
/** Bytes by which a thread grows more than it should keep. */
const HUGE = 4 * 1024 * 1024
/** What 30 MB of JSON take, in all but the oddest shapes. */
const HEAP_MB = 256

export function createMessageReader({
  maxInFlightBytes = 128 * 1024 * 1024,
  maxToolChars,
}: MessageReaderOptions): MessageReader {
  const threads = new TaskThreads<MessageTask, Awaited<ReturnType<typeof readMessages>>>({
    file: entryPath('./message-thread.js', import.meta.url),
    toError,
    threads: 2,
    heapMb: HEAP_MB,
    idleMs: 5_000,
  })
  let inFlight = 0

  const unread = (bytes: number, why: string): OptimizerError =>
    new OptimizerError('LIMIT_EXCEEDED', `an answer of ${bytes} bytes could not be read: ${why}`, {
      suggestion: 'ask for less at once',
    })

  return {
    async read(bytes, wanted, server) {
      const size = bytes.byteLength
      if (inFlight + size > maxInFlightBytes)
        throw unread(
          size,
          `${inFlight} bytes of large answers are being read, at most ${maxInFlightBytes} (results.maxInFlightBytes)`,
        )
      inFlight += size
      try {
        const task = { kind: 'messages', bytes, wanted, server, maxToolChars } as const
        const transfer = [bytes.buffer]
        return (await threads.run(task, { timeoutMs: TIMEOUT_MS, party: server, transfer, isLast: size > HUGE })) as
          | readonly LargeMessage[]
          | undefined
      } catch (thrown) {
        throw thrown instanceof TaskError ? unread(size, thrown.message) : thrown
      } finally {
        inFlight -= size
      }
    },
    async value(json, party, signal) {
      try {
        return (await threads.run(
          { kind: 'value', json },
          { timeoutMs: TIMEOUT_MS, party, signal, isLast: json.length > HUGE },
        )) as LargeValue
      } catch (thrown) {
        if (thrown instanceof TaskError && thrown.reason !== 'closed') return undefined
        throw thrown
      }
    },
    async fits(json, maxTokens, party, signal) {
      try {
        const task = { kind: 'fits', json, maxTokens } as const
        return (await threads.run(task, {
          timeoutMs: TIMEOUT_MS,
          party,
          signal,
          isLast: json.length > HUGE,
        })) as boolean
      } catch (thrown) {
        if (thrown instanceof TaskError && thrown.reason !== 'closed') return false
        throw thrown
      }
    },
    [Symbol.asyncDispose]: async () => await threads[Symbol.asyncDispose](),
  }
}

function toError(told: unknown): OptimizerError {
  const { code, message, suggestion, details } = told as ErrorBody
  return new OptimizerError(code, message, { suggestion, ...(details === undefined ? {} : { details }) })
}
