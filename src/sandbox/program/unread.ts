import { type Stripped } from '../strip-types.ts'

type Failure = Extract<Stripped, { ok: false }>

/** What the parser could not read, named where it is a thing that people write and that has no place in a program. */
export function explainUnread(text: string, failure: Failure, language: string | undefined): Failure {
  if (language !== undefined)
    return { ...failure, message: `the program is ${language}: a program is TypeScript or JavaScript` }
  const line = (text.split('\n')[failure.line - 1] ?? '').slice(0, 1_000)
  if (/<[A-Za-z][^<>]*>/.test(line) && /<\/[A-Za-z]|\/>/.test(line))
    return { ...failure, message: `${failure.message}: JSX is not read, make such text with a template` }
  return failure
}
