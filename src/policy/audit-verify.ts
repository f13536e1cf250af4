import { basename } from 'node:path'
import { GENESIS, parseLine } from './audit-entry.ts'
import { chainsIn, filesOf } from './audit-folder.ts'
import { gapOf } from './audit-gap.ts'
import { linesOf } from './audit-query.ts'

/** What the hashes of one chain say. */
export interface ChainReport {
  readonly chain: string
  readonly entries: number
  /** Number of the first entry kept; above 1 where older files were removed because of their age. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** Hash of the last entry: keep it elsewhere, and a later `--head` proves that nothing was cut off the end. */
  readonly head: string
  /** Lines that a crash cut short; one for each crash at most. */
  readonly torn: number
  /** Entries that could not be written, say because the disk was full. */
  readonly missing: number
  /** Where the chain is broken; empty: nobody changed, removed or added a line. */
  readonly problems: readonly string[]
}

/** Checks each chain of a folder from its first kept line to its last. Memory is constant. */
export async function verifyAudit(folder: string): Promise<ChainReport[]> {
  const reports: ChainReport[] = []
  for (const chain of chainsIn(folder)) reports.push(await verifyChain(chain))
  return reports
}

/** True when an entry with this hash is part of a chain of the folder. */
export async function hasHead(folder: string, head: string): Promise<boolean> {
  for (const chain of chainsIn(folder)) {
    for (const file of filesOf(chain)) {
      for await (const line of linesOf(file)) if (parseLine(line)?.actualHash === head) return true
    }
  }
  return false
}

const MAX_PROBLEMS = 20

async function verifyChain(chain: string): Promise<ChainReport> {
  const problems: string[] = []
  const report = { chain: basename(chain), entries: 0, firstSeq: 0, lastSeq: 0, head: GENESIS, torn: 0, missing: 0 }
  let tornBefore = false
  for (const file of filesOf(chain)) {
    let number = 0
    for await (const line of linesOf(file)) {
      number++
      const parsed = parseLine(line)
      if (parsed === undefined) {
        // Two in a row: no crash leaves that behind.
        if (tornBefore) problems.push(`${basename(file)}:${number}: is not an entry`)
        tornBefore = true
        report.torn++
        continue
      }
      const { entry, actualHash } = parsed
      const wrong = faultOf(parsed, report, tornBefore)
      if (wrong !== undefined && problems.length < MAX_PROBLEMS) problems.push(`${basename(file)}:${number}: ${wrong}`)
      if (report.entries === 0) report.firstSeq = entry.seq
      else report.missing += Math.max(0, entry.seq - report.lastSeq - 1 - (tornBefore ? 1 : 0))
      report.entries++
      report.lastSeq = entry.seq
      report.head = actualHash
      tornBefore = false
    }
  }
  // After the last entry the chain itself says nothing.
  return { ...report, missing: report.missing + Math.max(0, gapOf(chain) - report.lastSeq), problems }
}

function faultOf(
  { entry, actualHash }: NonNullable<ReturnType<typeof parseLine>>,
  before: { readonly entries: number; readonly lastSeq: number; readonly head: string },
  tornBefore: boolean,
): string | undefined {
  if (entry.hash !== actualHash) return `entry ${entry.seq} was changed`
  // The first line kept: what it continues was removed with its file, unless it is the first of all.
  if (before.entries === 0)
    return entry.seq === 1 && entry.prev !== GENESIS ? 'the first entry continues another one' : undefined
  if (entry.prev !== before.head) return `entry ${entry.seq} does not continue entry ${before.lastSeq}`
  if (entry.seq <= before.lastSeq) return `entry ${entry.seq} comes after entry ${before.lastSeq}`
  if (tornBefore && entry.kind !== 'start' && entry.seq === before.lastSeq + 1)
    return `a line before entry ${entry.seq} is not an entry`
  return undefined
}
