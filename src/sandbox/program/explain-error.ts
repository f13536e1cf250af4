import { nearestNames } from '../../internal/nearest.ts'
import { type Chain, chainText, type Link, readChains } from './chains.ts'
import { explainMissingName } from './missing-names.ts'
import { type CallOrigin, createOrigins, type Origins, pathOfChain } from './origins.ts'
import { endOfExpression } from './statements.ts'
import { T, type Tokens } from './tokens.ts'

/** What an error is explained from. */
export interface ErrorScene {
  readonly tokens: Tokens
  /** Where in the source it happened: with QuickJS the begin of an expression, with V8 the name in it. */
  readonly offset: number
  /** The dotted paths that the program can call. */
  readonly paths: readonly string[]
  /** The shapes of what functions answered last, by path. */
  readonly answers: Readonly<Record<string, string>>
}

/** An engine's message with the names of the things that it is about, where the source says them without doubt. */
export function explainError(message: string, scene: ErrorScene): string {
  const [, missing] = /^['"]?([\w$]+)['"]? is not defined$/.exec(message) ?? []
  const context = { ...scene, origins: createOrigins(scene.tokens), chains: readChains(scene.tokens) }
  if (missing !== undefined) return explainMissingName(missing, message, context)
  const [, unread] = /^cannot read '(.*)' of a promise: /.exec(message) ?? []
  if (unread !== undefined) return explainUnawaited(unread, context) ?? message
  const read = /^cannot (read|set) property '(.*)' of (undefined|null)$/.exec(message)
  const readByV8 = /^Cannot (read|set) properties of (undefined|null) \((?:reading|setting) '(.*)'\)$/.exec(message)
  const [, verb = '', property = '', empty = ''] =
    read ?? (readByV8 && [readByV8[0], readByV8[1], readByV8[3], readByV8[2]]) ?? []
  if (property === 'Symbol.iterator') return explainIterable(`${empty} is not iterable`, context) ?? message
  if (verb !== '') return explainEmpty(verb, property, empty, context) ?? message
  if (/(?:^| is )not a function$/.test(message)) return explainCall(message, context) ?? message
  if (/is not iterable/.test(message)) return explainIterable('is not iterable', context) ?? message
  if (/^Cannot convert undefined or null to object$/.test(message)) return explainTaken(context) ?? message
  if (/unexpected token|JSON/i.test(message)) return explainParse(message, context)
  return message
}

export interface Context extends ErrorScene {
  readonly origins: Origins
  readonly chains: readonly Chain[]
}

// ---- a property of nothing ----------------------------------------------------------------------------------

function explainEmpty(verb: string, property: string, empty: string, context: Context): string | undefined {
  const found = linkOf(property, context)
  if (found === undefined) return undefined
  const { chain, index } = found
  const { tokens } = context
  const link = chain.links[index] as Link
  const missing = missingPath(chain, index, context)
  if (missing !== undefined) return missing
  const expression = chainText(tokens, chain, link.first)
  const isPlain = !/^\(?(?:undefined|null)\)?$/.test(expression)
  const text = isPlain
    ? `${expression} is ${empty}, cannot ${verb} '${property}'`
    : `cannot ${verb} '${property}' of ${empty}`
  return text + valueHint(chain, context)
}

/** What our own promises of calls throw, with the call that was not awaited. */
function explainUnawaited(property: string, context: Context): string | undefined {
  const chain = linkOf(property, context)?.chain
  const hint = chain === undefined ? '' : valueHint(chain, context)
  return hint === '' ? undefined : `cannot read '${property}'${hint}`
}

/** The link that reads a property: in the chain at the place, or the only one of the line. */
function linkOf(property: string, context: Context): { chain: Chain; index: number } | undefined {
  const { tokens, chains, offset } = context
  const matches = chains.flatMap((chain) => {
    const named = chain.links.flatMap((link, index) => (link.name === property ? [{ chain, index, link }] : []))
    if (named.length > 0) return named
    return chain.links.flatMap((link, index) =>
      link.kind === 'index' && link.name === undefined ? [{ chain, index, link }] : [],
    )
  })
  const isHere = ({ chain, link }: (typeof matches)[number]): boolean =>
    tokens.start(chain.root) === offset || (tokens.start(link.first) <= offset && offset < tokens.end(link.end - 1))
  const here = matches.filter(isHere)
  if (here.length === 1) return here[0]
  if (here.length > 1) return undefined
  const [from, to] = lineOf(context)
  const near = matches.filter(({ link }) => tokens.start(link.first) >= from && tokens.start(link.first) < to)
  return near.length === 1 ? near[0] : undefined
}

function lineOf({ tokens, offset }: Context): [from: number, to: number] {
  const end = tokens.source.indexOf('\n', offset)
  return [tokens.source.lastIndexOf('\n', offset - 1) + 1, end === -1 ? tokens.source.length : end]
}

// ---- a call of what is no function --------------------------------------------------------------------------

/** Methods that are given functions: what is no function may be the argument. */
const TAKES_FUNCTIONS =
  /^(?:map|filter|forEach|find|findIndex|findLast|findLastIndex|some|every|reduce|reduceRight|flatMap|sort|toSorted|from|fromAsync|groupBy|replace|replaceAll|then|catch|finally|call|apply|bind|defer|adopt)$/

function explainCall(message: string, context: Context): string | undefined {
  const { tokens } = context
  const found = calleeOf(context)
  if (found === undefined) return undefined
  const { chain, index } = found
  const call = chain.links[index] as Link
  const missing = missingPath(chain, index, context)
  if (missing !== undefined) return missing
  const last = chain.links[index - 1]
  const isOfArgument = last?.name !== undefined && TAKES_FUNCTIONS.test(last.name) && !hasFunction(tokens, call)
  const callee = chainText(tokens, chain, call.first)
  if (tokens.type(chain.root - 1) === T.new && chain.links.findIndex(({ kind }) => kind === 'call') === index)
    return /constructor/.test(message) ? message : `${callee} is not a constructor`
  if (isOfArgument && !message.includes(last.name ?? ''))
    return `${callee}, or what it is given, is not a function${valueHint(chain, context)}`
  const isNamed = message.length > 'not a function'.length && !message.startsWith('(intermediate value)')
  return `${isNamed ? message : `${callee} is not a function`}${valueHint(chain, context)}`
}

function hasFunction(tokens: Tokens, { first, end }: Link): boolean {
  for (let at = first; at < end; at++) if (tokens.type(at) === T.arrow || tokens.isWord(at, 'function')) return true
  return false
}

/** The call that failed: QuickJS tells the name that is called, or where the chain or its key begins. */
function calleeOf({ tokens, chains, offset }: Context): { chain: Chain; index: number } | undefined {
  const calls = chains.flatMap((chain) =>
    chain.links.flatMap((link, index) => (link.kind === 'call' ? [{ chain, index }] : [])),
  )
  const exact = calls.find(({ chain, index }) => {
    const callee = chain.links[index - 1]
    const isNew = tokens.type(chain.root - 1) === T.new
    return callee === undefined || (isNew && tokens.start(chain.root) === offset)
      ? tokens.start(chain.root) === offset
      : callee.kind === 'member' && tokens.start(callee.end - 1) === offset
  })
  if (exact !== undefined) return exact
  const keyed = calls.filter(({ chain, index }) => {
    const callee = chain.links[index - 1]
    if (callee?.kind !== 'index') return false
    return tokens.start(chain.root) <= offset && offset < tokens.end(callee.end - 1)
  })
  return keyed.length === 1 ? keyed[0] : callAround({ tokens, chains, offset })
}

/** The innermost call in whose arguments the place is: QuickJS tells the last of them for some calls. */
function callAround({ tokens, chains, offset }: Pick<Context, 'tokens' | 'chains' | 'offset'>): Found | undefined {
  let found: Found | undefined
  for (const chain of chains)
    for (const [index, link] of chain.links.entries())
      if (link.kind === 'call' && tokens.start(link.first) < offset && offset < tokens.end(link.end - 1))
        found = { chain, index }
  return found
}

interface Found {
  readonly chain: Chain
  readonly index: number
}

// ---- functions that are not there ---------------------------------------------------------------------------

/** Why a chain up to before a link names nothing, if it names a path that does not exist. */
function missingPath(chain: Chain, links: number, context: Context): string | undefined {
  const { tokens, paths, origins } = context
  for (let count = 1; count <= links; count++) {
    const path = pathOfChain(tokens, chain, count, origins)
    if (path === undefined) return count === links ? unknownKey(chain, links, context) : undefined
    const written = chainText(tokens, chain, (chain.links[count - 1] as Link).end)
    if (isKnown(path, paths)) {
      if (count === links && isNamespace(path, paths))
        return `${written} is not a function: it holds ${membersOf(path, paths)}`
      continue
    }
    const isLast = count === links
    const whole = isLast ? path : (pathOfChain(tokens, chain, links, origins) ?? path)
    return doesNotExist(written === path || !written.includes(path) ? written : path, whole, paths)
  }
  const alias = links === 0 && tokens.type(chain.root) === T.name ? origins.pathOf(tokens.text(chain.root)) : undefined
  if (alias === undefined || alias === tokens.text(chain.root)) return undefined
  return isKnown(alias, paths)
    ? undefined
    : `${tokens.text(chain.root)} is undefined: ${doesNotExist(alias, alias, paths)}`
}

function doesNotExist(written: string, path: string, paths: readonly string[]): string {
  const nearest = nearestPaths(path, paths)
  return `${written} does not exist${nearest.length > 0 ? `; nearest: ${nearest.join(', ')}` : ''}`
}

/** Functions like a path, below the same root; where the name of a server is most like it, servers. */
function nearestPaths(path: string, paths: readonly string[]): string[] {
  const parts = path.split('.')
  const own = paths.filter((known) => known.startsWith(`${parts[0]}.`))
  const groups = parts.length === 2 ? [...new Set(own.map((known) => known.split('.').slice(0, 2).join('.')))] : []
  const [best] = nearestNames(path, [...groups, ...own], 1)
  if (best !== undefined) return nearestNames(path, groups.includes(best) ? groups : own)
  return parts.length < 3 ? [] : nearestNames(parts.at(-1) ?? '', own)
}

/** Names are found by their spelling too, and functions without their server. */
function isKnown(path: string, paths: readonly string[]): boolean {
  const key = folded(path)
  const isBare = key.split('.').length === 2
  return paths.some((known) => {
    const other = folded(known)
    return other === key || other.startsWith(`${key}.`) || (isBare && other.endsWith(`.${key.split('.')[1]}`))
  })
}

function isNamespace(path: string, paths: readonly string[]): boolean {
  const start = `${folded(path)}.`
  return paths.some((known) => folded(known).startsWith(start))
}

function folded(path: string): string {
  return path.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, '')
}

function membersOf(path: string, paths: readonly string[]): string {
  const start = `${folded(path)}.`
  const below = paths.filter((known) => folded(known).startsWith(start))
  const names = [...new Set(below.map((known) => known.split('.')[path.split('.').length] ?? ''))]
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
}

/** `tools.shop[name]` with a name that only the program knows. */
function unknownKey(chain: Chain, links: number, context: Context): string | undefined {
  const { tokens, paths, origins } = context
  const last = chain.links[links - 1]
  const above = pathOfChain(tokens, chain, links - 1, origins)
  if (last?.kind !== 'index' || above === undefined || !isKnown(above, paths)) return undefined
  return `${chainText(tokens, chain, last.end)} does not exist: ${above} holds ${membersOf(above, paths)}`
}

// ---- values that are taken apart ----------------------------------------------------------------------------

/** `const { a } = value`, `Object.keys(value)` where the value is nothing. */
function explainTaken(context: Context): string | undefined {
  const { tokens } = context
  const taken = patternAfter(T.braceL, context)
  const given = explainGiven('undefined or null', context)
  if (taken === undefined || given !== undefined) return taken === undefined ? given : undefined
  const { pattern, value } = taken
  const from = chainIn(value, context)
  const missing = from && missingPath(from, from.links.length, context)
  if (missing !== undefined) return missing
  if (isNothing(tokens, value)) return undefined
  const hint = from === undefined ? '' : valueHint(from, context)
  return isNested(tokens, pattern)
    ? `${tokens.between(pattern, tokens.skip(pattern) - 1)} finds undefined or null in ${shown(tokens, value)}${hint}`
    : `${shown(tokens, value)} is undefined or null: nothing can be taken out of it${hint}`
}

/**
 * The declaration that takes a value apart and comes first after the place: QuickJS tells the place of what was done
 * before it. None where another one may be meant, as its value is found without a place of its own.
 */
function patternAfter(opener: number, { tokens, offset }: Context): { pattern: number; value: Range } | undefined {
  const found: { pattern: number; value: Range }[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (tokens.start(at) < offset || !DECLARES.has(tokens.type(at)) || tokens.type(at + 1) !== opener) continue
    const equals = tokens.skip(at + 1)
    if (tokens.type(equals) !== T.eq) continue
    const end = endOfExpression(tokens, equals + 1)
    const value = { first: equals + 1, end: tokens.type(end - 1) === T.semi ? end - 1 : end }
    found.push({ pattern: at + 1, value })
    if (hasPlace(tokens, value)) break
  }
  return found.length === 1 ? found[0] : undefined
}

/** True for an expression that the engine keeps a place of: it reads or calls something. */
function hasPlace(tokens: Tokens, { first, end }: Range): boolean {
  for (let at = first; at < end; at++)
    if ([T.dot, T.questionDot, T.parenL, T.bracketL].includes(tokens.type(at))) return true
  return false
}

/** The chain that an expression begins with, behind `await`. */
function chainIn({ first }: Range, { tokens, chains }: Context): Chain | undefined {
  const root = tokens.isWord(first, 'await') ? first + 1 : first
  return chains.find((chain) => chain.root === root)
}

/** Functions of the language that take apart what they are given. */
const TAKES_APART = /^(?:Promise|Object|Map|Set|WeakMap|WeakSet|Array|Reflect)$/

function explainGiven(what: string, context: Context): string | undefined {
  const { tokens, chains, offset } = context
  const constructed = chains.find(({ root }) => tokens.type(root - 1) === T.new && tokens.start(root) === offset)
  const found = constructed ? { chain: constructed, index: 0 } : (calleeOf(context) ?? callAround(context))
  if (found === undefined || !TAKES_APART.test(tokens.text(found.chain.root))) return undefined
  const link = found.chain.links[found.index]
  if (link?.kind !== 'call' || link.end - link.first < 3) return undefined
  const name = chainText(tokens, found.chain, link.first)
  const given = { first: link.first + 1, end: link.end - 1 }
  const chain = chainIn(given, context)
  const text = isNothing(tokens, given) ? '' : `${shown(tokens, given)}, which is `
  return `${constructed ? 'new ' : ''}${name} is given ${text}${what}${chain === undefined ? '' : valueHint(chain, context)}`
}

/** A loop, a spread, a pattern or a function of the language that goes through what cannot be gone through. */
function explainIterable(what: string, context: Context): string | undefined {
  const { tokens } = context
  const around = valueAround(context)
  const given = around === undefined ? explainGiven('not iterable', context) : undefined
  const taken = patternAfter(T.bracketL, context)?.value
  if ((around ?? given) !== undefined && taken !== undefined) return undefined
  const value = around ?? taken
  if (value === undefined || isNothing(tokens, value)) return given
  const chain = chainIn(value, context)
  const text = shown(tokens, value)
  const isEmpty = /^(?:undefined|null)/.test(what)
  const hint = chain === undefined ? '' : valueHint(chain, context)
  return isEmpty
    ? `${text} is ${what.split(' ')[0]}: it cannot be gone through${hint}`
    : `${text} is not iterable${hint}`
}

/** What a loop or a spread around the place goes through. */
function valueAround({ tokens, chains, offset }: Context): Range | undefined {
  const around = chains.findLast((chain) => {
    const end = chain.links.at(-1)?.end ?? chain.rootEnd
    const first = tokens.isWord(chain.root - 1, 'await') ? chain.root - 1 : chain.root
    if (tokens.start(first) > offset || tokens.end(end - 1) <= offset) return false
    const before = first - 1
    return tokens.isWord(before, 'of') || tokens.type(before) === T.ellipsis
  })
  if (around === undefined) return undefined
  const first = tokens.isWord(around.root - 1, 'await') ? around.root - 1 : around.root
  return { first, end: around.links.at(-1)?.end ?? around.rootEnd }
}

interface Range {
  readonly first: number
  readonly end: number
}

const DECLARES: ReadonlySet<number> = new Set([T.const, T.let, T.var])

/** A pattern in which something else may be what is nothing. */
function isNested(tokens: Tokens, first: number): boolean {
  for (let at = first + 1; at < tokens.skip(first) - 1; at++)
    if (tokens.type(at) === T.braceL || tokens.type(at) === T.bracketL) return true
  return false
}

function isNothing(tokens: Tokens, { first, end }: Range): boolean {
  return end === first + 1 && /^(?:undefined|null)$/.test(tokens.text(first))
}

function shown(tokens: Tokens, { first, end }: Range): string {
  const text = tokens.between(first, end - 1)
  return text.length <= 80 ? text : `${text.slice(0, 50)}…${text.slice(-25)}`
}

function explainParse(message: string, context: Context): string {
  const { tokens, chains, offset } = context
  const call = chains.find(
    ({ root, links }) => tokens.isWord(root, 'JSON') && links[0]?.name === 'parse' && isNear(tokens, root, offset),
  )
  const argument = call?.links[1]?.kind === 'call' ? call.links[1].first + 1 : undefined
  if (argument === undefined) return message
  const end = Math.max(argument, (call?.links[1]?.end ?? argument + 2) - 2)
  const at = tokens.isWord(argument, 'await') ? argument + 1 : argument
  const chain = chains.find(({ root }) => root === at)
  const hint = chain === undefined ? '' : valueHint(chain, context)
  const isText = !/'(?:object|undefined)'|"?\[object Object\]"? is not valid|"undefined" is not valid/.test(message)
  if (isText) return `${message}${hint}`
  return `JSON.parse is given ${shown(tokens, { first: argument, end: end + 1 })}, which is no text${hint}`
}

function isNear(tokens: Tokens, root: number, offset: number): boolean {
  return Math.abs(tokens.start(root) - offset) < 12
}

// ---- what a value is ----------------------------------------------------------------------------------------

/** What the value is that a chain begins with, if the source says that a function of ours answered it. */
function valueHint(chain: Chain, context: Context): string {
  const { tokens, answers, origins } = context
  const origin = originOf(chain, context)
  if (origin === undefined) return ''
  const name = tokens.text(chain.root)
  const isNamed = tokens.type(chain.root) === T.name && origins.declares(name)
  if (!origin.isAwaited)
    return isNamed
      ? `: ${name} is a promise, write await before ${origin.path}(…)`
      : `: a call is a promise, write (await ${origin.path}(…))`
  const shape = answers[origin.path]
  if (shape === undefined) return ''
  if (origin.isPart) return `: ${origin.path} answered ${shape}`
  return isNamed ? `: ${name} is already the value: ${shape}` : `: the call answers the value itself: ${shape}`
}

function originOf(chain: Chain, { tokens, chains, origins }: Context): CallOrigin | undefined {
  if (tokens.type(chain.root) === T.name) {
    const named = origins.callOf(tokens.text(chain.root))
    if (named !== undefined) return named
  }
  // `(await tools.a.b()).c`, `await tools.a.b()`, and `tools.a.b().c`, which lacks its await.
  const isInside = tokens.type(chain.root) === T.parenL && tokens.isWord(chain.root + 1, 'await')
  const inner = isInside ? chains.find(({ root }) => root === chain.root + 2) : chain
  const call = inner?.links.findIndex(({ kind }) => kind === 'call') ?? -1
  if (inner === undefined || call === -1) return undefined
  const path = pathOfChain(tokens, inner, call, origins)
  const isWhole = tokens.isWord(chain.root - 1, 'await') && call === inner.links.length - 1
  return path === undefined ? undefined : { path, isPart: false, isAwaited: isInside || isWhole }
}
