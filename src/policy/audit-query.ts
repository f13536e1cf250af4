import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { matchesGlob } from '../internal/glob.ts'
import { type AuditEntry, parseLine } from './audit-entry.ts'
import { chainsIn, filesOf } from './audit-folder.ts'

export interface AuditQuery {
  /** Wall clock, milliseconds since 1970. */
  readonly since?: number
  readonly until?: number
  /** `*` stands for any text. */
  readonly tool?: string
  readonly principal?: string
  readonly session?: string
  readonly outcome?: AuditEntry['outcome']
  readonly kind?: AuditEntry['kind']
  /** An operation and its calls. */
  readonly operation?: string
  /** The latest ones. @default 100 */
  readonly limit?: number
}

/** The latest entries of a folder that match, oldest first. Reads line by line: memory is bounded by `limit`. */
export async function queryAudit(folder: string, query: AuditQuery = {}): Promise<AuditEntry[]> {
  const { limit = 100 } = query
  const found: AuditEntry[] = []
  for (const chain of chainsIn(folder)) {
    const ofChain: AuditEntry[] = []
    for (const file of filesOf(chain)) {
      for await (const line of linesOf(file)) {
        const parsed = parseLine(line)
        if (parsed === undefined || !matches(parsed.entry, query)) continue
        ofChain.push(parsed.entry)
        if (ofChain.length > limit * 2) ofChain.splice(0, ofChain.length - limit)
      }
    }
    found.push(...ofChain.slice(-limit))
  }
  return found.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.seq - b.seq)).slice(-limit)
}

/** Lines of a text file. */
export function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
}

function matches(entry: AuditEntry, query: AuditQuery): boolean {
  const { since, until, tool, principal, session, outcome, kind, operation } = query
  const time = since === undefined && until === undefined ? 0 : Date.parse(entry.time)
  return (
    (since === undefined || time >= since) &&
    (until === undefined || time <= until) &&
    (tool === undefined || matchesGlob(tool, entry.tool ?? '')) &&
    (principal === undefined || entry.principal === principal) &&
    (session === undefined || (entry.session ?? entry.principal) === session) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (kind === undefined || entry.kind === kind) &&
    (operation === undefined || entry.id === operation || entry.parent === operation)
  )
}
