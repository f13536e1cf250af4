import { html, type HtmlValue } from '../../internal/html.ts'
import { cleanText } from '../../internal/text.ts'
import { formatNumber } from '../../report/report.ts'
import type { UpstreamState, UpstreamStatus } from '../../upstream/upstream.ts'
import { address, card, milliseconds, percent, table, tag } from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'

/** The servers behind the gateway and how they are. */
export function serversPage(_visit: Visit, { optimizer, activity, status }: Parts): Page {
  const states = optimizer.servers()
  const catalog = optimizer.catalog()
  const rows = status().servers.map(({ name, state, tools, restarts, problems }): HtmlValue[] => {
    const known = states.get(name)
    const { calls, errors, p50Ms, p95Ms } = activity.upstream(name)
    return [
      name,
      tag(state, TONES[state]),
      tools === 0 ? '0' : html`<a href="${address('/ui/tools', { server: name })}">${formatNumber(tools)}</a>`,
      formatNumber(calls),
      errors === 0 ? '0' : html`${formatNumber(errors)} (${percent(errors, calls)})`,
      milliseconds(p50Ms),
      milliseconds(p95Ms),
      formatNumber(restarts),
      detailsOf(known),
      problems.length === 0 ? '' : problems.map((text) => html`<div>${cleanText(text)}</div>`),
    ]
  })
  const problems = optimizer.problems()
  return {
    title: 'Servers',
    isLive: true,
    body: html`${card(
      `${formatNumber(rows.length)} servers`,
      rows.length === 0
        ? html`<p class="note">None is configured.</p>`
        : table('Calls since the start that no cache answered', COLUMNS, rows),
      html`<p class="note">An idle server is started by the first call. Catalog ${catalog.version}.</p>`,
    )}
    ${
      problems.length > 0 &&
      card(
        'Problems of definitions, intents and caches',
        table(
          'What was repaired or left out',
          [{ title: 'where' }, { title: 'what', kind: 'wide' }],
          problems.slice(0, 200).map(({ where, what }) => [html`<code>${where}</code>`, cleanText(what)]),
        ),
      )
    }`,
  }
}

const COLUMNS = [
  { title: 'server' },
  { title: 'state', kind: 'nowrap' },
  { title: 'tools', kind: 'number' },
  { title: 'calls', kind: 'number' },
  { title: 'errors', kind: 'number' },
  { title: 'P50, ms', kind: 'number' },
  { title: 'P95, ms', kind: 'number' },
  { title: 'restarts', kind: 'number' },
  { title: 'protocol', kind: 'nowrap' },
  { title: 'problems', kind: 'wide' },
] as const

const TONES: Readonly<Record<UpstreamState, 'good' | 'bad' | 'warn' | ''>> = {
  ready: 'good',
  idle: '',
  starting: 'warn',
  failed: 'bad',
  unauthorized: 'bad',
  disabled: '',
}

function detailsOf(status: UpstreamStatus | undefined): string {
  const { protocolVersion = '–', listSource } = status ?? {}
  return listSource === 'cache' ? `${protocolVersion}, list cached` : protocolVersion
}
