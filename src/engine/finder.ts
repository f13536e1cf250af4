import type { Catalog, CatalogEntry } from '../catalog/catalog.ts'
import { parameterDocs } from '../catalog/parameters.ts'
import { fullDescription, MAX_PARAMETER_CHARS, type OutputOf, withLearned } from '../catalog/search/answer-text.ts'
import type { SearchDocument } from '../catalog/search/document.ts'
import { parameterWords } from '../catalog/search/parameter-words.ts'
import { readQueries } from '../catalog/search/read-queries.ts'
import type { EvidenceOf, SearchQuestion, ToolSearch } from '../catalog/search/tool-search.ts'
import type { Usage } from '../catalog/search/usage.ts'
import { signature } from '../catalog/signature.ts'
import { wholeSentence } from '../catalog/whole-sentence.ts'
import type { HashedText, Similarities } from '../embed/similarities.ts'
import { shortHash } from '../internal/hash.ts'
import type { JsonObject } from '../internal/json.ts'
import { clip, modelText } from '../internal/text.ts'
import { ambiguousName, unknownName } from './unknown-name.ts'

/** Search with all that is known: words and meaning, an embedder where there is one, what was used before. */
export interface Finder {
  /** The answer for an agent, as text. Throws `INVALID_REQUEST`. */
  answer(catalog: Catalog, question: SearchQuestion, context: FinderContext): Promise<string>
  /** The same findings as data, for programs. */
  search(catalog: Catalog, question: SearchQuestion, context: FinderContext): Promise<readonly FoundEntry[]>
  /** Everything about one tool or intent; throws `UNKNOWN_TOOL` with the nearest names. */
  describe(catalog: Catalog, id: string): EntryDescription
  /** A tool or intent was executed for this principal. */
  executed(id: string, principal: string): void
}

export interface FinderContext {
  readonly principal: string
  readonly signal?: AbortSignal
}

/** What `tools.search()` answers for each match. */
export interface FoundEntry {
  /** `server.tool`, or the name of an intent. */
  readonly id: string
  readonly kind: 'tool' | 'intent'
  readonly signature: string
  /** A whole sentence. */
  readonly description: string
}

/** What `tools.describe()` answers. */
export interface EntryDescription extends FoundEntry {
  /** A line for each parameter. */
  readonly parameters: string
  readonly inputSchema: JsonObject | true
  /** The tool's own, or the learned one. */
  readonly outputSchema?: JsonObject | true
}

export interface FinderOptions {
  readonly search: ToolSearch
  readonly similarities: Similarities | undefined
  readonly usage: Usage | undefined
  /** The learned output of a tool that says nothing of it. */
  readonly outputOf?: OutputOf
}

const MAX_TEXT = 2_000

export function createFinder({ search, similarities, usage, outputOf }: FinderOptions): Finder {
  const texts = new WeakMap<SearchDocument, HashedText>()
  const textOf = (document: SearchDocument): HashedText => {
    const known = texts.get(document) ?? hashed(toText(document))
    texts.set(document, known)
    return known
  }

  const evidence = async (catalog: Catalog, query: SearchQuestion['query'], context: FinderContext) => {
    const indexing = search.ahead(catalog)
    if (indexing !== undefined) await indexing
    const queries = readQueries(query)
    const documents = similarities === undefined ? [] : search.documents(catalog)
    const nearness = await similarities?.of(queries, documents.map(textOf), context.signal)
    if (nearness === undefined && queries.every((text) => usage?.of(text) === undefined)) return { queries }
    const of: EvidenceOf = (text) => {
      const used = usage?.of(text)
      return {
        similarity: nearness === undefined ? undefined : (document) => nearness(text, textOf(document)),
        usage: used === undefined ? undefined : ({ id }) => used(id),
      }
    }
    return { queries, of }
  }

  return {
    async answer(catalog, question, context) {
      const known = await evidence(catalog, question.query, context)
      const answer = search.answer(catalog, question, known.of)
      usage?.shown(context.principal, known.queries, answer.ids)
      return answer.text
    },
    async search(catalog, question, context) {
      const known = await evidence(catalog, question.query, context)
      const { ids } = search.answer(catalog, question, known.of)
      usage?.shown(context.principal, known.queries, ids)
      return ids.flatMap((id) => {
        const entry = entryOf(id, catalog, outputOf)
        return entry === undefined ? [] : [toFound(entry)]
      })
    },
    describe: (catalog, id) => describeEntry(catalog, id, outputOf),
    executed: (id, principal) => usage?.executed(principal, id),
  }
}

/** All there is to know of a tool or an intent, with the output type that was learned. Throws `UNKNOWN_TOOL`. */
export function describeEntry(catalog: Catalog, name: string, outputOf?: OutputOf): EntryDescription {
  const entry = withOutput(requireEntry(catalog, name), outputOf)
  const { input, output } =
    entry.kind === 'tool'
      ? { input: entry.tool.inputSchema, output: entry.tool.outputSchema }
      : { input: entry.intent.input, output: entry.intent.output }
  return {
    ...toFound(entry),
    description: fullDescription(entry),
    parameters: parameterDocs(input, MAX_PARAMETER_CHARS),
    inputSchema: input,
    ...(output === undefined ? {} : { outputSchema: output }),
  }
}

function toFound(entry: CatalogEntry): FoundEntry {
  const { id, description } =
    entry.kind === 'tool'
      ? { id: entry.tool.id, description: entry.tool.description || entry.tool.title }
      : { id: entry.intent.name, description: entry.intent.description }
  return { id, kind: entry.kind, signature: signature(entry), description: wholeSentence(description) }
}

/** The tool or intent of a name, in any spelling. Throws `UNKNOWN_TOOL` with the nearest names. */
export function requireEntry(catalog: Catalog, name: string): CatalogEntry {
  const { entries } = catalog.names.find(name)
  const [entry] = entries
  if (entries.length > 1) throw ambiguousName('UNKNOWN_TOOL', 'describe', name, entries)
  if (entry !== undefined) return entry
  throw unknownName('UNKNOWN_TOOL', `cannot describe "${modelText(name, 100)}": no such tool or intent`, {
    nearest: catalog.names.nearest(name),
  })
}

function entryOf(id: string, catalog: Catalog, outputOf: OutputOf | undefined): CatalogEntry | undefined {
  const tool = catalog.tools.get(id)
  if (tool !== undefined) return withOutput({ kind: 'tool', tool }, outputOf)
  const intent = catalog.intents.get(id)
  return intent === undefined ? undefined : { kind: 'intent', intent }
}

function withOutput(entry: CatalogEntry, outputOf: OutputOf | undefined): CatalogEntry {
  return entry.kind === 'tool' ? { kind: 'tool', tool: withLearned(entry.tool, outputOf) } : entry
}

/** What an embedder reads of a tool. */
function toText({ serverName, name, description, inputSchema }: SearchDocument): string {
  return clip(`${serverName} ${name}: ${description}\n${parameterWords(inputSchema).names}`, MAX_TEXT)
}

function hashed(text: string): HashedText {
  return { text, hash: shortHash(text) }
}
