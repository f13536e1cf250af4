import { html, type Html, type HtmlValue } from '../../internal/html.ts'
import { cleanText, clip } from '../../internal/text.ts'
import type { StartedOperation } from '../../metrics/observer.ts'
import { formatNumber } from '../../report/report.ts'
import type { RecentOperation } from './activity.ts'
import { address, milliseconds, table, tag, timeOfDay, timeZone } from './elements.ts'

const MAX_ASKED_CHARS = 80

/** What was asked for, in short: the name as it was given, whether it is known or not; the words of a search; a program's first line. */
export function askedFor({ intent, request }: Pick<RecentOperation, 'intent' | 'request'>): string {
  if (intent !== undefined) return intent
  const [, text = ''] = /"(?:intent|tool|query|need|names|code)":\[?"((?:[^"\\]|\\.)*)/.exec(request) ?? []
  const lines = unquoted(text).split('\n')
  const telling = lines.find((line) => /^\s*(?!\/\/)\S/.test(line)) ?? lines.find((line) => line.trim() !== '')
  return clip(cleanText(telling?.trim() ?? ''), MAX_ASKED_CHARS)
}

/** A JSON text that may be cut off within an escape. */
function unquoted(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    return text
  }
}

export function runningTable(operations: readonly StartedOperation[]): Html {
  return table(
    `Longest first, start in ${timeZone()}`,
    [
      { title: 'start', kind: 'nowrap' },
      { title: 'kind' },
      { title: 'intent or tool', kind: 'wide' },
      { title: 'stage' },
      { title: 'id', kind: 'nowrap' },
    ],
    operations.map(({ id, startedAt, kind, intent, stage }) => [
      timeOfDay(startedAt),
      kind,
      intent === undefined ? '' : html`<code>${intent}</code>`,
      stage,
      html`<code>${id}</code>`,
    ]),
  )
}

export function recentTable(operations: readonly RecentOperation[]): Html {
  if (operations.length === 0) return html`<p class="note">None yet.</p>`
  return table(
    `Latest first, time in ${timeZone()}; each leads to its request, its calls and what went wrong`,
    [
      { title: 'time', kind: 'nowrap' },
      { title: 'kind' },
      { title: 'asked for', kind: 'wide' },
      { title: 'outcome', kind: 'nowrap' },
      { title: 'ms', kind: 'number' },
      { title: 'calls', kind: 'number' },
      { title: 'from cache', kind: 'number' },
      { title: 'tokens', kind: 'number' },
    ],
    operations.map((operation): HtmlValue[] => {
      const { id, startedAt, kind, durationMs, hostCalls, cacheHits, tokens } = operation
      return [
        html`<a href="${address('/ui/operation', { id })}">${timeOfDay(startedAt)}</a>`,
        kind,
        html`<code>${askedFor(operation)}</code>`,
        outcomeTag(operation.errorCode),
        milliseconds(durationMs),
        formatNumber(hostCalls),
        formatNumber(cacheHits),
        formatNumber(tokens),
      ]
    }),
  )
}

export function outcomeTag(errorCode: string | undefined): Html {
  return errorCode === undefined ? tag('ok', 'good') : tag(errorCode, 'bad')
}
