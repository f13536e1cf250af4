import { cutPoint } from '../internal/text.ts'

/** Shorter runs are shown whatever they are. */
const LEAST_CHARS = 1_000
/** Characters of a run that are looked at. */
const SAMPLE_CHARS = 600
/** Perhaps base64: also in lines, also as a data URL. */
const RUN =
  /(?:data:([\w.+-]+\/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,)?[\w+/=-]{60,}(?:\r?\n[\w+/=-]{60,})*(?:\r?\n[\w+/=-]+)?/g

/**
 * The beginning of a text, `maxChars` at most, with each long run of base64 replaced by a word about it: its characters
 * tell a model nothing. `rest` counts the characters of the text behind what is shown.
 */
export function beginningOf(text: string, maxChars: number): { readonly shown: string; readonly rest: number } {
  let shown = ''
  let at = 0
  while (at < text.length) {
    const run = text.length - at <= LEAST_CHARS ? undefined : nextRun(text, at, at + maxChars - shown.length)
    const room = at + maxChars - shown.length
    const end = run?.at ?? text.length
    if (end > room) {
      const cut = cutPoint(text, room)
      return { shown: shown + text.slice(at, cut), rest: text.length - cut }
    }
    shown += text.slice(at, end) + (run === undefined ? '' : run.word)
    at = run === undefined ? end : end + run.length
  }
  return { shown, rest: 0 }
}

interface Run {
  readonly at: number
  readonly length: number
  readonly word: string
}

/** The next run of base64 that begins before `until`. */
function nextRun(text: string, from: number, until: number): Run | undefined {
  const pattern = new RegExp(RUN)
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match !== null && match.index < until; match = pattern.exec(text)) {
    const [run, mimeType] = match
    const start = run.indexOf(';base64,')
    const data = start < 0 ? run : run.slice(start + 8)
    if (data.length < LEAST_CHARS || (start < 0 && !looksRandom(data))) continue
    const bytes = Math.floor((data.replaceAll(/[\r\n=]/g, '').length * 3) / 4)
    return {
      at: match.index,
      length: run.length,
      word: `…base64, ${bytes} bytes${mimeType === undefined ? '' : ` of ${mimeType}`}`,
    }
  }
  return undefined
}

/** Names, paths and hexadecimal digits have no capitals, small letters and digits all over. */
function looksRandom(data: string): boolean {
  const sample = data.slice(0, SAMPLE_CHARS)
  return [/[A-Z]/g, /[a-z]/g, /\d/g].every((kind) => (sample.match(kind)?.length ?? 0) > sample.length / 40)
}
