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

/**
 * The latest entries of a folder that match, oldest first. Reads line by line, the latest files first and no more of them
 * than it needs: memory is bounded by `limit`.
 */
export async function queryAudit(folder: string, query: AuditQuery = {}, signal?: AbortSignal): Promise<AuditEntry[]> {
  const { limit = 100 } = query
  const found: AuditEntry[] = []
  for (const chain of chainsIn(folder)) {
    const ofChain: AuditEntry[] = []
    for (const file of filesOf(chain).toReversed()) {
      ofChain.unshift(...(await latestIn(file, query, limit - ofChain.length, signal)))
      if (ofChain.length >= limit) break
    }
    found.push(...ofChain)
  }
  return found.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.seq - b.seq)).slice(-limit)
}

/** Lines of a text file. */
export function linesOf(file: string, signal?: AbortSignal): AsyncIterable<string> {
  const input = createReadStream(file, signal === undefined ? {} : { signal })
  return createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

async function latestIn(file: string, query: AuditQuery, limit: number, signal?: AbortSignal): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  try {
    for await (const line of linesOf(file, signal)) {
      const parsed = parseLine(line)
      if (parsed === undefined || !matches(parsed.entry, query)) continue
      found.push(parsed.entry)
      if (found.length > limit * 2) found.splice(0, found.length - limit)
    }
  } catch (thrown) {
    // Rotation took it away while it was looked for.
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  return found.slice(-limit)
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
