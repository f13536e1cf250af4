import type { JsonObject } from '../../internal/json.ts'
import { cleanText, clip } from '../../internal/text.ts'
import type { Catalog, CatalogEntry, CatalogTool } from '../catalog.ts'
import { parameterDocs } from '../parameters.ts'
import { signature } from '../signature.ts'
import { wholeSentence } from '../whole-sentence.ts'
import type { SearchDocument } from './document.ts'
import type { SearchHit } from './search-index.ts'
import { type Unavailable, unavailableLine } from './unavailable.ts'

export type Detail = 'name' | 'signature' | 'full'

/** What was learned of a tool's results; undefined where nothing was. */
export type OutputOf = (tool: CatalogTool) => JsonObject | undefined

/** What was found, as an agent reads it. */
export interface Findings {
  /** Best first, as many as are shown and some more. */
  readonly hits: readonly SearchHit[]
  /** How many match about as well. */
  readonly total: number
  /** How many queries there were: the best of each gets a signature. */
  readonly queries: number
  /** Products of the queries that nothing here knows. */
  readonly unknown: readonly string[]
  /** Servers the answer has to say something of. */
  readonly unavailable: readonly Unavailable[]
}

/** Ranks that get a signature, at least; the others are names with a line. */
const SIGNATURES = 3
/** Most characters of a sentence; a longer one is cut at the end of a clause, and stands for the best alone. */
const MAX_BEST_CHARS = 200
const MAX_OTHER_CHARS = 120
const MAX_SERVERS = 4
/** Most characters that a tool's parameters are told in. */
export const MAX_PARAMETER_CHARS = 3_000
/** Characters of an answer for each tool shown; about 200 tokens for ten. */
const CHARS_A_TOOL = 84

/**
 * The best as signatures with a sentence of description, the others as names, with a sentence where the answer has room
 * for the whole of it, then how many more match.
 */
export function answerText(
  findings: Findings,
  limit: number,
  detail: Detail,
  catalog: Catalog,
  outputOf?: OutputOf,
): string {
  const { hits, total, queries, unknown, unavailable } = findings
  const signatures = Math.max(SIGNATURES, queries)
  const entries = hits.slice(0, limit).flatMap(({ document }) => entryOf(document, catalog, outputOf) ?? [])
  const best = entries.slice(0, signatures).map((entry) => bestLine(entry, detail))
  const others = entries.slice(signatures)
  const room = CHARS_A_TOOL * entries.length - best.join('\n').length
  const first = unknown.length === 0 ? [] : [`No server here knows ${unknown.join(', ')}. Nearest by function:`]
  const lines = [...first, ...best, ...otherLines(others, detail === 'name' ? 0 : detail === 'full' ? Infinity : room)]
  const more = Math.min(total, 999) - entries.length
  if (more > 0) lines.push(moreLine(more, hits.slice(limit, total)))
  if (unavailable.length > 0) lines.push(unavailableLine(unavailable))
  return lines.join('\n')
}

function bestLine(entry: CatalogEntry, detail: Detail): string {
  if (detail === 'name') return nameOf(entry)
  const call = `${entry.kind === 'intent' ? 'intent ' : ''}${signature(entry)}`
  return detail === 'full'
    ? [call, documentation(entry)].filter(Boolean).join('\n')
    : call + comment(entry, MAX_BEST_CHARS)
}

/** All names; best first, those sentences that fit whole. */
function otherLines(entries: readonly CatalogEntry[], room: number): string[] {
  let left = room - entries.map(nameOf).join('\n').length
  return entries.map((entry) => {
    const said = comment(entry, MAX_OTHER_CHARS)
    if (said.endsWith('…') || said.length > left) return nameOf(entry)
    left -= said.length
    return nameOf(entry) + said
  })
}

function nameOf(entry: CatalogEntry): string {
  return entry.kind === 'tool' ? entry.tool.id : `intent ${entry.intent.name}`
}

function comment(entry: CatalogEntry, chars: number): string {
  const what = wholeSentence(descriptionOf(entry), chars)
  return what === '' ? '' : ` // ${what}`
}

/** The whole description, bounded, and what is said of each parameter. */
function documentation(entry: CatalogEntry): string {
  const input = entry.kind === 'tool' ? entry.tool.inputSchema : entry.intent.input
  return [fullDescription(entry), parameterDocs(input, MAX_PARAMETER_CHARS)].filter(Boolean).join('\n')
}

/** The whole description in one line, cleaned and bounded. */
export function fullDescription(entry: CatalogEntry): string {
  return clip(cleanText(descriptionOf(entry)).replace(/\s+/g, ' ').trim(), 1_000)
}

function descriptionOf(entry: CatalogEntry): string {
  return entry.kind === 'tool' ? entry.tool.description || entry.tool.title : entry.intent.description
}

function moreLine(count: number, rest: readonly SearchHit[]): string {
  const servers = [...new Set(rest.map(({ document }) => document.serverKey).filter(Boolean))]
  const named = servers.slice(0, MAX_SERVERS).join(', ') + (servers.length > MAX_SERVERS ? ', …' : '')
  return `${count} more match${named === '' ? '' : `, on ${named}`}`
}

function entryOf(document: SearchDocument, catalog: Catalog, outputOf: OutputOf | undefined): CatalogEntry | undefined {
  if (document.kind === 'intent') {
    const intent = catalog.intents.get(document.id)
    return intent === undefined ? undefined : { kind: 'intent', intent }
  }
  const tool = catalog.tools.get(document.id)
  return tool === undefined ? undefined : { kind: 'tool', tool: withLearned(tool, outputOf) }
}

/** A tool that says nothing of its results, with what was learned of them. */
export function withLearned(tool: CatalogTool, outputOf: OutputOf | undefined): CatalogTool {
  const learned = outputOf?.(tool)
  return learned === undefined ? tool : { ...tool, outputSchema: learned }
}
