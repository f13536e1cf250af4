import { type Edit } from './edit.ts'
import { argumentsOf, callOf, type Declared, declaredFunctions, ENTRIES, functionAt } from './functions.ts'
import { commonExports, moduleExports } from './exports.ts'
import { readStatements, type Statement } from './statements.ts'
import { T, type Tokens } from './tokens.ts'

/** What has to be done to a body so that it means what was written. */
export interface Form {
  readonly edits: readonly Edit[]
  /** Statements behind its end. */
  readonly ending: string
}

const AS_IT_IS: Form = { edits: [], ending: '' }

/**
 * How a body is to be read whose last statement is no `return`: a last expression is its value, a function that is all
 * of it, or that is called `main` and that nothing calls, is called, and so is what it exports. Exports become
 * declarations, so that the program is the body of a function however it was written.
 */
export function formOf(tokens: Tokens): Form {
  const statements = readStatements(tokens).filter(({ kind }) => kind !== 'import')
  const form = commonExports(tokens, statements) ?? formOfLast(tokens, statements)
  if (!statements.some(({ kind }) => kind === 'export')) return form
  const exported = moduleExports(tokens, statements)
  return {
    edits: [...exported.edits, ...form.edits],
    ending: endsItself(statements, form) ? form.ending : exported.ending,
  }
}

function formOfLast(tokens: Tokens, statements: readonly Statement[]): Form {
  const last = statements.at(-1)
  if (last === undefined || last.kind === 'return') return AS_IT_IS
  if (last.kind === 'block' && isObject(tokens, last)) return returning(tokens, last)
  const trailing = statements.findLast(({ kind }) => kind !== 'function')
  const mayBeUncalled = last.kind === 'function' || trailing?.kind !== 'expression'
  const entry = mayBeUncalled ? entryOf(tokens, statements) : undefined
  if (entry !== undefined) return { ...AS_IT_IS, ending: callOf(tokens, entry) }
  if (trailing?.kind === 'expression') return returning(tokens, trailing)
  const ending = mainOfClass(tokens, statements) ?? (trailing && namesOf(tokens, trailing))
  return ending === undefined ? AS_IT_IS : { ...AS_IT_IS, ending }
}

/** `const result = await …` as the last thing that a program does: its answer. */
function namesOf(tokens: Tokens, { kind, first, end }: Statement): string | undefined {
  if (kind !== 'variable') return undefined
  const equals = tokens.skip(first + 1)
  const isAnswer = tokens.type(equals) === T.eq && tokens.isWord(equals + 1, 'await')
  if (!isAnswer) return undefined
  for (let at = equals + 1; at < end; at = tokens.skip(at)) if (tokens.type(at) === T.comma) return undefined
  if (tokens.type(first + 1) === T.name) return `return ${tokens.text(first + 1)};`
  const names: string[] = []
  for (let at = first + 2; at < equals - 1; at++) {
    if (tokens.type(at) === T.comma) continue
    if (tokens.type(at) !== T.name || ![T.comma, T.braceR].includes(tokens.type(at + 1))) return undefined
    names.push(tokens.text(at))
  }
  return tokens.type(first + 1) === T.braceL ? `return { ${names.join(', ')} };` : undefined
}

/** A program of declarations with a class that has a static `main` and its like. */
function mainOfClass(tokens: Tokens, statements: readonly Statement[]): string | undefined {
  if (!statements.every(({ kind }) => kind === 'class' || kind === 'function' || kind === 'variable')) return undefined
  for (const { kind, first, end } of statements) {
    if (kind !== 'class' || tokens.type(first) !== T.class) continue
    for (let at = first + 2; at < end; at++) {
      const name = tokens.isWord(at + 1, 'async') ? at + 2 : at + 1
      if (!tokens.isWord(at, 'static') || tokens.type(name + 1) !== T.parenL) continue
      if (!ENTRIES.includes(tokens.text(name))) continue
      return `return ${tokens.text(first + 1)}.${tokens.text(name)}${argumentsOf(tokens, { parameters: name + 1 })};`
    }
  }
  return undefined
}

function endsItself(statements: readonly Statement[], form: Form): boolean {
  return form !== AS_IT_IS || statements.at(-1)?.kind === 'return'
}

// ---- the value of an expression -----------------------------------------------------------------------------

function returning(tokens: Tokens, { first, end }: Statement): Form {
  const last = tokens.type(end - 1) === T.semi ? end - 1 : end
  if (isDirective(tokens, first, last)) return AS_IT_IS
  const own = functionAt(tokens, first, last)
  const from = tokens.type(first) === T.void ? tokens.start(first + 1) : tokens.start(first)
  const opening = { at: tokens.start(first), length: from - tokens.start(first), text: own ? 'return (' : 'return ' }
  if (own === undefined) return { ...AS_IT_IS, edits: [opening, ...callOfName(tokens, first, last)] }
  const closing = { at: tokens.end(last - 1), length: 0, text: `)${argumentsOf(tokens, own)}` }
  return { ...AS_IT_IS, edits: [opening, closing] }
}

/** A name alone that is a function of the program: it is meant to be called. */
function callOfName(tokens: Tokens, first: number, end: number): Edit[] {
  if (end !== first + 1 || tokens.type(first) !== T.name) return []
  const own = declaredFunctions(tokens, readStatements(tokens)).find(({ name }) => name === tokens.text(first))
  return own === undefined ? [] : [{ at: tokens.end(first), length: 0, text: argumentsOf(tokens, own) }]
}

function isDirective(tokens: Tokens, first: number, end: number): boolean {
  return end === first + 1 && tokens.type(first) === T.string && /^.use \w+.$/.test(tokens.text(first))
}

/** Braces that are read as a block, though they hold what only an object has: names with values, or names alone. */
function isObject(tokens: Tokens, { first, end }: Statement): boolean {
  const isKey = tokens.type(first + 1) === T.name || tokens.type(first + 1) === T.string
  const next = tokens.type(first + 2)
  if (isKey && next === T.braceR) return first + 3 === end
  if (!isKey || (next !== T.colon && next !== T.comma)) return false
  // A label stands before a loop or a block.
  const value = tokens.type(first + 3)
  return ![T.for, T.while, T.do, T.if, T.switch].includes(value)
}

// ---- functions that nothing calls ---------------------------------------------------------------------------

/** The function that a program of declarations is about. */
function entryOf(tokens: Tokens, statements: readonly Statement[]): Declared | undefined {
  const unused = unusedOf(tokens, declaredFunctions(tokens, statements))
  const named = ENTRIES.map((name) => unused.find((own) => own.name === name)).find((own) => own !== undefined)
  if (named !== undefined) return named
  const isAllDeclared = statements.every(
    ({ kind, first, end }) =>
      kind === 'function' || kind === 'class' || (kind === 'variable' && !works(tokens, first, end, unused)),
  )
  return isAllDeclared && unused.length === 1 ? unused[0] : undefined
}

/** True for a declaration that does something itself: a call may have acted already. */
function works(tokens: Tokens, first: number, end: number, functions: readonly Declared[]): boolean {
  if (functions.some(({ statement }) => statement.first === first)) return false
  for (let at = first; at < end; at++)
    if (tokens.type(at) === T.name && /^(?:await|tools|intents|results)$/.test(tokens.text(at))) return true
  return false
}

/** The functions that the program speaks of nowhere outside their own declaration. */
function unusedOf(tokens: Tokens, functions: readonly Declared[]): Declared[] {
  const counts = new Map<string, number>()
  for (let at = 0; at < tokens.length; at++)
    if (tokens.type(at) === T.name) counts.set(tokens.text(at), (counts.get(tokens.text(at)) ?? 0) + 1)
  return functions.filter(({ name, statement: { first, end } }) => {
    let inside = 0
    for (let at = first; at < end; at++) if (tokens.type(at) === T.name && tokens.isWord(at, name)) inside++
    return inside === counts.get(name)
  })
}
