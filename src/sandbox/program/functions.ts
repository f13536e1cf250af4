import { type Statement } from './statements.ts'
import { T, type Tokens } from './tokens.ts'

/** Names of functions that are meant to be called, though nothing calls them. */
export const ENTRIES: readonly string[] = [
  'main',
  'run',
  'execute',
  'handler',
  'program',
  'start',
  'script',
  'task',
  'solve',
]

/** Where the tokens of a function expression end, if one begins at `first`; it may be in parentheses. */
export function functionAt(tokens: Tokens, first: number, end: number): FunctionTokens | undefined {
  if (tokens.type(first) === T.parenL && tokens.skip(first) === end) return functionAt(tokens, first + 1, end - 1)
  let at = first
  if (tokens.type(at) === T.name && tokens.isWord(at, 'async') && !tokens.isNewLine(at + 1)) at++
  // The parser makes a name of the word where an expression begins with it.
  if (tokens.isWord(at, 'function')) {
    while (at < end && tokens.type(at) !== T.parenL) at++
    const body = tokens.skip(at)
    return tokens.skip(body) === end ? { parameters: at } : undefined
  }
  // `async => 1` and `async (a) => 1`: the word is a name, or it belongs to the function.
  if (tokens.type(at) === T.arrow) at--
  const isHead = tokens.type(at) === T.parenL || tokens.type(at) === T.name
  return isHead && tokens.type(tokens.skip(at)) === T.arrow ? { parameters: at } : undefined
}

/** A function's place in the tokens: its parenthesis, or its only parameter. */
export interface FunctionTokens {
  readonly parameters: number
}

const SURROUNDINGS =
  '{ intents, results, ...(typeof state === "undefined" ? {} : { state }), ...(typeof resources === "undefined" ? {} : { resources, prompts }) }'
const INPUT = 'params'
const EVERYTHING = `{ ...${SURROUNDINGS}, context: ${SURROUNDINGS}, tools, params, input: params, args: params, console }`
const BY_NAME: ReadonlyMap<string, string> = new Map([
  ...['tools', 'mcp', 'codemode', 'servers', 'client'].map((name) => [name, 'tools'] as const),
  ...['params', 'input', 'inputs', 'args'].map((name) => [name, INPUT] as const),
  ...['context', 'ctx'].map((name) => [name, SURROUNDINGS] as const),
  ...['intents', 'results', 'console'].map((name) => [name, name] as const),
])
const BY_PLACE = [INPUT, 'tools', SURROUNDINGS]

/**
 * What a function that is a whole program is called with, as the text of a call: input, tools and context, as intents
 * get them, where the names of its parameters do not say otherwise.
 */
export function argumentsOf(tokens: Tokens, { parameters }: FunctionTokens): string {
  if (tokens.type(parameters) === T.name) return `(${argument(tokens, parameters, parameters + 1, 0)})`
  const end = tokens.skip(parameters) - 1
  const list: string[] = []
  for (let at = parameters + 1; at < end;) {
    const first = at
    while (at < end && tokens.type(at) !== T.comma) at = tokens.skip(at)
    list.push(argument(tokens, first, at, list.length))
    at++
  }
  return `(${list.join(', ')})`
}

/** What any function is called with whose parameters are not known. */
export const USUAL_ARGUMENTS: string = `(${BY_PLACE.join(', ')})`

function argument(tokens: Tokens, first: number, end: number, place: number): string {
  const usual = BY_PLACE[place] ?? 'undefined'
  if (tokens.type(first) === T.ellipsis) return usual
  if (tokens.type(first) !== T.braceL) return BY_NAME.get(tokens.text(first)) ?? usual
  const isOfAll = (at: number): boolean => {
    const name = tokens.text(at)
    return (BY_NAME.has(name) && !['args', 'client', 'mcp'].includes(name)) || name === 'state'
  }
  for (let at = first + 1; at < end && at < tokens.skip(first); at++)
    if (tokens.type(at) === T.name && isOfAll(at) && place === 0) return EVERYTHING
  return usual
}

/** A function that a statement declares. */
export interface Declared extends FunctionTokens {
  readonly name: string
  readonly statement: Statement
}

/** The statement that answers what the function answers. */
export function callOf(tokens: Tokens, declared: Declared): string {
  return `return ${declared.name}${argumentsOf(tokens, declared)};`
}

/** The functions that statements declare, also by constants. */
export function declaredFunctions(tokens: Tokens, statements: readonly Statement[]): Declared[] {
  return statements.flatMap((statement): Declared[] => {
    const { kind, first, end } = statement
    if (kind === 'function') {
      let at = first
      while (at < end && tokens.type(at) !== T.parenL) at++
      return [{ name: tokens.text(at - 1), statement, parameters: at }]
    }
    if (kind !== 'variable' || tokens.type(first + 2) !== T.eq) return []
    const own = functionAt(tokens, first + 3, tokens.type(end - 1) === T.semi ? end - 1 : end)
    return own === undefined ? [] : [{ name: tokens.text(first + 1), statement, ...own }]
  })
}
