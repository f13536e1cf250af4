import { csvText } from '../internal/csv.ts'
import { counted } from '../internal/plural.ts'
import { auditFolder } from '../observation.ts'
import type { AuditEntry } from '../policy/audit-entry.ts'
import { readAuditFilter } from '../policy/audit-filter.ts'
import { type AuditQuery, queryAudit } from '../policy/audit-query.ts'
import { type ChainReport, hasHead, verifyAudit } from '../policy/audit-verify.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { loadFor } from './gateway.ts'
import { lookOf } from './look.ts'
import { type Cell, type Column, tableText } from './table.ts'

/** Runs the command `audit-log`. */
export async function runAuditLog(context: CommandContext): Promise<number> {
  const { config } = await loadFor(context)
  const folder = auditFolder(config)
  if (context.values['verify'] === true) return await verify(context, folder)
  const entries = await queryAudit(folder, queryOf(context.values), context.signal)
  await print(context, entries)
  return EXIT.ok
}

const COLUMNS = [
  'time',
  'kind',
  'id',
  'parent',
  'principal',
  'session',
  'tool',
  'outcome',
  'code',
  'ms',
  'tokens',
  'cached',
  'digest',
  'seq',
  'hash',
] as const

function queryOf(values: CommandContext['values']): AuditQuery {
  // The options of the command that are filters are all texts.
  const read = readAuditFilter(values, Date.now())
  if ('query' in read) return read.query
  throw new UsageError(
    read.problems.map(({ name, found, wanted }) => `--${name}: found "${found}", wanted ${wanted}`)[0],
  )
}

async function print(context: CommandContext, entries: readonly AuditEntry[]): Promise<void> {
  const { stdout, stderr, values } = context
  if (values['json'] === true) return void stdout.write(`${JSON.stringify(entries)}\n`)
  if (values['csv'] === true) return void stdout.write(csvText(COLUMNS, entries))
  if (entries.length === 0)
    return void stderr.write('no entry matches; a trail is written with audit.enabled or --audit-folder\n')
  const { wrong, name } = lookOf(context).palette
  const rows = entries.map(
    ({ time, kind, tool = '', outcome, code, ms, tokens, principal, id, parent = '' }): Cell[] => [
      time,
      kind,
      { text: tool, paint: name },
      code === undefined ? outcome : { text: code, paint: wrong },
      String(ms),
      String(tokens),
      principal,
      id,
      parent,
    ],
  )
  stdout.write(tableText(SHOWN, rows, lookOf(context)))
}

const SHOWN: readonly Column[] = [
  { head: 'time', isWhole: true },
  { head: 'kind', isWhole: true },
  { head: 'tool', isWhole: true },
  { head: 'outcome' },
  { head: 'ms', isFigure: true },
  { head: 'tokens', isFigure: true, isOptional: true },
  { head: 'principal', isOptional: true },
  { head: 'id', isWhole: true, isOptional: true },
  { head: 'of', isWhole: true, isOptional: true },
]

async function verify({ stdout, values }: CommandContext, folder: string): Promise<number> {
  const { head } = values
  const chains = await verifyAudit(folder)
  const hasIt = typeof head !== 'string' || (await hasHead(folder, head))
  const intact = hasIt && chains.every(({ problems }) => problems.length === 0)
  const complete = chains.every(({ missing }) => missing === 0)
  if (values['json'] === true) stdout.write(`${JSON.stringify({ intact, complete, headFound: hasIt, chains })}\n`)
  else {
    if (chains.length === 0) stdout.write('no audit trail here\n')
    for (const chain of chains) stdout.write(chainText(chain))
    if (!hasIt) stdout.write('BROKEN: the given head is not part of it any more\n')
  }
  return intact && complete ? EXIT.ok : EXIT.failed
}

function chainText({ chain, entries, firstSeq, lastSeq, head, torn, missing, problems }: ChainReport): string {
  const range = entries === 0 ? 'no entries' : `${counted(entries, 'entry', 'entries')}, ${firstSeq} to ${lastSeq}`
  const older = firstSeq > 1 ? '; older ones were removed by rotation' : ''
  const lost = torn + missing === 0 ? '' : `; ${torn} cut short by a crash, ${missing} not written`
  const verdict = problems.length > 0 ? 'BROKEN' : missing > 0 ? 'INCOMPLETE' : 'intact'
  return `${verdict} ${chain}: ${range}${older}${lost}; head ${head}\n${problems.map((problem) => `  ${problem}\n`).join('')}`
}
