import { counted } from '../../internal/plural.ts'
import { html, type Html, type HtmlValue } from '../../internal/html.ts'
import { cleanText, clip } from '../../internal/text.ts'
import { auditFolder } from '../../observation.ts'
import type { AuditEntry } from '../../policy/audit-entry.ts'
import { AUDIT_KINDS, AUDIT_OUTCOMES, type AuditFilter, readAuditFilter } from '../../policy/audit-filter.ts'
import { type AuditQuery, queryAudit } from '../../policy/audit-query.ts'
import { formatNumber } from '../../report/report.ts'
import { address, bytes, card, choiceField, milliseconds, problem, table, tag, textField } from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'

/** What is shown at once at most. */
const MAX_ENTRIES = 1_000
const MAX_ARGUMENT_CHARS = 90
const FILTERS: readonly (keyof AuditQuery)[] = [
  'since',
  'until',
  'tool',
  'session',
  'outcome',
  'kind',
  'operation',
  'limit',
]

/** The audit trail as far as it is about whoever looks: the filters of `mcp-optimizer audit-log`. */
export async function auditPage({ query, principal, signal }: Visit, { optimizer, status }: Parts): Promise<Page> {
  const filter: AuditFilter = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)?.trim() ?? '']))
  const read = readAuditFilter({ ...filter, principal }, Date.now())
  const { audit } = status()
  const isWritten = optimizer.config.audit.enabled
  return {
    title: 'Audit',
    status: 'problems' in read ? 400 : 200,
    body: html`<section class="card">
        <h2>Search</h2>
        ${filterForm(filter)}
        <p class="hint">
          Of <code>${principal}</code> alone; <code>mcp-optimizer audit-log</code> shows all, and checks the
          chain.${audit !== undefined && ` ${counted(audit.entries, 'entry', 'entries')} written since the start, ${formatNumber(audit.failures)} lost, ${bytes(audit.bytes)} on disk.`}
        </p>
      </section>
      ${
        !isWritten &&
        html`<div class="caution">
          <p>No audit trail is written: <code>audit.enabled</code> or <code>--audit-folder</code> turns it on.</p>
        </div>`
      }
      ${'problems' in read ? problem(...read.problems.map(({ name, found, wanted }) => `${name}: found “${found}”, wanted ${wanted}`)) : await entriesOf(auditFolder(optimizer.config), read.query, signal)}`,
  }
}

function filterForm(filter: AuditFilter): Html {
  const {
    since = '',
    until = '',
    tool = '',
    session = '',
    outcome = '',
    kind = '',
    operation = '',
    limit = '',
  } = filter
  const any = (names: readonly string[]): (readonly [string, string])[] => [
    ['', 'any'],
    ...names.map((name) => [name, name] as const),
  ]
  return html`<form class="line" method="get" action="/ui/audit" role="search">
      ${textField('Since', 'since', since, { size: 10 })} ${textField('Until', 'until', until, { size: 10 })}
      ${textField('Tool or intent', 'tool', tool, { size: 16 })} ${choiceField('Kind', 'kind', kind, any(AUDIT_KINDS))}
      ${choiceField('Outcome', 'outcome', outcome, any(AUDIT_OUTCOMES))}
      ${textField('Operation', 'operation', operation, { size: 14 })}
      ${textField('Session', 'session', session, { size: 7 })}
      ${textField('Latest', 'limit', limit, { type: 'number' })}
      <button>Search</button>
    </form>
    <p class="hint">
      Times: 2026-11-25T08:00Z, or an age: 90s, 15m, 2h, 7d. Tools: <code>*</code> stands for any text, like
      <code>github.*</code>.
    </p>`
}

async function entriesOf(folder: string, query: AuditQuery, signal: AbortSignal): Promise<Html> {
  const limit = Math.min(query.limit ?? 100, MAX_ENTRIES)
  const entries = (await queryAudit(folder, { ...query, limit }, signal)).toReversed()
  if (entries.length === 0) return card('Entries', html`<p class="note">No entry matches.</p>`)
  const full = entries.length === limit ? `; there may be more before: the latest ${formatNumber(limit)} are shown` : ''
  return card(
    'Entries',
    table(
      `${counted(entries.length, 'entry', 'entries')}, latest first, time in UTC${full}`,
      COLUMNS,
      entries.map((entry) => rowOf(entry, query.operation !== undefined)),
    ),
  )
}

const COLUMNS = [
  { title: 'time', kind: 'nowrap' },
  { title: 'kind' },
  { title: 'tool or intent', kind: 'wide' },
  { title: 'outcome', kind: 'nowrap' },
  { title: 'ms', kind: 'number' },
  { title: 'tokens', kind: 'number' },
  { title: 'operation', kind: 'nowrap' },
  { title: 'arguments', kind: 'rest' },
] as const

/** Arguments are shortened unless one operation alone is looked at. */
function rowOf(
  { time, kind, tool, outcome, code, ms, tokens, id, parent, session, digest, cached, arguments: given }: AuditEntry,
  isWhole: boolean,
): HtmlValue[] {
  return [
    html`<time datetime="${time}">${time.slice(0, 10)} ${time.slice(11, 19)}</time>`,
    kind,
    html`<code>${cleanText(tool ?? '')}</code>${cached === true && html` ${tag('cached')}`}`,
    outcome === 'ok' ? tag('ok', 'good') : tag(code ?? 'error', 'bad'),
    milliseconds(ms),
    formatNumber(tokens),
    html`<a href="${address('/ui/audit', { operation: parent ?? id })}"><code>${parent ?? id}</code></a
      >${session !== undefined && html`<div class="hint">session <a href="${address('/ui/audit', { session })}">${session.slice(0, 12)}…</a></div>`}`,
    given === undefined
      ? html`<code>${digest.slice(0, 12)}…</code>`
      : html`<code
          >${cleanText(isWhole ? JSON.stringify(given) : clip(JSON.stringify(given), MAX_ARGUMENT_CHARS))}</code
        >`,
  ]
}
