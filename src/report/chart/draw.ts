import { html, type Html } from '../../internal/html.ts'
import { barsOf } from './bars.ts'
import { type Chart, seriesClass } from './chart.ts'
import { linesOf } from './lines.ts'
import { exactNumber } from './numbers.ts'

/** Most values that the description of a chart lists one by one. */
const MAX_LISTED = 16

/**
 * A chart as markup that needs `CHART_STYLE` and nothing else: no script, no inline style. Its texts keep their size at any width, wrap
 * and are never cut. Undefined where there is no value to draw. Throws RangeError for a value that is no finite number.
 */
export function drawChart(title: string, chart: Chart): Html | undefined {
  const { series, categories, kind } = chart
  const values = series.flatMap((one) => one.values.slice(0, categories.length))
  for (const value of values) assertDrawable(title, value)
  if (values.every((value) => value === undefined)) return undefined
  return html`<figure class="chart" role="img" aria-label="${title}: ${describe(chart)}">
    ${legend(chart)}${kind === 'bar' ? barsOf(chart) : linesOf(chart)}
  </figure>`
}

const MAX_VALUE = 1e15

function assertDrawable(title: string, value: number | undefined): void {
  if (value === undefined || Math.abs(value) <= MAX_VALUE) return
  throw new RangeError(`cannot draw "${title}": found the value ${value}, wanted a number between -1e15 and 1e15`)
}

function legend({ series }: Chart): Html | undefined {
  if (series.length < 2) return undefined
  return html`<ul class="legend">
    ${series.map(({ name }, at) => html`<li><i class="${seriesClass(at)}"></i>${name}</li>`)}
  </ul>`
}

/** The chart in words, for those who do not see it. */
function describe({ unit, categories, series }: Chart): string {
  const told = series.map(({ name, values }) => {
    const known = categories.flatMap((category, at) => {
      const value = values[at]
      return value === undefined ? [] : [{ category, value }]
    })
    const listed = series.length * categories.length <= MAX_LISTED ? known : endsOf(known)
    const text = listed.map(({ category, value }) => `${category} ${exactNumber(value)}`).join(', ')
    return series.length < 2 ? text : `${name}: ${text}`
  })
  return `${unit}. ${told.join('; ')}`
}

/** The least and the greatest. */
function endsOf<T extends { readonly value: number }>(list: readonly T[]): readonly T[] {
  const ordered = list.toSorted((a, b) => a.value - b.value)
  return [...ordered.slice(0, 1), ...ordered.slice(1).slice(-1)]
}
