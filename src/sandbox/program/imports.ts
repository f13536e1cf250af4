import { type Stripped } from '../guest/strip-types.ts'
import { GUEST_GLOBALS } from '../guest/guest-globals.ts'
import { adviceFor } from './import-advice.ts'
import { blanked, type Edit, placeAt } from './edit.ts'
import { endOfExpression } from './statements.ts'
import { type Token, T, type Tokens } from './tokens.ts'

type Failure = Extract<Stripped, { ok: false }>

const OURS: ReadonlySet<string> = new Set(['tools', 'intents', 'results', 'resources', 'prompts', 'params', 'console'])
/** Modules whose names are globals here, and mean the same. */
const GLOBAL_MODULES =
  /^(?:node:)?(?:url|util|buffer|timers|perf_hooks|crypto|console|globals|abort-controller|events)$/

/** The module with the types of intents. */
const AUTHORS = 'mcp-optimizer/intents'

/** Only what has one of these words is looked at. */
const WORTH_A_LOOK = /import|export|require|namespace|module|@/

/**
 * The imports to take out of a source, as they bring only types or what is there anyway; or why there is no such
 * module. Only imports in the code count: not those in its texts and comments. Also what is stripped is looked at, as
 * a namespace with values must not vanish.
 */
export function checkImports(
  tokens: Tokens,
  all: readonly Token[],
  { mayRequire = false }: { readonly mayRequire?: boolean } = {},
): Edit[] | Failure {
  const erased: Edit[] = []
  if (!WORTH_A_LOOK.test(tokens.source)) return erased
  const isRefused = !mayRequire && !ownsRequire(tokens)
  for (let at = 0; at < tokens.length; at++) {
    const type = tokens.type(at)
    const found =
      type === T.import
        ? readImport(tokens, at)
        : type === T.export
          ? readReexport(tokens, at)
          : type !== T.name || !isRefused
            ? undefined
            : readRequire(tokens, at)
    if (found?.isErased === false) return refusal(tokens, at, found.module)
    if (found?.edits !== undefined) erased.push(...found.edits)
    if (type === T.at) return { ok: false, message: DECORATORS, ...placeAt(tokens.source, tokens.start(at)) }
  }
  return lostNamespace(tokens.source, all) ?? erased
}

const DECORATORS = 'decorators are not read: call their function with the class or the method instead'

interface Import {
  readonly module: string
  readonly isErased: boolean
  /** Undefined: the transformation takes it out itself. */
  readonly edits?: readonly Edit[]
}

function readImport(tokens: Tokens, at: number): Import | undefined {
  const next = tokens.type(at + 1)
  if (tokens.type(at - 1) === T.dot || next === T.dot) return undefined
  if (next === T.parenL) return { module: textOf(tokens, at + 2), isErased: false }
  if (next === T.string) return { module: textOf(tokens, at + 1), isErased: false }
  const isType = tokens.isWord(at + 1, 'type') && !tokens.isWord(at + 2, 'from') && tokens.type(at + 2) !== T.comma
  const end = endOfExpression(tokens, at)
  const last = tokens.type(end - 1) === T.semi ? end - 2 : end - 1
  // `import a = require('b')`
  if (tokens.type(last) === T.parenR) return { module: textOf(tokens, last - 1), isErased: false }
  const module = textOf(tokens, stringIn(tokens, at, end))
  if (isType) return { module, isErased: true }
  const names = namesOf(tokens, at + 1, end)
  if (module === AUTHORS && names?.every((name) => name === 'defineIntent') === true)
    return { module, isErased: true, edits: [writtenOut(tokens, at, last + 1)] }
  if (!isHere(names, module)) return { module, isErased: false }
  return { module, isErased: true, edits: [blanked(tokens, at, last + 1)] }
}

/** What authors of intents import as a value, in the place of its import; functions are there before any line runs. */
const DEFINE_INTENT = 'function defineIntent(_metadata, program) { return program }'

function writtenOut(tokens: Tokens, first: number, end: number): Edit {
  const { at, length, text } = blanked(tokens, first, end)
  return { at, length, text: DEFINE_INTENT + text.replaceAll(' ', '') }
}

/** The place of the module's name: what stands behind it are attributes. */
function stringIn(tokens: Tokens, first: number, end: number): number {
  for (let at = first; at < end; at++) if (tokens.type(at) === T.string) return at
  return end
}

/** The names that an import in braces brings as they are; undefined for all other imports. */
function namesOf(tokens: Tokens, first: number, end: number): string[] | undefined {
  if (tokens.type(first) !== T.braceL) return undefined
  const names: string[] = []
  for (let at = first + 1; at < end && tokens.type(at) !== T.braceR; at++) {
    if (tokens.type(at) === T.comma) continue
    if (tokens.isWord(at + 1, 'as')) return undefined
    names.push(tokens.text(at))
  }
  return names
}

function isHere(names: readonly string[] | undefined, module: string): boolean {
  if (names === undefined) return false
  return names.every((name) => OURS.has(name) || (GLOBAL_MODULES.test(module) && GUEST_GLOBALS.includes(name)))
}

function readReexport(tokens: Tokens, at: number): Import | undefined {
  if (tokens.isWord(at + 1, 'type')) return undefined
  if (tokens.type(at + 1) !== T.braceL && tokens.type(at + 1) !== T.star) return undefined
  const end = endOfExpression(tokens, at)
  const from = stringIn(tokens, at, end)
  return tokens.isWord(from - 1, 'from') ? { module: textOf(tokens, from), isErased: false } : undefined
}

/** A call of `require` with a name. */
function readRequire(tokens: Tokens, at: number): Import | undefined {
  const isCall = tokens.type(at + 1) === T.parenL && tokens.type(at + 2) === T.string && tokens.type(at - 1) !== T.dot
  if (!isCall || !tokens.isWord(at, 'require')) return undefined
  return { module: textOf(tokens, at + 2), isErased: false }
}

function ownsRequire(tokens: Tokens): boolean {
  return tokens.all.some((_token, at) => tokens.isWord(at, 'require') && DECLARES.has(tokens.type(at - 1)))
}

const DECLARES: ReadonlySet<number> = new Set([T.const, T.let, T.var, T.function, T.comma])

function textOf(tokens: Tokens, at: number): string {
  const text = tokens.text(at)
  return tokens.type(at) === T.string ? text.slice(1, -1) : ''
}

function refusal(tokens: Tokens, at: number, module: string): Failure {
  return { ok: false, message: adviceFor(module), ...placeAt(tokens.source, tokens.start(at)) }
}

/** A namespace that holds values: they would vanish with its types. */
function lostNamespace(source: string, all: readonly Token[]): Failure | undefined {
  for (const [index, token] of all.entries()) {
    if (!token.isType || token.type !== T.name) continue
    const word = source.slice(token.start, token.end)
    if (word !== 'namespace' && word !== 'module') continue
    const next = all[index + 1]
    if (next?.type !== T.name || !next.isType || isDeclared(source, all, index) || !hasValues(all, index)) continue
    const name = source.slice(next.start, next.end)
    const message = `the namespace ${name} holds values, and namespaces are read for their types only: write const ${name} = { … }`
    return { ok: false, message, ...placeAt(source, token.start) }
  }
  return undefined
}

function isDeclared(source: string, all: readonly Token[], index: number): boolean {
  const [before, first] = [all[index - 1], all[index - 2]]
  return [before, first].some((token) => token !== undefined && source.slice(token.start, token.end) === 'declare')
}

const VALUES: ReadonlySet<number> = new Set([T.const, T.let, T.var, T.function, T.class, T.enum])

function hasValues(all: readonly Token[], index: number): boolean {
  for (let at = index; at < all.length; at++) {
    const token = all[at]
    if (token === undefined || !token.isType) return false
    if (VALUES.has(token.type)) return true
    if (token.type === T.braceR) return false
  }
  return false
}
