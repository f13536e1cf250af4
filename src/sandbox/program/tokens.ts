import base from 'sucrase/dist/parser/traverser/base.js'
import types from 'sucrase/dist/parser/tokenizer/types.js'

/** A token of a source, as sucrase's parser tells it. */
export interface Token {
  readonly type: number
  readonly start: number
  readonly end: number
  /** A part of TypeScript that is stripped. */
  readonly isType: boolean
  /** What a name does where it stands: sucrase's number, or null. */
  readonly identifierRole: number | null
}

/** The tokens of the last parse, up to where it failed: what sucrase found is asked for instead of parsing twice. */
export function lastTokens(): readonly Token[] {
  return base.state.tokens
}

const NAMES = {
  name: 'name',
  string: 'string',
  num: 'num',
  template: 'template',
  eof: 'eof',
  bracketL: 'bracketL',
  bracketR: 'bracketR',
  braceL: 'braceL',
  braceR: 'braceR',
  parenL: 'parenL',
  parenR: 'parenR',
  dollarBraceL: 'dollarBraceL',
  backQuote: 'backQuote',
  comma: 'comma',
  semi: 'semi',
  colon: 'colon',
  dot: 'dot',
  question: 'question',
  questionDot: 'questionDot',
  arrow: 'arrow',
  ellipsis: 'ellipsis',
  eq: 'eq',
  assign: 'assign',
  at: 'at',
  star: 'star',
  postIncDec: 'postIncDec',
  nonNull: 'nonNullAssertion',
  regexp: 'regexp',
  bigint: 'bigint',
  decimal: 'decimal',
  equality: 'equality',
  nullishCoalescing: 'nullishCoalescing',
  logicalOR: 'logicalOR',
  logicalAND: 'logicalAND',
  abstract: '_abstract',
  async: '_async',
  break: '_break',
  case: '_case',
  catch: '_catch',
  class: '_class',
  const: '_const',
  continue: '_continue',
  debugger: '_debugger',
  default: '_default',
  do: '_do',
  else: '_else',
  enum: '_enum',
  export: '_export',
  false: '_false',
  finally: '_finally',
  for: '_for',
  function: '_function',
  if: '_if',
  import: '_import',
  let: '_let',
  new: '_new',
  null: '_null',
  return: '_return',
  super: '_super',
  switch: '_switch',
  this: '_this',
  throw: '_throw',
  true: '_true',
  try: '_try',
  var: '_var',
  void: '_void',
  while: '_while',
  with: '_with',
} as const

/** The numbers of the kinds of tokens that programs are looked at by. */
export const T: { readonly [Name in keyof typeof NAMES]: number } = Object.fromEntries(
  Object.entries(NAMES).map(([name, theirs]) => [name, kind(theirs)]),
) as Record<keyof typeof NAMES, number>

function kind(name: string): number {
  const number = types.TokenType[name]
  if (number === undefined) throw new Error(`sucrase knows no token ${name}`)
  return number
}

const PRECEDENCE_MASK = kind('PRECEDENCE_MASK')
const ENDS = setOf(
  'name num string regexp bigint decimal bracketR braceR parenR backQuote postIncDec nonNull this super null true false',
)
const CONTINUES = setOf('dot questionDot question colon comma parenL bracketL backQuote eq assign arrow')

function setOf(names: string): ReadonlySet<number> {
  return new Set(names.split(' ').map((name) => T[name as keyof typeof NAMES]))
}

/** True for a token that an expression may end with. */
export function canEnd(token: Token): boolean {
  return ENDS.has(token.type)
}

/** True for a token that goes on with an expression, also from a new line. */
export function continues(token: Token): boolean {
  return CONTINUES.has(token.type) || (token.type & PRECEDENCE_MASK) !== 0
}

/** A source's tokens without types and end, and what statements are read with. */
export class Tokens {
  readonly source: string
  readonly all: readonly Token[]

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source
    this.all = tokens.filter(({ isType, type }) => !isType && type !== T.eof)
  }

  get length(): number {
    return this.all.length
  }

  type(index: number): number {
    return this.all[index]?.type ?? T.eof
  }

  text(index: number): string {
    const token = this.all[index]
    return token === undefined ? '' : this.source.slice(token.start, token.end)
  }

  /** True for a name of this text: keywords that JavaScript knows by their place only are such. */
  isWord(index: number, word: string): boolean {
    const token = this.all[index]
    return token !== undefined && token.end - token.start === word.length && this.source.startsWith(word, token.start)
  }

  start(index: number): number {
    return this.all[index]?.start ?? this.source.length
  }

  end(index: number): number {
    return this.all[index]?.end ?? this.source.length
  }

  /** True where a line ends between a token and the one before it. */
  isNewLine(index: number): boolean {
    const from = this.end(index - 1)
    const to = this.start(index)
    for (let at = from; at < to; at++) if (this.source.charCodeAt(at) === 10) return true
    return false
  }

  /** The source from one token to the end of another, on one line; long ones without their middle. */
  between(first: number, last: number): string {
    const text = this.source.slice(this.start(first), this.end(last))
    const short = text.length <= 400 ? text : `${text.slice(0, 200)}…${text.slice(-200)}`
    return short.replace(/\s*\n\s*/g, ' ')
  }

  /** True where more brackets stand inside each other. */
  isDeeperThan(most: number): boolean {
    let depth = 0
    for (const { type } of this.all) {
      if (type === T.parenL || type === T.bracketL || type === T.braceL || type === T.dollarBraceL) depth++
      else if (type === T.parenR || type === T.bracketR || type === T.braceR) depth--
      if (depth > most) return true
    }
    return false
  }

  /** Behind the group that the token opens, or behind the token. */
  skip(index: number): number {
    const opener = this.type(index)
    if (opener === T.backQuote) return this.skipTemplate(index)
    const isOpener = opener === T.parenL || opener === T.bracketL || opener === T.braceL || opener === T.dollarBraceL
    let at = index + 1
    if (!isOpener) return at
    while (at < this.length) {
      const type = this.type(at)
      if (type === T.parenR || type === T.bracketR || type === T.braceR) return at + 1
      at = this.skip(at)
    }
    return at
  }

  private skipTemplate(index: number): number {
    let at = index + 1
    while (at < this.length && this.type(at) !== T.backQuote)
      at = this.type(at) === T.dollarBraceL ? this.skip(at) : at + 1
    return at + 1
  }
}
