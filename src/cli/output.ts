import type { Answer } from '../engine/engine.ts'
import type { ErrorBody, ErrorCode } from '../errors.ts'
import { createScrub } from '../internal/scrub.ts'
import { type CommandContext, EXIT } from './command.ts'
import { createPalette, type Palette } from './palette.ts'
import { createProgressBar } from './progress-bar.ts'

/** Suggestions for a person at this command, where those of the code speak of requests. */
export const TIMEOUT_FLAG = { TIMEOUT: 'ask for less at once, or give it more time: --timeout SECONDS' } as const

/** Prints an answer: the data alone, or all of it as JSON; errors on stderr, also beside the data. The exit code. */
export function printAnswer(
  context: CommandContext,
  answer: Answer,
  suggestions: Partial<Record<ErrorCode, string>> = {},
): number {
  const { stdout, stderr, values, env } = context
  const palette = createPalette(stderr, env)
  const scrub = createScrub([])
  const told = (error: ErrorBody): ErrorBody => ({ ...error, suggestion: suggestions[error.code] ?? error.suggestion })
  if (values['json'] === true) stdout.write(`${JSON.stringify(answer)}\n`)
  else if (answer.status === 'error') stderr.write(scrub(errorText(told(answer.error), palette)))
  else {
    for (const line of answer.metadata.logs ?? []) stderr.write(`${line}\n`)
    stdout.write(`${typeof answer.data === 'string' ? answer.data : JSON.stringify(answer.data, undefined, 2)}\n`)
    if (answer.status === 'incomplete') stderr.write(scrub(errorText(told(answer.error), palette)))
  }
  return answer.status === 'ok' ? EXIT.ok : EXIT.failed
}

/** What failed, where, and what to do next. */
export function errorText({ code, message, suggestion, details }: ErrorBody, { wrong, faint }: Palette): string {
  const nearest = details?.['nearest']
  const names = Array.isArray(nearest) && nearest.length > 0 ? `  ${faint('nearest:')} ${nearest.join(', ')}\n` : ''
  return `${wrong(`error ${code}:`)} ${message}\n${names}  ${faint('next:')} ${suggestion}\n`
}

/** How far work is, and what it waits for. */
export interface Progress {
  readonly done: number
  /** Empty: nothing that has a name. */
  readonly awaited: string
}

/** How often the bar looks, and how long work may be silent where no bar is. */
const LOOK_MS = 500
const SILENT_MS = 10_000

/**
 * Shows how far work is when it takes longer than a second, on a terminal as a bar. Elsewhere what is awaited is told
 * once it has taken ten seconds: a first start downloads for minutes.
 */
export async function withProgress<T>(
  context: CommandContext,
  { title, total, look }: { readonly title: string; readonly total: number; readonly look: () => Progress },
  work: () => Promise<T>,
): Promise<T> {
  const { stderr } = context
  if (stderr.isTTY !== true) return await withLines(stderr, look, work)
  const bar = createProgressBar(stderr, title, total)
  const show = (): void => {
    const { done, awaited } = look()
    bar.show(done, awaited)
  }
  let looks: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    show()
    looks = setInterval(show, LOOK_MS)
  }, 1_000)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    clearInterval(looks)
    bar.end()
  }
}

async function withLines<T>(
  stderr: CommandContext['stderr'],
  look: () => Progress,
  work: () => Promise<T>,
): Promise<T> {
  let told = ''
  const looks = setInterval(() => {
    const { awaited } = look()
    if (awaited !== '' && awaited !== told) stderr.write(`waiting: ${awaited}\n`)
    told = awaited
  }, SILENT_MS)
  try {
    return await work()
  } finally {
    clearInterval(looks)
  }
}
