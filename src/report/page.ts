import { escapeHtml as escape } from '../internal/html.ts'
import { drawChart } from './chart/draw.ts'
import { cellText, type Report, type Section, type Table } from './report.ts'
import { STYLE } from './style.ts'

/** Nothing but this page's own styles and pictures: no script, no request. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

export interface PageOptions {
  /** False: tables alone. @default true */
  readonly charts?: boolean
}

/** A report as one page of HTML that needs nothing else. */
export function toPage(report: Report, { charts = true }: PageOptions = {}): string {
  const { title, summary, facts, sections, raw } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="mcp-optimizer">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p class="summary">${escape(summary)}</p>
<ul class="facts">${facts.map(([name, value]) => `<li>${escape(name)}: ${escape(value)}</li>`).join('')}</ul>
<nav aria-label="Sections">${sections.map(({ id, title: name }) => `<a href="#${id}">${escape(name)}</a>`).join('')}</nav>
${sections.map((section) => sectionHtml(section, charts)).join('\n')}
<details><summary>All figures as JSON</summary><pre>${escape(JSON.stringify(raw, undefined, 1))}</pre></details>
</main>
</body>
</html>
`
}

function sectionHtml({ id, title, note, chart, table }: Section, withCharts: boolean): string {
  const figure = withCharts && chart !== undefined ? drawChart(title, chart) : undefined
  return `<section id="${id}">
<h2>${escape(title)}</h2>
<p>${escape(note)}</p>
${figure?.toString() ?? ''}
${tableHtml(table)}
</section>`
}

/** Tables of more columns become one block a row where there is no room for them; see `TABLE_STYLE`. */
const MAX_NARROW_COLUMNS = 3

function tableHtml({ columns, rows, provenance }: Table): string {
  const isNumber = columns.map((_column, at) => rows.some((row) => typeof row[at] === 'number'))
  const kind = (at: number, text: string): string =>
    ` class="${[isNumber[at] === true ? 'number' : '', text === '' ? 'empty' : ''].join(' ').trim()}"`
  const head = columns
    .map(({ title }, at) => `<th scope="col" role="columnheader"${kind(at, title)}>${escape(title)}</th>`)
    .join('')
  const cell = (at: number, text: string): string =>
    at === 0
      ? `<th scope="row" role="rowheader"${kind(at, text)}>${escape(text)}</th>`
      : `<td role="cell"${kind(at, text)} data-label="${escape(columns[at]?.title ?? '')}"><div>${escape(text)}</div></td>`
  const body = rows.map(
    (row) => `<tr role="row">${row.map((value, at) => cell(at, cellText(value, columns[at]))).join('')}</tr>`,
  )
  const many = columns.length > MAX_NARROW_COLUMNS ? ' class="many"' : ''
  return `<div class="scroll"><table role="table"${many}><caption>${provenance}</caption><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">
${body.join('\n')}
</tbody></table></div>`
}
