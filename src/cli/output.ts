import type { Answer } from '../engine/engine.ts'
import type { ErrorBody, ErrorCode } from '../errors.ts'
import { createScrub } from '../internal/scrub.ts'
import { type CommandContext, EXIT } from './command.ts'
import { createPalette, type Palette } from './palette.ts'

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

/** Shows progress on a terminal when work takes longer than a second; elsewhere does nothing. */
export async function withProgress<T>(
  context: CommandContext,
  title: string,
  total: number,
  work: (step: () => void) => Promise<T>,
): Promise<T> {
  if (context.stderr.isTTY !== true) return await work(() => undefined)
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: `${title} [{bar}] {value}/{total}`,
    stream: context.stderr,
    clearOnComplete: true,
    hideCursor: true,
  })
  let done = 0
  let shown = false
  const timer = setTimeout(() => {
    shown = true
    bar.start(total, done)
  }, 1_000)
  try {
    return await work(() => {
      done++
      if (shown) bar.update(done)
    })
  } finally {
    clearTimeout(timer)
    if (shown) bar.stop()
  }
}
