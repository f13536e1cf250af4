import { originalColumns, type SourceKind, type Stripped, stripTypes } from '../guest/strip-types.ts'
import { applyEdits, columnBefore, type Edit } from './edit.ts'
import { foreignLanguage, mayBeFenced, unfence } from './fences.ts'
import { formOf } from './form.ts'
import { checkImports } from './imports.ts'
import { exactIntegers } from './integers.ts'
import { looseNames } from './loose-names.ts'
import { checkSigns } from './odd-signs.ts'
import { lastTokens, T, Tokens } from './tokens.ts'
import { explainUnread } from './unread.ts'
import { callInJson, candidates, programInJson } from './unwrap.ts'

export type Failure = Extract<Stripped, { ok: false }>

export interface ReadOptions {
  /** It may `require` packages. @default false */
  readonly mayRequire?: boolean
  /** Integers that a number cannot hold stay as written, for a reader that only looks at types. @default false */
  readonly keepsIntegers?: boolean
}

/** A program as it is meant: a body that returns its value. Its lines are those of the source. */
interface Read {
  readonly ok: true
  /** TypeScript. */
  readonly text: string
  readonly code: string
  /** Statements that follow. */
  readonly ending: string
  /** What was done to the source, in order: for places in what came of it. */
  readonly steps: readonly { readonly before: string; readonly edits: readonly Edit[] }[]
}

/** JavaScript of a program, however it was written; its lines are those of the source. */
export function readProgram(
  source: string,
  kind: SourceKind,
  options: ReadOptions = {},
): { readonly ok: true; readonly code: string } | Failure {
  const read = readSource(source, kind, options)
  return read.ok ? { ok: true, code: withEnding(read.code, read.ending) } : read
}

/** The program as the body of a function, in TypeScript; as it is where it cannot be read. */
export function toBody(source: string): string {
  const read = readSource(source, 'body', { mayRequire: true, keepsIntegers: true })
  return read.ok ? withEnding(read.text, read.ending) : source
}

/** Tells the column in the source of places in the code that {@link readProgram} made of it; all 1-based. */
export function columnsInSource(source: string, kind: SourceKind): (line: number, column: number) => number {
  const read = readSource(source, kind, { mayRequire: true })
  if (!read.ok) return (_line, column) => column
  const find = originalColumns(read.text, kind)
  const steps = read.steps.toReversed()
  return (line, column) =>
    steps.reduce((at, { before, edits }) => columnBefore(before, edits, line, at), find(line, column))
}

/** The source without what stands around its fences, or outside of the JSON text that it is in. */
export function plainSource(source: string): string {
  const given = source.replace(/^\uFEFF+/, '').replace(/^#!/, '//')
  const text = (programInJson(given) ?? given).replace(LANGUAGE, blank).replace(HEADLINE, blank)
  if (!mayBeFenced(text)) return text
  const stripped = stripTypes(text, 'body')
  return unfence(text, stripped.ok ? isTemplateIn(lastTokens()) : undefined) ?? text
}

/** The word behind an opening fence, where only the fence was left out. */
const LANGUAGE = /^\s*(?:js|javascript|jsx|mjs|ts|typescript|tsx)[ \t]*\r?\n/
/** A word with a colon over a declaration, which would be a label. */
const HEADLINE =
  /^\s*\p{Lu}\p{L}*:[ \t]*\r?\n(?=\s*(?:const|let|class|function|async|import|export|interface|type|enum)\b)/u

function blank(text: string): string {
  return text.replace(/\S/g, ' ')
}

/** What parses inside of a text that does not: {@link lastTokens} are its tokens. */
function unwrapped(text: string): Attempt | undefined {
  for (const candidate of candidates(text)) {
    const stripped = stripTypes(candidate, 'body')
    if (stripped.ok) return unchanged(candidate, stripped)
  }
  return undefined
}

/** The source whose lines errors tell. */
export function shownSource(source: string, kind: SourceKind): string {
  const text = plainSource(source)
  const mayGainLines = kind === 'body' && !text.trim().includes('\n') && text.includes('\\n')
  return mayGainLines && !stripTypes(text, kind).ok ? (unwrapped(text)?.text ?? text) : text
}

function readSource(source: string, kind: SourceKind, options: ReadOptions): Read | Failure {
  const named = kind === 'body' ? callInJson(source) : undefined
  if (named !== undefined) return { ok: false, message: `${CALL}, e.g. return await tools.${named}({ … })`, ...START }
  const plain = plainSource(source)
  const first = stripTypes(plain, kind)
  const asText = first.ok || kind === 'module' ? unchanged(plain, first) : retried(plain, first)
  const isLost = !asText.stripped.ok && kind === 'body'
  const { text, stripped, steps } = (isLost ? unwrapped(plain) : undefined) ?? asText
  if (!stripped.ok) return explainUnread(text, stripped, foreignLanguage(source))

  const tokens = new Tokens(text, lastTokens())
  const imports = checkImports(tokens, lastTokens(), options)
  if ('ok' in imports) return imports
  const signs = checkSigns(tokens)
  if ('ok' in signs) return signs
  const integers = options.keepsIntegers === true ? [] : exactIntegers(tokens)
  if ('ok' in integers) return integers
  const form = kind === 'body' ? formOf(tokens) : { edits: [], ending: '' }
  const loose = kind === 'body' ? looseNames(tokens) : []
  const edits = [...imports, ...signs, ...integers, ...loose, ...form.edits]
  const asWritten = { ok: true, text, code: stripped.code, ending: form.ending, steps } as const
  if (edits.length === 0) return asWritten
  // What is put before a token comes before what stands in its place.
  edits.sort((a, b) => a.at - b.at || Number(a.length > 0) - Number(b.length > 0))
  const edited = applyEdits(text, edits)
  const again = stripTypes(edited, kind)
  // What does not parse after it was changed stays as it was written.
  if (!again.ok) return { ...asWritten, ending: '' }
  return { ...asWritten, text: edited, code: again.code, steps: [...steps, { before: text, edits }] }
}

const CALL = 'the code is the request of a call, not a program: send it as execute_intent, or write the call as code'
const START = { line: 1, column: 1 }

function withEnding(code: string, ending: string): string {
  return ending === '' ? code : `${code}\n;${ending}`
}

interface Attempt {
  readonly text: string
  readonly stripped: Stripped
  readonly steps: Read['steps']
}

function unchanged(text: string, stripped: Stripped): Attempt {
  return { text, stripped, steps: [] }
}

/** Texts that do not parse as statements, but may with an expression: an object, a function without a name. */
function retried(text: string, failure: Failure): Attempt {
  for (const edits of asExpression(text)) {
    const edited = applyEdits(text, edits)
    const stripped = stripTypes(edited, 'body')
    if (stripped.ok) return { text: edited, stripped, steps: [{ before: text, edits }] }
  }
  return unchanged(text, failure)
}

function isTemplateIn(tokens: readonly { readonly type: number; readonly start: number }[]): (at: number) => boolean {
  return (at) => tokens.some(({ type, start }) => type === T.backQuote && start === at)
}

function asExpression(text: string): Edit[][] {
  let end = text.length
  while (end > 0 && /[\s;]/.test(text[end - 1] ?? '')) end--
  const close = { at: end, length: 0, text: ')' }
  const last = text.lastIndexOf('\n{')
  const first = text.search(/\S/)
  if (first === -1) return []
  const starts = /^(?:\{|async\b|function\b)/.test(text.slice(first)) ? [first] : []
  if (last !== -1 && last + 1 !== first) starts.push(last + 1)
  return starts.map((at) => [{ at, length: 0, text: at === first ? '(' : ';(' }, close])
}

/** What a source is explained by after it failed: its tokens, up to where they end. */
export function tokensOf(source: string, kind: SourceKind): Tokens {
  const plain = plainSource(source)
  if (stripTypes(plain, kind).ok || kind === 'module') return new Tokens(plain, lastTokens())
  const inside = unwrapped(plain)
  if (inside === undefined) stripTypes(plain, kind)
  return new Tokens(inside?.text ?? plain, lastTokens())
}
