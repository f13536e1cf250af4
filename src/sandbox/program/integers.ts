import type { Stripped } from '../guest/strip-types.ts'
import { type Edit, placeAt } from './edit.ts'
import { T, type Tokens } from './tokens.ts'

type Failure = Extract<Stripped, { ok: false }>

/**
 * Integers of a source that a number cannot hold: where one stands as data (an argument, a property, a comparison) its
 * digits become a text, which is what such integers are in values; where it is calculated with, the source is refused.
 * Left alone, the engine would round it without a word, and another record would be read or deleted.
 */
export function exactIntegers(tokens: Tokens): Edit[] | Failure {
  const edits: Edit[] = []
  if (!/\d[\d_]{15}/.test(tokens.source)) return edits
  for (let at = 0; at < tokens.length; at++) {
    const digits = tokens.type(at) === T.num ? tokens.text(at).replaceAll('_', '') : ''
    if (!/^[1-9]\d{15,}$/.test(digits) || String(Number(digits)) === digits) continue
    const first = tokens.isWord(at - 1, '-') && !isOperand(tokens.type(at - 2)) ? at - 1 : at
    if (!BEFORE_DATA.has(tokens.type(first - 1)) || !endsData(tokens, at + 1)) return refusal(tokens, at, digits)
    const start = tokens.start(first)
    edits.push({ at: start, length: tokens.end(at) - start, text: `'${first === at ? '' : '-'}${digits}'` })
  }
  return edits
}

const BEFORE_DATA: ReadonlySet<number> = new Set([
  T.parenL,
  T.bracketL,
  T.braceL,
  T.comma,
  T.colon,
  T.eq,
  T.arrow,
  T.question,
  T.return,
  T.case,
  T.equality,
  T.nullishCoalescing,
  T.logicalOR,
  T.logicalAND,
  T.dollarBraceL,
])
const AFTER_DATA: ReadonlySet<number> = new Set([
  T.parenR,
  T.bracketR,
  T.braceR,
  T.comma,
  T.colon,
  T.semi,
  T.eof,
  T.equality,
  T.nullishCoalescing,
  T.logicalOR,
  T.logicalAND,
])

function endsData(tokens: Tokens, at: number): boolean {
  return AFTER_DATA.has(tokens.type(at)) || (tokens.isNewLine(at) && !isOperator(tokens, at))
}

function isOperator(tokens: Tokens, at: number): boolean {
  return /^[-+*/%<>&|^?.]/.test(tokens.text(at))
}

/** A minus behind one of these subtracts. */
function isOperand(type: number): boolean {
  return type === T.name || type === T.num || type === T.parenR || type === T.bracketR
}

function refusal(tokens: Tokens, at: number, digits: string): Failure {
  const message = `${digits} is more than a number holds exactly: write '${digits}' where it is an id, ${digits}n to calculate with it`
  return { ok: false, message, ...placeAt(tokens.source, tokens.start(at)) }
}
