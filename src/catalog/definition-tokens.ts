import { toJson } from '../internal/json.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'
import type { Catalog, CatalogTool } from './catalog.ts'

/** Counts what the definition of a tool costs in each request of a client that hands it to its model. */
export function createToolCounter(tokenizer: Tokenizer): (tool: CatalogTool) => number {
  const tools = new WeakMap<CatalogTool['definition'], number>()
  return ({ definition }) => {
    const known = tools.get(definition)
    if (known !== undefined) return known
    const { name, description, inputSchema } = definition
    const tokens = tokenizer.count(toJson({ name, description, inputSchema }))
    tools.set(definition, tokens)
    return tokens
  }
}

/** The same of all tools of a catalog. */
export function createDefinitionCounter(tokenizer: Tokenizer): (catalog: Catalog) => number {
  const count = createToolCounter(tokenizer)
  let last: { readonly tools: Catalog['tools']; readonly tokens: number } | undefined
  return (catalog) => {
    if (last?.tools === catalog.tools) return last.tokens
    let tokens = 0
    for (const tool of catalog.tools.values()) tokens += count(tool)
    last = { tools: catalog.tools, tokens }
    return tokens
  }
}
