import type { Answer, AnswerMetadata, Preview } from '../../engine/engine.ts'
import type { ErrorBody } from '../../errors.ts'
import { html, type Html } from '../../internal/html.ts'
import { isRecord } from '../../internal/json.ts'
import { cleanText } from '../../internal/text.ts'
import { formatNumber } from '../../report/report.ts'
import { address, bytes, card, milliseconds, pairs, problem, tag } from './elements.ts'

/** Everything that an operation answered: value or error, console, what it cost. */
export function answerView(answer: Answer): Html {
  const { metadata } = answer
  return html`<div role="status">
    ${answer.status !== 'ok' && answerProblem(answer.error)} ${answer.status !== 'error' && valueView(answer.data)}
    ${metadata.logs !== undefined && metadata.logs.length > 0 && card('Console', html`<pre>${cleanText(metadata.logs.join('\n'))}</pre>`)}
    ${card('What it cost', metadataView(metadata))}
  </div>`
}

/** An error: what failed, what to do next, and what is known beside. */
export function answerProblem({ code, message, suggestion, details }: ErrorBody): Html {
  return html`${problem(html`<strong>${code}</strong>: ${cleanText(message)}`, cleanText(suggestion))}
  ${
    details !== undefined &&
    html`<details open>
      <summary>Details</summary>
      <pre>${json(details)}</pre>
    </details>`
  }`
}

/** JSON as people read it; a text as it is. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? cleanText(value) : json(value)
}

/** True where an answer holds the beginning of a value that was too large. */
export function isPreview(data: unknown): data is Preview {
  return isRecord(data) && typeof data['shape'] === 'string' && 'preview' in data && typeof data['bytes'] === 'number'
}

function valueView(data: unknown): Html {
  if (!isPreview(data)) return card('Value', html`<pre>${valueText(data)}</pre>`)
  const { handle, problem: why, bytes: size, tokens, shape, preview } = data
  return card(
    'Value, its beginning',
    pairs([
      ['whole value', `${bytes(size)}, ${formatNumber(tokens)} tokens`],
      ['shape', html`<code>${cleanText(shape)}</code>`],
      handle === undefined
        ? ['not kept', why]
        : ['kept as', html`<a href="${address('/ui/results', { handle })}"><code>${handle}</code></a>`],
    ]),
    html`<pre>${valueText(preview)}</pre>`,
  )
}

function metadataView(metadata: AnswerMetadata): Html {
  const { id, tokens_used, execution_time_ms, host_calls, cache_hit, cache_layer, session, stages } = metadata
  const spent = Object.entries(stages).map(([stage, ms]) => `${stage} ${milliseconds(ms)}`)
  return pairs([
    ['time', `${milliseconds(execution_time_ms)} ms`],
    ['stages, ms', spent.join(' · ')],
    ['tokens', formatNumber(tokens_used)],
    ['calls of tools', formatNumber(host_calls)],
    ...(cache_hit ? [['answered from', cache_layer ?? 'cache'] as const] : []),
    ...(metadata.replayed === true
      ? [['replayed', tag('the answer to the same request before', 'warn')] as const]
      : []),
    ...(session === undefined ? [] : [['session', html`<code>${session}</code>`] as const]),
    ...(metadata.output_problems ?? []).map((text) => ['output schema broken', cleanText(text)] as const),
    ['operation', html`<a href="${address('/ui/operation', { id })}"><code>${id}</code></a>`],
    ['catalog', html`<code>${metadata.catalog}</code>`],
  ])
}

function json(value: unknown): string {
  return cleanText(JSON.stringify(value, undefined, 2) ?? 'undefined')
}
