import type { CatalogTool } from '../../catalog/catalog.ts'
import { signature, summary } from '../../catalog/signature.ts'
import { describeEntry } from '../../engine/finder.ts'
import { html, type Html } from '../../internal/html.ts'
import { cleanText } from '../../internal/text.ts'
import { formatNumber } from '../../report/report.ts'
import { answerProblem } from './answer.ts'
import { address, card, choiceField, LINE_BREAK, pairs, tag, textField } from './elements.ts'
import { askedBy, type Page, type Parts, type Visit } from './page.ts'

const PAGE_SIZE = 100

/** All tools by server; what a search answers an agent; one tool as agents are told of it. */
export async function toolsPage(visit: Visit, parts: Parts): Promise<Page> {
  const name = visit.query.get('name')
  if (name !== null) return toolPage(name, parts)
  const query = visit.query.get('q')?.trim() ?? ''
  const server = visit.query.get('server') ?? ''
  return {
    title: 'Tools',
    body: html`<section class="card">
        <h2>Search as an agent does</h2>
        ${searchForm(query, server, parts)}
      </section>
      ${query === '' ? browse(visit, server, parts) : await search(query, server, visit, parts)}`,
  }
}

function searchForm(query: string, server: string, { optimizer }: Parts): Html {
  const servers = [...optimizer.catalog().servers.values()].map(({ name }) => [name, name] as const)
  return html`<form class="line" method="get" action="/ui/tools" role="search">
    ${textField('Product, action, object', 'q', query, { type: 'search', size: 44 })}
    ${choiceField('Server', 'server', server, [['', 'all'], ...servers])}
    <button>Search</button>
  </form>`
}

/** The very text that `search` answers, with its names as links. */
async function search(query: string, server: string, visit: Visit, { optimizer }: Parts): Promise<Html> {
  const request = { query, ...(server === '' ? {} : { server }) }
  const answer = await optimizer.search(request, askedBy(visit))
  if (answer.status === 'error') return answerProblem(answer.error)
  const text = typeof answer.data === 'string' ? answer.data : JSON.stringify(answer.data, undefined, 2)
  const { tokens_used, execution_time_ms } = answer.metadata
  return card(
    'What the agent gets',
    html`<pre>${text.split(LINE_BREAK).map((line) => [linked(line, optimizer, visit.principal), LINE_BREAK])}</pre>`,
    html`<p class="note">
      ${formatNumber(tokens_used)} tokens with the request, ${formatNumber(execution_time_ms, 1)} ms
    </p>`,
  )
}

function linked(line: string, optimizer: Parts['optimizer'], principal: string): Html {
  const [, before = '', name = '', after = ''] = /^(intent )?([\w$.-]+)([^]*)$/.exec(line) ?? []
  if (optimizer.catalog().tools.has(name))
    return html`${before}<a href="${address('/ui/tools', { name })}">${name}</a>${after}`
  if (optimizer.intents(principal).some((intent) => intent.name === name))
    return html`${before}<a href="${address('/ui/run', { name })}">${name}</a>${after}`
  return html`${line}`
}

function browse({ query }: Visit, server: string, parts: Parts): Html {
  const { optimizer } = parts
  const all = [...optimizer.catalog().tools.values()].filter((tool) => server === '' || tool.server === server)
  const from = Math.min(Math.max(0, Math.floor(Number(query.get('from') ?? 0)) || 0), Math.max(0, all.length - 1))
  const shown = all.slice(from, from + PAGE_SIZE)
  const groups = groupByServer(shown)
  if (all.length === 0) return html`<p class="note">No tool is known${server === '' ? '' : ` of ${server}`}.</p>`
  return html`${[...groups].map(([name, tools]) => card(name, toolList(tools, parts.definitionTokens)))}${pager(from, all.length, server)}`
}

function groupByServer(tools: readonly CatalogTool[]): Map<string, CatalogTool[]> {
  const groups = new Map<string, CatalogTool[]>()
  for (const tool of tools) groups.set(tool.server, [...(groups.get(tool.server) ?? []), tool])
  return groups
}

function toolList(tools: readonly CatalogTool[], definitionTokens: Parts['definitionTokens']): Html {
  return html`<dl class="entries">
    ${tools.map(
      (tool) =>
        html`<dt>
            <a href="${address('/ui/tools', { name: tool.id })}"><code>${signature({ kind: 'tool', tool })}</code></a>
          </dt>
          <dd>
            ${summary(cleanText(tool.description || tool.title), 160)}
            <span class="cost">${formatNumber(definitionTokens(tool))} tokens</span>
          </dd>`,
    )}
  </dl>`
}

function pager(from: number, total: number, server: string): Html | undefined {
  if (total <= PAGE_SIZE) return undefined
  const at = (start: number): string => address('/ui/tools', { server, from: start === 0 ? undefined : String(start) })
  return html`<nav aria-label="Pages of tools">
    <p>
      ${formatNumber(from + 1)} to ${formatNumber(Math.min(from + PAGE_SIZE, total))} of ${formatNumber(total)}
      ${from > 0 && html` · <a href="${at(Math.max(0, from - PAGE_SIZE))}" rel="prev">Before</a>`}
      ${from + PAGE_SIZE < total && html` · <a href="${at(from + PAGE_SIZE)}" rel="next">Next</a>`}
    </p>
  </nav>`
}

function toolPage(name: string, { optimizer, definitionTokens }: Parts): Page {
  const catalog = optimizer.catalog()
  const entry = describeEntry(catalog, name, optimizer.outputOf)
  const tool = catalog.tools.get(name)
  return {
    title: name,
    body: html`<section class="card">
        <h2>Signature</h2>
        <pre>${entry.signature}</pre>
        <p class="prose">${cleanText(tool?.definition.description ?? entry.description)}</p>
        ${tool !== undefined && hintsOf(tool, definitionTokens(tool))}
        <p><a class="button" href="${address('/ui/run', { name })}">Run it</a></p>
      </section>
      ${entry.parameters !== '' && card('Parameters', html`<pre>${cleanText(entry.parameters)}</pre>`)}
      ${card('Schemas', schema('Input', entry.inputSchema), entry.outputSchema !== undefined && schema('Output', entry.outputSchema))}`,
  }
}

function hintsOf(
  { server, tool, readOnlyHint, destructiveHint, idempotentHint }: CatalogTool,
  definitionTokens: number,
): Html {
  const hints = [
    readOnlyHint === true && tag('only reads'),
    destructiveHint === true && tag('may destroy', 'warn'),
    idempotentHint === true && tag('may be repeated'),
  ].filter((hint) => hint !== false)
  return pairs([
    ['server', html`<a href="${address('/ui/servers', { name: server })}">${server}</a>`],
    ['its name there', html`<code>${tool}</code>`],
    ['its definition', `${formatNumber(definitionTokens)} tokens, estimated`],
    ...(hints.length === 0 ? [] : [['the server says', html`${hints.map((hint) => html`${hint} `)}`] as const]),
  ])
}

function schema(title: string, value: unknown): Html {
  return html`<details>
    <summary>${title}</summary>
    <pre>${cleanText(JSON.stringify(value, undefined, 2))}</pre>
  </details>`
}
