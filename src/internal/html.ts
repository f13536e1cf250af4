/** Markup that may be sent as it is: made by `html` alone, so that no text becomes markup by mistake. */
export class Html {
  readonly #markup: string

  constructor(markup: string, made: symbol) {
    if (made !== MADE) throw new TypeError('markup is made by html`…`')
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/** What a template takes: texts and numbers are escaped, nothing is written for undefined and false. */
export type HtmlValue = string | number | Html | undefined | false | readonly HtmlValue[]

const MADE = Symbol('html')

/** Markup from a template. Values may stand between tags and in quoted attributes, nowhere else. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = strings.map((text, index) => text + (index < values.length ? markupOf(values[index]) : ''))
  return new Html(parts.join(''), MADE)
}

/** Text as it stands between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '') : text
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(markupOf).join('')
  return escapeHtml(String(value))
}
