import { html, type Html } from '../../internal/html.ts'
import { isRecord, parseJson } from '../../internal/json.ts'
import { cleanText } from '../../internal/text.ts'
import { formatNumber } from '../../report/report.ts'
import type { RecentCall, RecentOperation } from './activity.ts'
import { address, card, milliseconds, pairs, problem, table, timeOfDay, timeZone } from './elements.ts'
import { askedFor, outcomeTag } from './operations.ts'
import type { Page, Parts, Visit } from './page.ts'

/** One of the latest operations of whoever looks: what was asked, what it called, what went wrong, and how to do it again. */
export function operationPage({ query, principal }: Visit, parts: Parts): Page {
  const operation = parts.activity.operation(principal, query.get('id') ?? '')
  if (operation === undefined)
    return {
      title: 'Operation',
      section: '/ui',
      status: 404,
      body: html`<p>
        No operation of yours of this id is remembered: the pages keep the latest ones, until the gateway ends. The
        <a href="${address('/ui/audit', { operation: query.get('id') ?? '' })}">audit trail</a> keeps them longer, where
        it is on.
      </p>`,
    }
  return { title: askedFor(operation) || operation.kind, section: '/ui', body: bodyOf(operation, parts) }
}

function bodyOf(operation: RecentOperation, { optimizer }: Parts): Html {
  const { id, startedAt, kind, errorCode, durationMs, tokens, session, calls, request, problem: wrong } = operation
  return html`${wrong !== undefined && problem(html`<strong>${errorCode}</strong>: ${cleanText(wrong.message)}`, wrong.suggestion)}
  ${card(
    'Operation',
    pairs([
      ['outcome', outcomeTag(errorCode)],
      ['kind', kind],
      [`start, ${timeZone()}`, timeOfDay(startedAt)],
      ['time', `${milliseconds(durationMs)} ms`],
      ['tokens', formatNumber(tokens)],
      ['session', html`<code>${session}</code>`],
      [
        'id',
        optimizer.config.audit.enabled
          ? html`<a href="${address('/ui/audit', { operation: id })}"><code>${id}</code></a>`
          : html`<code>${id}</code>`,
      ],
    ]),
  )}
  ${card('Request', html`<pre>${requestText(request)}</pre>`, again(request, operation))}
  ${calls.length > 0 && card('Calls of tools', callTable(calls))}`
}

/** The source of a program as it was written, anything else as JSON. */
function requestText(request: string): string {
  const value = parsed(request)
  if (value === undefined) return cleanText(request)
  const { code, ...rest } = value
  if (typeof code !== 'string') return cleanText(JSON.stringify(value, undefined, 2))
  const others = Object.keys(rest).length === 0 ? '' : `\n\n${JSON.stringify(rest, undefined, 2)}`
  return cleanText(`${code}${others}`)
}

/** Only for a request that is known whole. */
function again(request: string, { kind }: RecentOperation): Html | undefined {
  const value = parsed(request)
  if (value === undefined) return undefined
  const { intent, params, code, query } = value
  const json = isRecord(params) ? JSON.stringify(params) : undefined
  if (kind === 'intent' && typeof intent === 'string') {
    const given = json === undefined || json === '{}' ? '' : ` --params ${shellQuoted(json)}`
    return html`<p>
        <a class="button quiet" href="${address('/ui/run', { name: intent, params: json })}">Open in its form</a>
      </p>
      <p class="note">The same from a terminal:</p>
      <pre>${cleanText(`mcp-optimizer call ${shellQuoted(intent)}${given}`)}</pre>`
  }
  if (typeof code === 'string' && code.length < MAX_ADDRESS_CHARS)
    return html`<p>
      <a class="button quiet" href="${address('/ui/code', { code, params: json })}">Open in the editor</a>
    </p>`
  if (kind === 'search' && typeof query === 'string')
    return html`<p><a class="button quiet" href="${address('/ui/tools', { q: query })}">Search again</a></p>`
  return undefined
}

/** Longer programs do not go into an address. */
const MAX_ADDRESS_CHARS = 3_000

function parsed(request: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson(request)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** As a POSIX shell takes it. */
function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function callTable(calls: readonly RecentCall[]): Html {
  return table(
    'In the order they ended',
    [
      { title: 'tool', kind: 'wide' },
      { title: 'outcome', kind: 'nowrap' },
      { title: 'ms', kind: 'number' },
      { title: 'tokens of the answer', kind: 'number' },
      { title: 'arguments', kind: 'rest' },
    ],
    calls.map(({ tool, errorCode, durationMs, answerTokens, input, cached }) => [
      html`<a href="${address('/ui/tools', { name: tool })}"><code>${cleanText(tool)}</code></a
        >${cached && ', cached'}`,
      outcomeTag(errorCode),
      milliseconds(durationMs),
      formatNumber(answerTokens),
      html`<code>${cleanText(input)}</code>`,
    ]),
  )
}
