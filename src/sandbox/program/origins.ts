import { type Chain, literal, readChains } from './chains.ts'
import { T, type Tokens } from './tokens.ts'

const DECLARES: ReadonlySet<number> = new Set([T.const, T.let, T.var])

/** How names of a source come by their values, where the source says it once and without doubt. */
export interface Origins {
  /** What a dotted path of functions a name stands for: `tools.shop.list_issues` for `const list = tools.shop.list_issues`. */
  pathOf(name: string): string | undefined
  /** The path of the function whose answer a name holds, or is a part of. */
  callOf(name: string): CallOrigin | undefined
  /** The text that a constant is. */
  textOf(name: string): string | undefined
  /** True where the program declares the name itself. */
  declares(name: string): boolean
  readonly declared: readonly string[]
}

/** A call that gave a value. */
export interface CallOrigin {
  readonly path: string
  /** Only a field of its answer was taken. */
  readonly isPart: boolean
  /** False: the value is its promise. */
  readonly isAwaited: boolean
}

/** The roots of paths, `codemode` and `mcp` being `tools` in programs that do not declare them. */
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['tools', 'tools'],
  ['codemode', 'tools'],
  ['mcp', 'tools'],
  ['intents', 'intents'],
  ['results', 'results'],
  ['resources', 'resources'],
  ['prompts', 'prompts'],
])

export function createOrigins(tokens: Tokens): Origins {
  const declared = declarationsOf(tokens)
  const counts = new Map<string, number>()
  for (const { name } of declared) counts.set(name, (counts.get(name) ?? 0) + 1)
  const once = new Map(declared.filter(({ name }) => counts.get(name) === 1).map((item) => [item.name, item]))
  const chains = new Map(readChains(tokens).map((chain) => [chain.root, chain]))

  const origins: Origins = {
    declared: [...counts.keys()],
    declares: (name) => counts.has(name),
    textOf(name) {
      const own = once.get(name)
      return own?.value === undefined || own.part !== undefined ? undefined : literal(tokens, own.value)
    },
    pathOf(name) {
      const own = once.get(name)
      if (own === undefined) return counts.has(name) ? undefined : ROOTS.get(name)
      if (own.value === undefined) return name === 'tools' ? name : undefined
      const chain = chains.get(own.value)
      if (chain === undefined || own.value === undefined) return undefined
      const path = pathOfChain(tokens, chain, chain.links.length, origins)
      return path === undefined || own.part === undefined ? path : `${path}.${own.part}`
    },
    callOf(name) {
      const own = once.get(name)
      if (own?.value === undefined) return undefined
      const isAwaited = tokens.isWord(own.value, 'await')
      const chain = chains.get(isAwaited ? own.value + 1 : own.value)
      if (chain === undefined) return undefined
      if (chain.links.findIndex(({ kind }) => kind === 'call') !== chain.links.length - 1) return undefined
      const path = pathOfChain(tokens, chain, chain.links.length - 1, origins)
      return path === undefined ? undefined : { path, isPart: own.part !== undefined, isAwaited }
    },
  }
  return origins
}

/** The dotted path that a chain names up to before a link: names, texts, and constants that are texts. */
export function pathOfChain(tokens: Tokens, chain: Chain, links: number, origins: Origins): string | undefined {
  if (tokens.type(chain.root) !== T.name) return undefined
  let path = origins.pathOf(tokens.text(chain.root))
  for (const link of chain.links.slice(0, links)) {
    if (path === undefined || link.kind === 'call') return undefined
    const isName = link.kind === 'index' && link.name === undefined && link.end === link.first + 3
    const name = link.name ?? (isName ? origins.textOf(tokens.text(link.first + 1)) : undefined)
    path = name === undefined ? undefined : `${path}.${name}`
  }
  return path
}

interface Declaration {
  readonly name: string
  /** Where its value begins; undefined for parameters and others without one. */
  readonly value?: number
  /** The name of the field that it is of the value. */
  readonly part?: string
}

function declarationsOf(tokens: Tokens): Declaration[] {
  const list: Declaration[] = []
  const known = new Set<number>()
  for (let at = 0; at < tokens.length; at++) {
    if (!DECLARES.has(tokens.type(at))) continue
    const end = tokens.skip(at + 1)
    if (tokens.type(at + 1) === T.name) {
      known.add(at + 1)
      const value = tokens.type(end) === T.eq ? { value: end + 1 } : {}
      list.push({ name: tokens.text(at + 1), ...value })
    } else if (tokens.type(at + 1) === T.braceL) {
      const value = tokens.type(end) === T.eq ? { value: end + 1 } : {}
      for (let inner = at + 2; inner < end - 1; inner++) {
        const isKey = tokens.type(inner) === T.name && [T.braceL, T.comma].includes(tokens.type(inner - 1))
        if (!isKey) continue
        const isRenamed = tokens.type(inner + 1) === T.colon && tokens.type(inner + 2) === T.name
        const name = isRenamed ? inner + 2 : inner
        known.add(name)
        list.push({ name: tokens.text(name), part: tokens.text(inner), ...value })
      }
    }
  }
  for (const [at, { type, identifierRole }] of tokens.all.entries())
    if (type === T.name && isDeclaring(identifierRole) && !known.has(at)) list.push({ name: tokens.text(at) })
  return list
}

/** sucrase's roles of names that are declared: at the top level, in functions, in blocks, each also in a shorthand. */
export function isDeclaring(role: number | null): boolean {
  return role !== null && role >= 2 && role <= 7
}
