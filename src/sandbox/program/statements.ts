import { canEnd, continues, T, type Tokens } from './tokens.ts'

export type StatementKind =
  | 'expression'
  | 'function'
  | 'class'
  | 'variable'
  | 'block'
  | 'export'
  | 'import'
  | 'return'
  | 'other'

/** A statement of a source: its tokens from `first` up to before `end`. */
export interface Statement {
  readonly kind: StatementKind
  readonly first: number
  readonly end: number
}

/** The statements of the outermost level. */
export function readStatements(tokens: Tokens): Statement[] {
  const statements: Statement[] = []
  let at = 0
  while (at < tokens.length) {
    if (tokens.type(at) === T.semi) {
      at++
      continue
    }
    const statement = readStatement(tokens, at)
    statements.push(statement)
    at = Math.max(statement.end, at + 1)
  }
  return statements
}

export function readStatement(tokens: Tokens, first: number): Statement {
  const kind = kindOf(tokens, first)
  return { kind, first, end: endOf(tokens, first, kind) }
}

const WORDS: ReadonlyMap<number, StatementKind> = new Map([
  [T.braceL, 'block'],
  [T.function, 'function'],
  [T.class, 'class'],
  [T.abstract, 'class'],
  [T.enum, 'class'],
  [T.at, 'class'],
  [T.const, 'variable'],
  [T.let, 'variable'],
  [T.var, 'variable'],
  [T.export, 'export'],
  [T.return, 'return'],
  ...[T.if, T.for, T.while, T.with, T.do, T.switch, T.try, T.throw, T.break, T.continue, T.debugger].map(
    (type) => [type, 'other'] as const,
  ),
])

function kindOf(tokens: Tokens, first: number): StatementKind {
  const type = tokens.type(first)
  if (type === T.name) return kindOfName(tokens, first)
  if (type === T.import) {
    const next = tokens.type(first + 1)
    return next === T.parenL || next === T.dot ? 'expression' : 'import'
  }
  if (type === T.const && tokens.type(first + 1) === T.enum) return 'class'
  return WORDS.get(type) ?? 'expression'
}

function kindOfName(tokens: Tokens, first: number): StatementKind {
  const next = tokens.type(first + 1)
  if (next === T.colon) return 'other'
  // At the end of a text the parser takes a keyword for a name.
  if (tokens.isWord(first, 'return')) return 'return'
  if ((next !== T.function && next !== T.name) || tokens.isNewLine(first + 1)) return 'expression'
  if (next === T.function) return tokens.isWord(first, 'async') ? 'function' : 'expression'
  const isUsing =
    tokens.isWord(first, 'using') ||
    (tokens.isWord(first, 'await') && tokens.isWord(first + 1, 'using') && tokens.type(first + 2) === T.name)
  return isUsing ? 'variable' : 'expression'
}

function endOf(tokens: Tokens, first: number, kind: StatementKind): number {
  switch (kind) {
    case 'block':
      return tokens.skip(first)
    case 'function':
    case 'class':
      return endOfBody(tokens, first)
    case 'export':
      return endOfExport(tokens, first)
    case 'other':
      return endOfOther(tokens, first)
    case 'return':
      return endOfJump(tokens, first)
    default:
      return endOfExpression(tokens, first)
  }
}

/** Behind the first braces of this level: a function's or class's body. */
function endOfBody(tokens: Tokens, first: number): number {
  let at = first
  while (at < tokens.length && tokens.type(at) !== T.braceL) at = tokens.skip(at)
  return tokens.skip(at)
}

function endOfExport(tokens: Tokens, first: number): number {
  if (tokens.type(first + 1) !== T.default) return readStatement(tokens, first + 1).end
  const { kind, end } = readStatement(tokens, first + 2)
  return kind === 'function' || kind === 'class' ? end : endOfExpression(tokens, first + 2)
}

function endOfOther(tokens: Tokens, first: number): number {
  switch (tokens.type(first)) {
    case T.name:
      return readStatement(tokens, first + 2).end
    case T.if: {
      const end = endOfHeaded(tokens, first)
      return tokens.type(end) === T.else ? readStatement(tokens, end + 1).end : end
    }
    case T.for:
    case T.while:
    case T.with:
      return endOfHeaded(tokens, first)
    case T.do: {
      const end = tokens.skip(readStatement(tokens, first + 1).end + 1)
      return tokens.type(end) === T.semi ? end + 1 : end
    }
    case T.switch:
      return endOfBody(tokens, first)
    case T.try: {
      let end = endOfBody(tokens, first)
      if (tokens.type(end) === T.catch) end = endOfBody(tokens, end)
      return tokens.type(end) === T.finally ? endOfBody(tokens, end) : end
    }
    default:
      return endOfJump(tokens, first)
  }
}

function endOfHeaded(tokens: Tokens, first: number): number {
  const head = tokens.type(first + 1) === T.parenL ? first + 1 : first + 2
  return readStatement(tokens, tokens.skip(head)).end
}

function endOfJump(tokens: Tokens, first: number): number {
  if (tokens.isNewLine(first + 1)) return first + 1
  return tokens.type(first + 1) === T.semi ? first + 2 : endOfExpression(tokens, first)
}

/** Behind an expression or declaration: at a semicolon, or at the end of a line where nothing goes on. */
export function endOfExpression(tokens: Tokens, first: number): number {
  let at = first
  while (at < tokens.length) {
    const type = tokens.type(at)
    if (type === T.semi) return at + 1
    if (type === T.braceR || type === T.parenR || type === T.bracketR) return at
    const last = tokens.skip(at) - 1
    at = last + 1
    const [before, next] = [tokens.all[last], tokens.all[at]]
    if (before === undefined || next === undefined) return at
    if (canEnd(before) && !continues(next) && !isAwait(tokens, last) && tokens.isNewLine(at)) return at
  }
  return at
}

function isAwait(tokens: Tokens, index: number): boolean {
  return tokens.type(index) === T.name && tokens.isWord(index, 'await') && tokens.type(index - 1) !== T.dot
}
