import { GUEST_GLOBALS } from '../guest/guest-globals.ts'
import { type Edit, replaced } from './edit.ts'
import { isDeclaring } from './origins.ts'
import { T, type Tokens } from './tokens.ts'

/** Only what has one of these is looked at: an assignment at the begin of a line or loop, or a name that other hosts have. */
const WORTH_A_LOOK =
  /(?:^|[;{(])[ \t]*[A-Za-z_$][\w$]*\s*(?:=(?![=>])|of\b|in\b)|\b(?:codemode|mcp)\s*[.[]|\b(?:input|args)\b/m

/** Names for the params that hosts and intents have. */
const PARAMS: ReadonlySet<string> = new Set(['input', 'args'])
/** What other hosts call the object with all tools. */
const HOSTS: ReadonlySet<string> = new Set(['codemode', 'mcp'])

/**
 * Names that a program uses and nothing declares, where there is no doubt what they are: those that it sets itself are
 * declared, as scripts that are not strict do without, and the tools are found by the name that other hosts give them.
 */
export function looseNames(tokens: Tokens): Edit[] {
  if (!WORTH_A_LOOK.test(tokens.source)) return []
  const declared = declaredNames(tokens)
  const set = new Set<string>()
  const edits: Edit[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (tokens.type(at) !== T.name || tokens.all[at]?.identifierRole !== 0) continue
    const name = tokens.text(at)
    if (declared.has(name)) continue
    if (PARAMS.has(name)) edits.push(replaced(tokens, at, 'params'))
    else if (isSet(tokens, at)) set.add(name)
    else if (HOSTS.has(name) && [T.dot, T.bracketL].includes(tokens.type(at + 1)))
      edits.push(replaced(tokens, at, 'tools'))
  }
  if (set.size > 0) edits.unshift({ at: tokens.start(0), length: 0, text: `let ${[...set].join(', ')}; ` })
  return edits
}

function declaredNames(tokens: Tokens): ReadonlySet<string> {
  const names = new Set<string>(GUEST_GLOBALS)
  for (const name of ['params', 'tools', 'intents', 'results', 'state', 'module', 'exports', 'undefined'])
    names.add(name)
  for (const [at, { type, identifierRole }] of tokens.all.entries())
    if (type === T.name && isDeclaring(identifierRole)) names.add(tokens.text(at))
  return names
}

/** `name = …` as a statement of its own, and `for (name of …)`. */
function isSet(tokens: Tokens, at: number): boolean {
  const before = tokens.type(at - 1)
  const isFirst = at === 0 || tokens.isNewLine(at) || [T.semi, T.braceL, T.braceR, T.parenL, T.parenR].includes(before)
  if (isFirst && tokens.type(at + 1) === T.eq) return true
  const isLoop = before === T.parenL && (tokens.type(at - 2) === T.for || tokens.isWord(at - 2, 'await'))
  return isLoop && (tokens.isWord(at + 1, 'of') || tokens.isWord(at + 1, 'in'))
}
