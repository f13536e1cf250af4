import { html, type Html, type HtmlValue } from '../../internal/html.ts'
import { formatNumber } from '../../report/report.ts'

/** The first line break of an area is dropped by browsers; this one is there for that. Also ends lines of preformatted text. */
export const LINE_BREAK = '\n'

/** A column of a table; numbers stand at the right. */
export interface Column {
  readonly title: string
  readonly kind?: 'number' | 'nowrap' | 'wide' | 'rest'
}

/** Tables of more columns, or of several of text, become one block a row where there is no room for them. */
const MAX_NARROW_COLUMNS = 4

function needsRoom(columns: readonly Column[]): boolean {
  const texts = columns.filter(({ kind }) => kind === 'wide' || kind === 'rest').length
  return columns.length > MAX_NARROW_COLUMNS || texts > 1
}

/**
 * A table whose first cells are the headings of their rows. Its roles are written out, because browsers drop those of a table that
 * is laid out in blocks.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly HtmlValue[])[]): Html {
  const kindOf = (at: number): string => columns[at]?.kind ?? ''
  const head = columns.map(
    ({ title, kind = '' }) => html`<th scope="col" role="columnheader" class="${kind}">${title}</th>`,
  )
  const body = rows.map(
    ([first, ...rest]) =>
      html`<tr role="row">
        <th scope="row" role="rowheader" class="${kindOf(0)}">${first}</th>
        ${rest.map((cell, at) => bodyCell(cell, columns[at + 1]))}
      </tr>`,
  )
  return html`<div class="scroll">
    <table role="table" class="${needsRoom(columns) && 'many'}">
      <caption>
        ${caption}
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${head}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${body}
      </tbody>
    </table>
  </div>`
}

function bodyCell(cell: HtmlValue, column: Column | undefined): Html {
  const { title = '', kind = '' } = column ?? {}
  const isEmpty = cell === '' || cell === undefined || cell === false
  return html`<td role="cell" class="${kind}${isEmpty && ' empty'}" data-label="${title}"><div>${cell}</div></td>`
}

/** A figure with its name, in a row of such. */
export interface Figure {
  readonly name: string
  readonly value: HtmlValue
  readonly unit?: string
  readonly more?: string
}

export function figures(list: readonly Figure[]): Html {
  return html`<dl class="figures">
    ${list.map(
      ({ name, value, unit, more }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>
            ${value}${unit !== undefined && html` <small>${unit}</small>`}${more !== undefined && html`<div class="more">${more}</div>`}
          </dd>
        </div>`,
    )}
  </dl>`
}

export function pairs(list: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  return html`<dl class="pairs">
    ${list.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}

/** Short facts in a line. */
export function facts(texts: readonly string[]): Html {
  return html`<ul class="facts">
    ${texts.map((text) => html`<li>${text}</li>`)}
  </ul>`
}

export function card(title: string, ...content: readonly HtmlValue[]): Html {
  return html`<section class="card">
    <h2>${title}</h2>
    ${content}
  </section>`
}

export function tag(text: string, tone: 'good' | 'bad' | 'warn' | '' = ''): Html {
  return html`<span class="tag ${tone}">${text}</span>`
}

/** What went wrong, read out by screen readers. */
export function problem(...content: readonly HtmlValue[]): Html {
  return html`<div class="problem" role="alert">${content.map((text) => html`<p>${text}</p>`)}</div>`
}

/** An address of ours with a query. */
export function address(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}

/** One line of input with its label. */
export function textField(
  label: string,
  name: string,
  value: string,
  more: { readonly type?: 'text' | 'search' | 'number'; readonly hint?: string; readonly size?: number } = {},
): Html {
  const { type = 'text', hint, size = 20 } = more
  const id = `f-${name}`
  return html`<div class="field">
    <label for="${id}">${label}</label
    ><input
      id="${id}"
      name="${name}"
      type="${type}"
      value="${value}"
      size="${size}"
      autocomplete="off"
      spellcheck="false"
      ${hint !== undefined && html` aria-describedby="${id}-hint"`}
    />${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
  </div>`
}

export function choiceField(
  label: string,
  name: string,
  value: string,
  choices: readonly (readonly [value: string, text: string])[],
): Html {
  const options = choices.map(
    ([choice, text]) => html`<option value="${choice}" ${choice === value && html` selected`}>${text}</option>`,
  )
  return html`<div class="field">
    <label for="f-${name}">${label}</label
    ><select id="f-${name}" name="${name}">
      ${options}
    </select>
  </div>`
}

export function checkField(label: string, name: string, isOn: boolean): Html {
  return html`<label class="check"
    ><input type="checkbox" name="${name}" value="true" ${isOn && html` checked`} />${label}</label
  >`
}

export function areaField(
  label: HtmlValue,
  name: string,
  value: string,
  more: { readonly rows: number; readonly hint?: string; readonly placeholder?: string },
): Html {
  const { rows, hint, placeholder = '' } = more
  const attributes = html`id="f-${name}" name="${name}" rows="${rows}" placeholder="${placeholder}"`
  return html`<div class="field">
    <label for="f-${name}">${label}</label>${textArea(attributes, value)}
    ${hint !== undefined && html`<p class="hint">${hint}</p>`}
  </div>`
}

export function textArea(attributes: Html, value: string): Html {
  return html`<textarea spellcheck="false" ${attributes}>${LINE_BREAK}${value}</textarea>`
}

/** Milliseconds as people read them. */
export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return '–'
  if (ms >= 100) return formatNumber(ms)
  return formatNumber(ms, ms >= 10 ? 1 : ms >= 1 ? 2 : 3)
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${formatNumber((part / whole) * 100, 1)} %`
}

export function bytes(count: number): string {
  if (count >= 1_048_576) return `${formatNumber(count / 1_048_576, 1)} MiB`
  return count >= 1_024 ? `${formatNumber(count / 1_024, 1)} KiB` : `${formatNumber(count)} B`
}

/** US dollars; amounts below a cent to a hundredth of it. */
export function usd(amount: number, digits: number = amount !== 0 && Math.abs(amount) < 0.01 ? 4 : 2): string {
  return `${amount < 0 ? '−' : ''}$${formatNumber(Math.abs(amount), digits)}`
}

/** `2 h 05 min`. */
export function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`
  return minutes > 0
    ? `${minutes} min ${String(Math.floor(seconds) % 60).padStart(2, '0')} s`
    : `${Math.floor(seconds)} s`
}

/** Of this machine, which is mostly that of whoever looks: pages without a script cannot ask the browser. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** To the second, in the zone of this machine. */
export function timeOfDay(wall: number): Html {
  const shown = new Date(wall).toLocaleTimeString('en-GB')
  return html`<time datetime="${new Date(wall).toISOString()}">${shown}</time>`
}
