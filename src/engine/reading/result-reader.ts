import { type ErrorBody, type ErrorCode, OptimizerError } from '../../errors.ts'
import { entryPath } from '../../internal/entry.ts'
import { TaskError, TaskThreads } from '../../internal/task-threads.ts'
import type { PreviewParts } from '../../context/budget.ts'
import type { ResultStore } from '../../context/results.ts'
import { type FileContent, read, type Reading, type ReadingTask } from './reading.ts'

/** Who reads, and for how long. */
export interface ReadingContext {
  readonly principal: string
  /** Milliseconds at most, as the request asks. @default 5000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads stored results: small ones at once, else in threads with a deadline, so that no expression, path or size keeps others waiting. */
export interface ResultReader extends AsyncDisposable {
  /**
   * JSON text of the answer to a reading of the results behind `handles`. Throws what the store throws, `TIMEOUT` when the
   * time is over, `LIMIT_EXCEEDED` and `INVALID_REQUEST` as the kinds of readings do.
   */
  answer(
    context: ReadingContext,
    handles: readonly string[],
    reading: Exclude<Reading, { kind: 'file' }>,
  ): Promise<string>
  /** What the preview of a large text shows; undefined when that is not known in time. */
  preview(text: string, maxTokens: number, context: ReadingContext): Promise<PreviewParts | undefined>
  /** What a file of a result holds. */
  file(context: ReadingContext, handle: string, reading: Omit<Reading & { kind: 'file' }, 'kind'>): Promise<FileContent>
}

export interface ResultReaderOptions {
  readonly results: ResultStore
  /** Tokens of one answer. */
  readonly maxTokens: number
  /** Milliseconds that a reading may take at most. */
  readonly maxTimeoutMs: number
}

/** Characters up to which reading takes less than sending it to a thread, and a few milliseconds at most. */
const SMALL_CHARS = 64 * 1024
/** Milliseconds for a request that does not say: one second for most of what people ask, with room for slow machines. */
const TIMEOUT_MS = 5_000

/** Milliseconds for the preview of an answer: what is shown without it helps nobody to read on. */
const PREVIEW_MS = 15_000

export function createResultReader({ results, maxTokens, maxTimeoutMs }: ResultReaderOptions): ResultReader {
  const threads = new TaskThreads<ReadingTask, string | FileContent>({
    file: entryPath('./reading-thread.js', import.meta.url),
    toError,
    heapMb: 256,
  })

  const run = async (
    { principal, timeoutMs = TIMEOUT_MS, signal }: ReadingContext,
    handles: readonly string[],
    reading: Reading,
  ): Promise<string | FileContent> => {
    const texts: string[] = []
    for (const handle of handles) texts.push(await results.get({ principal }, handle))
    const task = { reading, texts, maxTokens }
    if (isSmall(task)) return await read(task)
    const limitMs = Math.min(timeoutMs, maxTimeoutMs)
    try {
      return await threads.run(task, { timeoutMs: limitMs, party: principal, signal, isLast: isHuge(texts) })
    } catch (thrown) {
      throw thrown instanceof TaskError ? notDone(reading, thrown, limitMs) : thrown
    }
  }

  return {
    answer: async (context, handles, reading) => (await run(context, handles, reading)) as string,
    async preview(text, most, { principal, signal }) {
      const task = { reading: { kind: 'preview' }, texts: [text], maxTokens: most } as const
      // Apart from readings, which may hold their part of the threads for as long as they are given.
      const party = `${principal} previews`
      try {
        return JSON.parse(
          (await threads.run(task, { timeoutMs: PREVIEW_MS, party, signal, isLast: isHuge([text]) })) as string,
        ) as PreviewParts
      } catch (thrown) {
        // The operation has run: what it answered is kept all the same.
        if (thrown instanceof TaskError && thrown.reason !== 'closed') return undefined
        throw thrown
      }
    },
    file: async (context, handle, reading) =>
      (await run(context, [handle], { kind: 'file', ...reading })) as FileContent,
    async [Symbol.asyncDispose]() {
      await threads[Symbol.asyncDispose]()
    },
  }
}

/** Characters by which a thread grows more than it should keep. */
const HUGE_CHARS = 4 * 1024 * 1024

function isHuge(texts: readonly string[]): boolean {
  return texts.some(({ length }) => length > HUGE_CHARS)
}

/** A regular expression takes time by its own size as well, and a path with filters by how often it matches. */
function isSmall({ reading, texts }: ReadingTask): boolean {
  if (reading.kind === 'search' && reading.search.regex === true) return false
  if ('path' in reading && /[*?]|\.\./.test(reading.path)) return false
  return texts.reduce((sum, { length }) => sum + length, 0) <= SMALL_CHARS
}

const READ_LESS = 'read a part of it with path, or send a larger timeoutMs'
const SEARCH_LESS = 'search a part of it with path, use a shorter expression, or send a larger timeoutMs'
const WORK: Readonly<Record<Reading['kind'], string>> = {
  page: 'read the result',
  preview: 'show the result',
  show: 'show the result',
  blocks: 'show the result',
  search: 'search the result',
  describe: 'describe the result',
  diff: 'compare the results',
  file: 'write the result',
}

function notDone({ kind }: Reading, error: TaskError, ms: number): OptimizerError {
  const fail = (code: ErrorCode, why: string, suggestion: string): OptimizerError =>
    new OptimizerError(code, `cannot ${WORK[kind]}: ${why}`, { cause: error, suggestion })
  switch (error.reason) {
    case 'timeout':
      return fail('TIMEOUT', `not done within ${ms} ms`, kind === 'search' ? SEARCH_LESS : READ_LESS)
    case 'memory':
      return fail('LIMIT_EXCEEDED', error.message, READ_LESS)
    case 'full':
      return fail('OVERLOADED', error.message, 'try again in a moment')
    case 'closed':
      return fail('CANCELLED', 'the gateway is closing', 'send the request again')
    case 'ended':
      return fail('INTERNAL', error.message, 'try again; if it comes back, please report it')
  }
}

function toError(told: unknown): OptimizerError {
  const { code, message, suggestion, details } = told as ErrorBody
  return new OptimizerError(code, message, { suggestion, ...(details === undefined ? {} : { details }) })
}
