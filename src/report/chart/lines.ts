import { html, type Html } from '../../internal/html.ts'
import { type Chart, seriesClass, unitOf } from './chart.ts'
import { exactNumber, shortNumber } from './numbers.ts'
import { linearScale, logarithmicScale, type Scale } from './scale.ts'

/** Lines of more points have no mark for each. */
const MAX_MARKS = 30
/** Categories that are all named below the drawing; of more the first, the middle and the last one. */
const MAX_NAMES = 6

/**
 * Lines over categories. The drawing is stretched to the width that there is, its strokes are not; the names of both axes are text of
 * the page.
 */
export function linesOf(chart: Chart): Html {
  const { categories, series } = chart
  const known = series.flatMap(({ values }) => values).filter((value) => value !== undefined)
  const scale = chart.logarithmic === true ? logarithmicScale(known) : linearScale(known)
  const { ticks } = scale
  return html`<div class="lines">
    <span class="unit">${unitOf(chart)}</span>
    <span class="levels">${ticks.toReversed().map((tick) => html`<span>${shortNumber(tick)}</span>`)}</span>
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" focusable="false">
      ${ticks.map((_tick, at) => gridLine(100 - (at / (ticks.length - 1)) * 100))}
      ${series.map((_one, at) => line(chart, at, scale))}
    </svg>
    ${namesBelow(categories)}
  </div>`
}

function gridLine(y: number): Html {
  return html`<line class="grid" x1="0" x2="100" y1="${place(y)}" y2="${place(y)}"></line>`
}

interface Point {
  readonly x: number
  readonly y: number
  readonly title: string
}

function line({ series, categories }: Chart, at: number, scale: Scale): Html {
  const { name = '', values = [] } = series[at] ?? {}
  const points = categories.map((category, index): Point | undefined => {
    const value = values[index]
    const share = value === undefined ? undefined : scale.at(value)
    if (value === undefined || share === undefined) return undefined
    const x = ((index + 0.5) / categories.length) * 100
    return { x, y: 100 - share * 100, title: `${name} ${category}: ${exactNumber(value)}` }
  })
  const marks = points.filter((point, index) => point !== undefined && needsMark(points, index))
  return html`<g class="mark ${seriesClass(at)}">
    <path class="line line-${(at % 5) + 1}" d="${pathOf(points)}"></path>
    ${marks.map((point) => point !== undefined && dot(point))}
  </g>`
}

/** Where there are many points, only those without a neighbour: a line through them has no length. */
function needsMark(points: readonly (Point | undefined)[], at: number): boolean {
  return points.length <= MAX_MARKS || (points[at - 1] === undefined && points[at + 1] === undefined)
}

/** A line without length and with round ends: a circle that stays one when the drawing is stretched. */
function dot({ x, y, title }: Point): Html {
  return html`<path class="dot" d="M${place(x)} ${place(y)}h0.001"><title>${title}</title></path>`
}

/** A gap where there is no value. */
function pathOf(points: readonly (Point | undefined)[]): string {
  return points
    .map((point, at) =>
      point === undefined ? '' : `${points[at - 1] === undefined ? 'M' : 'L'}${place(point.x)} ${place(point.y)}`,
    )
    .join('')
}

function namesBelow(categories: readonly string[]): Html {
  const shown =
    categories.length <= MAX_NAMES
      ? categories
      : [categories[0], categories[Math.floor(categories.length / 2)], categories.at(-1)]
  const kind = categories.length <= MAX_NAMES ? 'each' : 'some'
  return html`<span class="names ${kind}">${shown.map((name) => html`<span>${name}</span>`)}</span>`
}

function place(value: number): string {
  return String(Number(value.toFixed(2)))
}
