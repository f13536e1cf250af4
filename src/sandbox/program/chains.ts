import { T, type Tokens } from './tokens.ts'

/** A step from one value to the next: `.name`, `[key]` or a call. Its tokens from `first` up to before `end`. */
export interface Link {
  readonly kind: 'member' | 'index' | 'call'
  /** The name, or the key where it is written as a text or number. */
  readonly name?: string
  readonly first: number
  readonly end: number
}

/** `a.b[c](d)`: what it begins with, and its links. */
export interface Chain {
  readonly root: number
  readonly rootEnd: number
  readonly links: readonly Link[]
}

const ROOTS: ReadonlySet<number> = new Set([T.name, T.parenL, T.bracketL, T.string, T.backQuote, T.this])

/** All chains of a source, those inside of others too. */
export function readChains(tokens: Tokens): Chain[] {
  const chains: Chain[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (!ROOTS.has(tokens.type(at)) || isLink(tokens, at) || tokens.isWord(at, 'await')) continue
    chains.push(readChain(tokens, at))
  }
  return chains
}

/** The source of a chain up to before a link, as it is shown. */
export function chainText(tokens: Tokens, chain: Chain, end: number): string {
  const text = tokens.between(chain.root, end - 1).replace(/\s+(?=\??\.)/g, '')
  return text.length <= 80 ? text : `${text.slice(0, 50)}…${text.slice(-25)}`
}

function isLink(tokens: Tokens, at: number): boolean {
  const before = tokens.type(at - 1)
  if (at === 0) return false
  if (before === T.dot || before === T.questionDot) return true
  const isOpener = tokens.type(at) === T.parenL || tokens.type(at) === T.bracketL || tokens.type(at) === T.backQuote
  return isOpener && [T.name, T.parenR, T.bracketR, T.nonNull].includes(before) && !isKeyword(tokens.text(at - 1))
}

function isKeyword(word: string): boolean {
  return word === 'await' || word === 'async' || word === 'of' || word === 'yield'
}

function readChain(tokens: Tokens, root: number): Chain {
  const rootEnd = tokens.skip(root)
  const links: Link[] = []
  let at = rootEnd
  for (;;) {
    if (tokens.type(at) === T.nonNull) {
      at++
      continue
    }
    const link = readLink(tokens, at)
    if (link === undefined) return { root, rootEnd, links }
    links.push(link)
    at = link.end
  }
}

function readLink(tokens: Tokens, first: number): Link | undefined {
  const type = tokens.type(first)
  const isStep = type === T.dot || type === T.questionDot
  const at = isStep ? first + 1 : first
  const next = tokens.type(at)
  if (isStep && next === T.name) return { kind: 'member', name: tokens.text(at), first, end: at + 1 }
  if (type === T.dot) return undefined
  if (next === T.parenL) return { kind: 'call', first, end: tokens.skip(at) }
  if (next !== T.bracketL) return undefined
  const end = tokens.skip(at)
  const name = end === at + 3 ? literal(tokens, at + 1) : undefined
  return { kind: 'index', first, end, ...(name !== undefined && { name }) }
}

/** A text or number as it is written; undefined for all that is not known before it runs. */
export function literal(tokens: Tokens, at: number): string | undefined {
  const type = tokens.type(at)
  if (type === T.num) return tokens.text(at)
  return type === T.string ? tokens.text(at).slice(1, -1) : undefined
}
