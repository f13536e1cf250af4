import { blanked, type Edit, replaced } from './edit.ts'
import { argumentsOf, callOf, declaredFunctions, ENTRIES, functionAt, USUAL_ARGUMENTS } from './functions.ts'
import { readStatement, type Statement } from './statements.ts'
import { T, type Tokens } from './tokens.ts'

interface Exports {
  readonly edits: readonly Edit[]
  /** What answers what the exports are for. */
  readonly ending: string
}

interface Found {
  readonly edits: readonly Edit[]
  readonly names: readonly string[]
  /** The statement that answers the default export. */
  readonly main?: string
}

const DEFAULT = '$default'

/** Exports as declarations, and the call of what is exported: the default, else `main` and its like, else the only function. */
export function moduleExports(tokens: Tokens, statements: readonly Statement[]): Exports {
  const found = statements.filter(({ kind }) => kind === 'export').map((statement) => readExport(tokens, statement))
  const names = found.flatMap((part) => part.names).filter((name) => name !== 'metadata')
  const functions = declaredFunctions(
    tokens,
    statements.map((statement) => withoutExport(tokens, statement)),
  )
  const main = found.find((part) => part.main !== undefined)?.main
  const exported = functions.filter(({ name }) => names.includes(name))
  const entry = ENTRIES.map((name) => exported.find((own) => own.name === name)).find((own) => own !== undefined)
  const only = entry ?? (exported.length === 1 ? exported[0] : undefined)
  const values = exported.length === 0 && names.length > 0 ? `return { ${names.join(', ')} };` : ''
  return {
    edits: found.flatMap(({ edits }) => edits),
    ending: main ?? (only === undefined ? values : callOf(tokens, only)),
  }
}

function readExport(tokens: Tokens, { first, end }: Statement): Found {
  const last = tokens.type(end - 1) === T.semi ? end - 1 : end
  const next = tokens.type(first + 1)
  if (next === T.default || next === T.eq) return readDefault(tokens, first, last)
  if (next === T.braceL) return readList(tokens, first, last)
  // Only types: sucrase takes them out.
  if (tokens.isWord(first + 1, 'type')) return { edits: [], names: [] }
  const isValue = next === T.const || next === T.let || next === T.var
  const inner = withoutExport(tokens, { kind: 'export', first, end })
  const [own] = declaredFunctions(tokens, [inner])
  const name = own?.name ?? (isValue && tokens.type(first + 2) === T.name ? tokens.text(first + 2) : undefined)
  return { edits: [replaced(tokens, first, '')], names: name === undefined ? [] : [name] }
}

function readDefault(tokens: Tokens, first: number, end: number): Found {
  const inner = readStatement(tokens, first + 2)
  const edits = [replaced(tokens, first, '')]
  if (inner.kind === 'class' && tokens.type(first + 1) === T.default)
    return { edits: [...edits, replaced(tokens, first + 1, '')], names: [] }
  if (inner.kind === 'function' && tokens.type(inner.first) !== T.eof) {
    const [own] = declaredFunctions(tokens, [inner])
    if (own !== undefined && isNamed(tokens, own.parameters))
      return { edits: [...edits, replaced(tokens, first + 1, '')], names: [], main: callOf(tokens, own) }
  }
  const own = functionAt(tokens, first + 2, end)
  const call = own === undefined ? USUAL_ARGUMENTS : argumentsOf(tokens, own)
  return {
    edits: [
      ...edits,
      replaced(tokens, first + 1, `const ${DEFAULT}: any =`),
      { at: tokens.end(end - 1), length: 0, text: ';' },
    ],
    names: [],
    main: `const $run = typeof ${DEFAULT} === "function" ? ${DEFAULT} : (${DEFAULT}?.main ?? ${DEFAULT}?.run ?? ${DEFAULT}?.execute ?? ${DEFAULT}?.handler); return typeof $run === "function" ? $run${call} : ${DEFAULT};`,
  }
}

function isNamed(tokens: Tokens, parameters: number): boolean {
  return tokens.type(parameters - 1) === T.name && !tokens.isWord(parameters - 1, 'function')
}

/** `export { a, b as default }` */
function readList(tokens: Tokens, first: number, end: number): Found {
  const names: string[] = []
  let main: string | undefined
  for (let at = first + 2; at < end && tokens.type(at) !== T.braceR; at++) {
    if (tokens.type(at) === T.comma) continue
    const name = tokens.text(at)
    names.push(name)
    if (!tokens.isWord(at + 1, 'as')) continue
    if (tokens.text(at + 2) === 'default')
      main = `return typeof ${name} === "function" ? ${name}${USUAL_ARGUMENTS} : ${name};`
    at += 2
  }
  return { edits: [blanked(tokens, first, end)], names, ...(main !== undefined && { main }) }
}

/** The declaration that an export is. */
function withoutExport(tokens: Tokens, statement: Statement): Statement {
  if (statement.kind !== 'export') return statement
  const { kind, first, end } = readStatement(tokens, statement.first + 1)
  return { kind, first, end: Math.max(end, statement.end) }
}

// ---- CommonJS -----------------------------------------------------------------------------------------------

const VALUE =
  `const $all = module.exports, $functions = Object.values($all).filter((value) => typeof value === "function"),
${DEFAULT} = $all.default ?? $all.main ?? $all.run ?? $all.execute ?? $all.handler
?? (typeof $all === "function" || $functions.length !== 1 ? $all : $functions[0]);`.replaceAll('\n', ' ')

/** `module.exports = …`, `exports.main = …` as the last expression of a program: what they set is called. */
export function commonExports(tokens: Tokens, statements: readonly Statement[]): Exports | undefined {
  const last = statements.findLast(({ kind }) => kind !== 'function')
  if (last?.kind !== 'expression' || !isExports(tokens, last.first)) return undefined
  let value = last.first
  while (value < last.end && tokens.type(value) !== T.eq) value++
  const own = functionAt(tokens, value + 1, tokens.type(last.end - 1) === T.semi ? last.end - 1 : last.end)
  const call = own === undefined ? USUAL_ARGUMENTS : argumentsOf(tokens, own)
  const text = 'const module: any = { exports: {} }, exports: any = module.exports; '
  return {
    edits: [{ at: tokens.start(0), length: 0, text }],
    ending: `${VALUE} return typeof ${DEFAULT} === "function" ? ${DEFAULT}${call} : ${DEFAULT};`,
  }
}

function isExports(tokens: Tokens, first: number): boolean {
  const isModule = tokens.isWord(first, 'module') && tokens.isWord(first + 2, 'exports')
  return (
    (isModule || tokens.isWord(first, 'exports')) &&
    (tokens.type(first + 1) === T.dot || tokens.type(first + 1) === T.eq)
  )
}
