import type { SearchDocument } from './document.ts'
import { parameterWords } from './parameter-words.ts'
import type { Tokenize } from './tokenize.ts'

/** Weight of a field; how much its length counts (0 to 1); its usual length in terms. */
export interface Field {
  readonly weight: number
  readonly lengthShare: number
  /** Mean over public MCP servers. A constant, so that one server's change never touches another's weights. */
  readonly usualLength: number
}

export type FieldName = 'name' | 'server' | 'description' | 'serverDescription' | 'params' | 'paramDocs'

/** Tuned on halves of labelled sets; rounded values score the same within .002 nDCG. */
export const FIELDS: Readonly<Record<FieldName, Field>> = {
  name: { weight: 1, lengthShare: 0, usualLength: 3 },
  server: { weight: 2, lengthShare: 0.6, usualLength: 2.5 },
  description: { weight: 1, lengthShare: 0.5, usualLength: 15 },
  serverDescription: { weight: 0.6, lengthShare: 1, usualLength: 18 },
  params: { weight: 0.3, lengthShare: 0.4, usualLength: 5 },
  paramDocs: { weight: 0.2, lengthShare: 0.5, usualLength: 20 },
}

const MAX_TEXT = 8_000

/** Weight of each term of a document, length-normalised per field. */
export function weighDocument(
  document: SearchDocument,
  tokenize: Tokenize,
  fields: Readonly<Record<FieldName, Field>> = FIELDS,
): Map<string, number> {
  const weights = new Map<string, number>()
  for (const [field, text] of fieldTexts(document)) {
    const { weight, lengthShare, usualLength } = fields[field]
    const terms = tokenize(text.slice(0, MAX_TEXT))
    const share = weight / (1 - lengthShare + (lengthShare * terms.length) / usualLength)
    for (const term of terms) weights.set(term, (weights.get(term) ?? 0) + share)
  }
  return weights
}

function fieldTexts(document: SearchDocument): [FieldName, string][] {
  const parameters = parameterWords(document.inputSchema)
  return [
    ['name', document.name],
    ['server', document.serverName],
    ['description', document.description],
    ['serverDescription', document.serverDescription],
    ['params', parameters.names],
    ['paramDocs', parameters.documentation],
  ]
}
