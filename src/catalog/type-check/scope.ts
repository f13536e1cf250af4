import { LRUCache } from 'lru-cache'
import type { Catalog } from '../catalog.ts'
import { declarations } from '../declarations.ts'

/** What a program is checked against. */
export interface Scope {
  /** Equal keys have equal declarations. */
  readonly key: string
  declarations(): string
}

const SCOPES_KEPT = 8

/**
 * The part of a catalog that a program can mean: the servers that it names, as typings of thousands of tools cost
 * hundreds of milliseconds. A program cannot reach another server but by a computed name, which has no type.
 */
export function createScopes(): (source: string, catalog: Catalog) => Scope {
  const written = new LRUCache<string, string>({ max: SCOPES_KEPT })
  return (source, catalog) => {
    const words = new Set(source.match(/[\w$]+/g))
    const servers = [...catalog.servers.values()].map(({ key }) => key).filter((key) => words.has(key))
    const hasIntents = words.has('intents')
    const key = [catalog.version, hasIntents, ...servers].join()
    return { key, declarations: () => written.get(key) ?? write(key, servers, hasIntents, catalog) }
  }

  function write(key: string, servers: readonly string[], hasIntents: boolean, catalog: Catalog): string {
    const wanted = new Set(servers)
    const tools = [...catalog.tools.values()].filter(({ serverKey }) => wanted.has(serverKey)).map(({ id }) => id)
    const intents = hasIntents ? catalog.intents.keys() : []
    // What is not known of an answer may be anything: programs use it all the same.
    const text = declarations(catalog, { only: [...tools, ...intents], untyped: 'any' })
    written.set(key, text)
    return text
  }
}
