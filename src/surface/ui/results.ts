import { counted } from '../../internal/plural.ts'
import type { Answer } from '../../engine/engine.ts'
import { html, type Html } from '../../internal/html.ts'
import { isRecord } from '../../internal/json.ts'
import { cleanText } from '../../internal/text.ts'
import { formatNumber } from '../../report/report.ts'
import { answerProblem, isPreview, valueText } from './answer.ts'
import { address, bytes, card, checkField, duration, table, textField } from './elements.ts'
import { askedBy, type Page, type Parts, type Visit } from './page.ts'

/** A stored result by its handle: a page of it, a part of it, what a text is found in, what it is made of. */
export async function resultsPage(visit: Visit, parts: Parts): Promise<Page> {
  const asked = askedOf(visit.query)
  if (asked.handle === '')
    return { title: 'Results', body: html`${await storedList(visit, parts)}${card('One of them', forms(asked))}` }
  const views = await viewsOf(asked, visit, parts)
  return { title: 'Results', body: html`${card('Stored results', forms(asked))}${views}` }
}

/** Results of whoever looks, of the sessions that did something lately. */
async function storedList({ principal }: Visit, { optimizer, activity }: Parts): Promise<Html> {
  const sessions = [...new Set([principal, ...activity.sessions(principal)])]
  const kept = await Promise.all(
    sessions.map(async (session) => {
      const owner = session === principal ? { principal } : { principal, session }
      return (await optimizer.storedResults(owner)).map((result) => ({ ...result, session }))
    }),
  )
  const rows = kept.flat().slice(0, MAX_LISTED)
  if (rows.length === 0)
    return card(
      'Kept now',
      html`<p class="note">
        None. What is too large for one answer is kept here, for ${duration(optimizer.config.results.ttlSeconds)} after
        its last use.
      </p>`,
    )
  return card(
    'Kept now',
    table(
      'Newest first in each session; a result of a session that did nothing lately is still read by its handle',
      [{ title: 'handle', kind: 'nowrap' }, { title: 'size', kind: 'number' }, { title: 'session' }],
      rows.map(({ handle, bytes: size, session }) => [
        html`<a href="${address('/ui/results', { handle })}"><code>${handle}</code></a>`,
        bytes(size),
        session === principal ? '' : html`<code>${session}</code>`,
      ]),
    ),
  )
}

/** Rows of the list. */
const MAX_LISTED = 200

/** What was asked for, and below it what the result, or its part, is made of. */
async function viewsOf(asked: Asked, visit: Visit, parts: Parts): Promise<Html> {
  const { handle, path, find } = asked
  const described = await run('results.describe', { handle, ...named({ path }) }, visit, parts)
  if (described.status === 'error') return answerProblem(described.error)
  const view = find === '' ? await readView(asked, visit, parts) : await searchView(asked, visit, parts)
  return html`${view}${describeView(described.data)}`
}

interface Asked {
  readonly handle: string
  readonly path: string
  readonly offset: number
  readonly limit: number | undefined
  readonly find: string
  readonly regex: boolean
  readonly matchCase: boolean
}

function askedOf(query: URLSearchParams): Asked {
  const text = (name: string): string => query.get(name)?.trim() ?? ''
  const whole = (name: string): number | undefined => (/^\d{1,9}$/.test(text(name)) ? Number(text(name)) : undefined)
  return {
    handle: text('handle'),
    path: text('path'),
    offset: whole('offset') ?? 0,
    limit: whole('limit') || undefined,
    find: query.get('find') ?? '',
    regex: query.has('regex'),
    matchCase: query.has('matchCase'),
  }
}

function forms({ handle, path, offset, limit, find, regex, matchCase }: Asked): Html {
  return html`<form class="line" method="get" action="/ui/results">
      ${textField('Handle', 'handle', handle, { size: 16 })} ${textField('Part', 'path', path, { size: 20 })}
      ${textField('From item', 'offset', offset === 0 ? '' : String(offset), { type: 'number' })}
      ${textField('Items', 'limit', limit === undefined ? '' : String(limit), { type: 'number' })}
      ${textField('Find', 'find', find, { type: 'search', size: 16 })}
      ${checkField('regular expression', 'regex', regex)} ${checkField('match case', 'matchCase', matchCase)}
      <button>Show</button>
    </form>
    <p class="hint">
      A result too large for its answer is kept under the handle that its preview names (r_…), for whoever made it.
      Part: like <code>issues[0].title</code>, or JSONPath: <code>$.issues[?@.count > 9].title</code>. Regular
      expressions are RE2’s.
    </p>`
}

async function readView(asked: Asked, visit: Visit, parts: Parts): Promise<Html> {
  const { handle, path, limit, offset: from } = asked
  const page = { ...(from === 0 ? {} : { offset: from }), ...(limit === undefined ? {} : { limit }) }
  const answer = await run('results.read', { handle, ...named({ path }), ...page }, visit, parts)
  if (answer.status === 'error') return answerProblem(answer.error)
  const { data } = answer
  const { items, text, entries, total, next, offset = from } = isRecord(data) ? data : {}
  const shown = Array.isArray(items) || typeof text === 'string' ? (items ?? text) : entries
  if (typeof total !== 'number' || shown === undefined) return card('Value', html`<pre>${valueText(data)}</pre>`)
  const count = isRecord(shown) ? Object.keys(shown).length : (shown as string | unknown[]).length
  const unit = typeof shown === 'string' ? 'characters' : isRecord(shown) ? 'keys' : 'items'
  const first = Number(offset)
  return card(
    'Value',
    html`<p class="note">
        ${unit} ${formatNumber(count === 0 ? 0 : first + 1)} to ${formatNumber(first + count)} of
        ${formatNumber(total)}${turns(asked, count, typeof next === 'number' ? next : undefined)}
      </p>
      <pre>${valueText(shown)}</pre>`,
  )
}

function turns(asked: Asked, count: number, next: number | undefined): Html {
  const { handle, path, offset, limit } = asked
  const at = (from: number): string =>
    address('/ui/results', {
      handle,
      path,
      offset: from === 0 ? undefined : String(from),
      limit: limit === undefined ? undefined : String(limit),
    })
  return html`${offset > 0 && html` · <a href="${at(Math.max(0, offset - Math.max(count, limit ?? 1)))}" rel="prev">Before</a>`}${next !== undefined && html` · <a href="${at(next)}" rel="next">Next</a>`}`
}

async function searchView(asked: Asked, visit: Visit, parts: Parts): Promise<Html> {
  const { handle, path, find, regex, matchCase, limit = 50 } = asked
  const input = { handle, ...named({ path }), query: find, regex, matchCase, limit: Math.min(200, limit) }
  const answer = await run('results.search', input, visit, parts)
  if (answer.status === 'error') return answerProblem(answer.error)
  const { data } = answer
  const { total, matches, partial } = isRecord(data) ? data : {}
  if (isPreview(data) || !Array.isArray(matches)) return card('Matches', html`<pre>${valueText(data)}</pre>`)
  const rows = matches
    .filter(isRecord)
    .map(({ path: where, line, text }) => [
      placeOf(handle, path, String(where)),
      line === undefined ? '' : String(line),
      html`<code>${cleanText(String(text))}</code>`,
    ])
  return card(
    counted(Number(total), 'match', 'matches'),
    table(
      partial === true ? 'Only the first part was searched: it is too large' : 'In the order they stand',
      [{ title: 'part' }, { title: 'line', kind: 'number' }, { title: 'text', kind: 'wide' }],
      rows,
    ),
  )
}

function describeView(data: unknown): Html | undefined {
  if (isPreview(data) || !isRecord(data)) return undefined
  const { shape, places } = data
  const rows = Object.entries(isRecord(places) ? places : {}).map(([where, counts]) => [
    html`<code>${cleanText(where || '(all)')}</code>`,
    html`<code>${cleanText(isRecord(counts) ? summaryOf(counts) : String(counts))}</code>`,
  ])
  return card(
    'What it is made of',
    html`<pre>${cleanText(String(shape))}</pre>`,
    table(
      'How often which type, and how large',
      [
        { title: 'part', kind: 'wide' },
        { title: 'values', kind: 'wide' },
      ],
      rows,
    ),
  )
}

function summaryOf(counts: Readonly<Record<string, unknown>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}

/** Leads to the part; what a JSONPath selected is no part of its own that could be named. */
function placeOf(handle: string, path: string, inner: string): Html {
  const shown = html`<code>${cleanText(inner || '(all)')}</code>`
  if (path.startsWith('$')) return shown
  const whole = path === '' || inner === '' || inner.startsWith('[') ? `${path}${inner}` : `${path}.${inner}`
  return html`<a href="${address('/ui/results', { handle, path: whole })}">${shown}</a>`
}

function named(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''))
}

/** The gateway's own intent, as agents use it: only what this principal made is found. */
async function run(
  intent: string,
  params: Readonly<Record<string, unknown>>,
  visit: Visit,
  { optimizer }: Parts,
): Promise<Answer> {
  return await optimizer.executeIntent({ intent, params }, askedBy(visit))
}
