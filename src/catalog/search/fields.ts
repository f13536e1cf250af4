import type { SearchDocument } from './document.ts'
import { parameterWords } from './parameter-words.ts'
import type { Tokenize } from './tokenize.ts'

/** Weight of a field; how much its length counts (0 to 1); its usual length in terms. */
interface Field {
  readonly weight: number
  readonly lengthShare: number
  /** Mean over public MCP servers. A constant, so that one server's change never touches another's weights. */
  readonly usualLength: number
}

export type FieldName = 'name' | 'server' | 'description' | 'serverDescription' | 'params' | 'paramDocs'

/** Tuned on halves of labelled sets; rounded values score the same within .002 nDCG. */
const FIELDS: Readonly<Record<FieldName, Field>> = {
  name: { weight: 1, lengthShare: 0, usualLength: 3 },
  server: { weight: 2, lengthShare: 0.6, usualLength: 2.5 },
  description: { weight: 1, lengthShare: 0.5, usualLength: 15 },
  serverDescription: { weight: 0.6, lengthShare: 1, usualLength: 18 },
  params: { weight: 0.3, lengthShare: 0.4, usualLength: 5 },
  paramDocs: { weight: 0.2, lengthShare: 0.5, usualLength: 20 },
}
const NAMES = Object.keys(FIELDS) as FieldName[]
const MAX_TEXT = 8_000

/** Reads the search terms of documents, field by field; what a server says of itself is read once for all its tools. */
export function createFieldReader(tokenize: Tokenize): (document: SearchDocument) => Record<FieldName, string[]> {
  const terms = (text: string): string[] => tokenize(text.slice(0, MAX_TEXT))
  const server = lastOf(terms)
  const serverDescription = lastOf(terms)
  return (document) => {
    const parameters = parameterWords(document.inputSchema)
    return {
      name: terms(document.name),
      server: server(document.serverName),
      description: terms(document.description),
      serverDescription: serverDescription(document.serverDescription),
      params: terms(parameters.names),
      paramDocs: terms(parameters.documentation),
    }
  }
}

function lastOf<T>(work: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly value: T } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, value: work(text) }
    return last.value
  }
}

/** Weight of each term, length-normalised per field. */
export function weighTerms(fields: Readonly<Record<FieldName, readonly string[]>>): Map<string, number> {
  const weights = new Map<string, number>()
  for (const name of NAMES) {
    const { weight, lengthShare, usualLength } = FIELDS[name]
    const terms = fields[name]
    const share = weight / (1 - lengthShare + (lengthShare * terms.length) / usualLength)
    for (const term of terms) weights.set(term, (weights.get(term) ?? 0) + share)
  }
  return weights
}
