import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { Catalog, CatalogTool } from './catalog.ts'

/** Counts what all definitions of a catalog cost in each request of a client that hands them to its model. */
export function createDefinitionCounter(tokenizer: Tokenizer): (catalog: Catalog) => number {
  const tools = new WeakMap<CatalogTool['definition'], number>()
  let last: { readonly tools: Catalog['tools']; readonly tokens: number } | undefined
  const count = ({ definition }: CatalogTool): number => {
    const known = tools.get(definition)
    if (known !== undefined) return known
    const { name, description, inputSchema } = definition
    const tokens = tokenizer.count(JSON.stringify({ name, description, inputSchema }))
    tools.set(definition, tokens)
    return tokens
  }
  return (catalog) => {
    if (last?.tools === catalog.tools) return last.tokens
    let tokens = 0
    for (const tool of catalog.tools.values()) tokens += count(tool)
    last = { tools: catalog.tools, tokens }
    return tokens
  }
}
