import { html, type Html } from '../../internal/html.ts'
import { type Chart, seriesClass, unitOf } from './chart.ts'
import { exactNumber, shortNumber } from './numbers.ts'
import { linearScale, logarithmicScale, type Scale } from './scale.ts'

/**
 * Bars that lie: a row of name, bars and numbers for each category. Names and numbers are text of the page, which wraps; bars are
 * measured in percent of what is left for them, so that a chart fits any width without a script.
 */
export function barsOf(chart: Chart): Html {
  const { categories, series, stacked = false } = chart
  const rows = categories.map((_category, at) => series.map(({ values }) => values[at]))
  const known = rows.flatMap((row) => (stacked ? sumsOf(row) : row)).filter((value) => value !== undefined)
  const scale = chart.logarithmic === true ? logarithmicScale(known) : linearScale(known)
  return html`<div class="bars">
    ${categories.map(
      (category, at) =>
        html`<span class="name">${category}</span>
          ${stacked ? stackedRow(chart, rows[at] ?? [], scale) : groupedRow(chart, rows[at] ?? [], scale)}`,
    )}
    ${axis(scale, unitOf(chart))}
  </div>`
}

function groupedRow({ series }: Chart, row: readonly (number | undefined)[], scale: Scale): Html {
  return html`<span class="tracks"
      >${row.map((value, at) => track(scale, value !== undefined && bar(scale, 0, value, at, series[at]?.name)))}</span
    ><span class="values"
      >${row.map((value) => html`<span>${value === undefined ? '–' : exactNumber(value)}</span>`)}</span
    >`
}

/** Parts above zero go to the right of it, those below to the left. */
function stackedRow({ series }: Chart, row: readonly (number | undefined)[], scale: Scale): Html {
  const ends = { above: 0, below: 0 }
  const parts = row.map((value = 0, at) => {
    const side = value < 0 ? 'below' : 'above'
    const from = ends[side]
    ends[side] += value
    return value !== 0 && bar(scale, from, ends[side], at, `${series[at]?.name ?? ''} ${exactNumber(value)}`)
  })
  return html`<span class="tracks">${track(scale, parts)}</span
    ><span class="values"><span>${exactNumber(ends.above + ends.below)}</span></span>`
}

function sumsOf(row: readonly (number | undefined)[]): number[] {
  const sum = (sign: number): number => row.reduce<number>((all, value = 0) => all + (value * sign > 0 ? value : 0), 0)
  return [sum(1), sum(-1)]
}

function track({ ticks }: Scale, marks: Html | false | readonly (Html | false)[]): Html {
  const lines = ticks.map((_tick, at) => gridLine(percent(at / (ticks.length - 1))))
  return html`<svg width="100%" height="14" focusable="false">${lines}${marks}</svg>`
}

function gridLine(x: string): Html {
  return html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="14"></line>`
}

function bar(scale: Scale, from: number, to: number, at: number, title = ''): Html | false {
  const [start = scale.base, end] = [scale.at(from), scale.at(to)]
  if (end === undefined) return false
  const [x, width] = [percent(Math.min(start, end)), percent(Math.abs(end - start))]
  return html`<rect class="mark ${seriesClass(at)}" x="${x}" y="2" width="${width}" height="10"
    ><title>${title}</title></rect
  >`
}

/** The ends of the axis stand inside it. */
function axis({ ticks }: Scale, unit: string): Html {
  const last = ticks.length - 1
  return html`<span class="no-name"></span
    ><svg class="axis" width="100%" height="14" focusable="false">
      ${ticks.map(
        (tick, at) =>
          html`<text
            x="${percent(at / last)}"
            y="11"
            text-anchor="${at === 0 ? 'start' : at === last ? 'end' : 'middle'}"
          >
            ${shortNumber(tick)}
          </text>`,
      )}</svg
    ><span class="unit">${unit}</span>`
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))}%`
}
