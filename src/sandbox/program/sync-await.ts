import { T, type Tokens } from './tokens.ts'

/** The first `await` in a function that is not async: its token, and that of the function. */
export function findSyncAwait(tokens: Tokens): { readonly at: number; readonly start: number } | undefined {
  for (let at = 0; at < tokens.length; at++) {
    if (tokens.type(at) !== T.name || !tokens.isWord(at, 'await')) continue
    const before = tokens.type(at - 1)
    if (before === T.dot || before === T.questionDot || tokens.type(at + 1) === T.colon) continue
    const start = syncFunctionAround(tokens, at)
    if (start !== undefined) return { at, start }
  }
  return undefined
}

/** The first token of the innermost function around a token, if that function is not async. */
export function syncFunctionAround(tokens: Tokens, inside: number): number | undefined {
  let depth = 0
  for (let at = inside - 1; at >= 0; at--) {
    const type = tokens.type(at)
    if (type === T.parenR || type === T.bracketR || type === T.braceR) depth++
    else if (type === T.parenL || type === T.bracketL || type === T.braceL || type === T.dollarBraceL) {
      if (depth > 0) {
        depth--
        continue
      }
      const found = type === T.braceL ? functionOfBody(tokens, at) : undefined
      if (found !== undefined) return found.isAsync ? undefined : found.start
    } else if (type === T.arrow && depth === 0 && isBody(tokens, at, inside)) {
      const found = functionOfArrow(tokens, at)
      return found.isAsync ? undefined : found.start
    }
  }
  return undefined
}

/** True where the arrow's body is an expression that goes on up to a token. */
function isBody(tokens: Tokens, arrow: number, inside: number): boolean {
  if (tokens.type(arrow + 1) === T.braceL) return false
  for (let at = arrow + 1; at < inside; at = tokens.skip(at)) {
    const type = tokens.type(at)
    if (type === T.comma || type === T.semi) return false
    if (tokens.skip(at) > inside) return true
  }
  return true
}

interface Head {
  readonly isAsync: boolean
  readonly start: number
}

function functionOfBody(tokens: Tokens, brace: number): Head | undefined {
  if (tokens.type(brace - 1) === T.arrow) return functionOfArrow(tokens, brace - 1)
  if (tokens.type(brace - 1) !== T.parenR) return undefined
  const open = openerOf(tokens, brace - 1)
  const before = open - 1
  if ([T.if, T.for, T.while, T.with, T.switch, T.catch].includes(tokens.type(before))) return undefined
  if (tokens.isWord(before, 'await')) return undefined
  return headFrom(tokens, before)
}

/** `async function name(` and `async name(`, read backwards. */
function headFrom(tokens: Tokens, last: number): Head {
  let at = last
  while (at >= 0 && (tokens.type(at) === T.name || tokens.type(at) === T.function || tokens.type(at) === T.star)) {
    if (tokens.isWord(at, 'async') && at !== last) return { isAsync: true, start: at }
    if (tokens.isWord(at, 'async') && tokens.isWord(at + 1, 'function')) return { isAsync: true, start: at }
    at--
  }
  return { isAsync: false, start: at + 1 }
}

function functionOfArrow(tokens: Tokens, arrow: number): Head {
  const head = tokens.type(arrow - 1) === T.parenR ? openerOf(tokens, arrow - 1) : arrow - 1
  return { isAsync: tokens.isWord(head - 1, 'async'), start: head }
}

function openerOf(tokens: Tokens, closer: number): number {
  let depth = 0
  for (let at = closer; at >= 0; at--) {
    const type = tokens.type(at)
    if (type === T.parenR || type === T.bracketR || type === T.braceR) depth++
    if (type === T.parenL || type === T.bracketL || type === T.braceL || type === T.dollarBraceL) depth--
    if (depth === 0) return at
  }
  return 0
}
