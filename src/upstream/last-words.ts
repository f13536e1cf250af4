import type { Scrub } from '../internal/scrub.ts'
import { serverText } from '../internal/text.ts'

const MAX_CHARS = 1_000
const MAX_LINES = 6
/** Begins what went wrong, in the logs of the usual runtimes and package runners. */
const NAMES_ERROR =
  /^\W*(?:\d[\w:.,+-]*[T ]*\S*\s+)?(?:\[?(?:npm|pnpm|yarn|uv|uvx|docker)\]?:?\s+)?\W*(?:[\w.]*(?:error|exception)|err!|fatal|panic(?:ked)?|critical)\b/i
/** Says nothing of the reason: frames, marks under a place, empty lines of a runner, the runtime's version. */
const SAYS_NOTHING =
  /^\s*(?:at .*|\^+|~+|\d+ \|.*|node:\S+:\d+|Node\.js v[\d.]+|npm (?:error|err!)\s*(?:\d*|(?:\d+\s+)?(?:Note that you can also install from a|tarball, folder, http url, or git folder\.)|A complete log of this run can be found in:.*|\s*\S*_logs\S*)|npm notice.*|File ".*", line \d+.*|Traceback \(most recent call last\):)?\s*$/i

/** Where npm tells the rest: after the reason, which it follows. */
const WHOLE_LOG = /A complete log of this run can be found in:\s*(?:npm (?:error|err!)\s+)?(\S+)/i

/** What a server said before it ended: from the line that names an error on, else its last lines. */
export function lastWords(said: string, scrub: Scrub): string {
  const lines = serverText(said, said.length + 1, scrub)
    .split('\n')
    .filter((line) => !SAYS_NOTHING.test(line))
  const last = lines.findLastIndex((line) => NAMES_ERROR.test(line))
  let first = last
  while (first > 0 && NAMES_ERROR.test(lines[first - 1] ?? '')) first--
  const shown = last < 0 ? lines.slice(-MAX_LINES) : lines.slice(first)
  const log = WHOLE_LOG.exec(said)?.[1]
  const place = log === undefined ? [] : [serverText(`its whole log: ${log}`, MAX_CHARS, scrub)]
  const words = [...shown.map((line) => line.trimEnd()), ...place].join('\n')
  return words === '' ? '' : `; it last said: ${serverText(words, MAX_CHARS)}`
}
