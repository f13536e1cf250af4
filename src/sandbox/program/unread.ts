import { type Stripped } from '../guest/strip-types.ts'
import { languageOf } from './languages.ts'
import { quotationMark } from './odd-signs.ts'

type Failure = Extract<Stripped, { ok: false }>

/** What the parser could not read, named where it is a thing that people write and that has no place in a program. */
export function explainUnread(text: string, failure: Failure, language: string | undefined): Failure {
  const line = (text.split('\n')[failure.line - 1] ?? '').slice(0, 1_000)
  const foreign = language ?? languageOf(text, line)
  if (foreign !== undefined)
    return { ...failure, message: `the program is ${foreign}: a program is TypeScript or JavaScript` }
  const because = reasonIn(line, failure.column)
  return because === undefined ? withFound(text, failure) : { ...failure, message: `${failure.message}: ${because}` }
}

function reasonIn(line: string, column: number): string | undefined {
  if (/<[A-Za-z][^<>]*>/.test(line) && /<\/[A-Za-z]|\/>/.test(line))
    return 'JSX is not read, make such text with a template'
  const quote = /^\s*([“‘„«])/.exec(line)?.[1] ?? /[“”‘’„«»]/.exec(line[column - 1] ?? '')?.[0]
  if (quote !== undefined) return quotationMark(quote)
  if (/^\s*#(?!!)/.test(line)) return '# begins no comment, write //'
  if (/(?:^|[^\w$])[fbr]["']/.test(line)) return 'write texts with values in them as `… ${value} …`'
  return undefined
}

/** The message with what stands there, or with the bracket that was left open where nothing does. */
function withFound(text: string, failure: Failure): Failure {
  if (!failure.message.startsWith('Unexpected token')) return failure
  const lines = text.split('\n').slice(failure.line - 1)
  const rest = [(lines[0] ?? '').slice(failure.column - 1), ...lines.slice(1)].join('\n').trim()
  const found = /^(?:[\w$]+|[^\s\w$])/.exec(rest)?.[0]
  if (found !== undefined)
    return { ...failure, message: failure.message.replace('token', `token '${found.slice(0, 40)}'`) }
  return { ...failure, message: 'the code ends in the middle of something: a bracket or a text is not closed' }
}
