import type { EChartsOption } from 'echarts'
import { OptimizerError } from '../errors.ts'
import type { Chart } from './report.ts'

/** Draws charts as SVG text. */
export type ChartRenderer = (chart: Chart, size?: ChartSize) => string

/** Pixels. */
export interface ChartSize {
  /** @default 860 */
  readonly width?: number
  /** @default what the categories need; a line chart 320 */
  readonly height?: number
}

const WIDTH = 860
/** Lines of more points are drawn without a mark for each. */
const MAX_MARKS = 30
const MAX_NAME_WIDTH = 300
/** Colours of the page (see `style.ts`), so that one chart serves light, dark and paper. */
const COLOURS = [1, 2, 3, 4, 5].map((series) => `var(--series-${series})`)
const TEXT = { color: 'currentColor', fontFamily: 'inherit', fontSize: 12 }
const LINES = { lineStyle: { color: 'var(--line)' } }

/** Loads the chart library, an optional package of 60 MB. Throws `CONFIG_INVALID` when it is not installed. */
export async function loadChartRenderer(): Promise<ChartRenderer> {
  const echarts = await import('echarts').catch((cause: unknown) => {
    throw new OptimizerError('CONFIG_INVALID', 'cannot draw charts: the package echarts is not installed', {
      cause,
      suggestion: 'npm install echarts@6, or ask for tables alone with --tables',
    })
  })
  return (chart, { width = WIDTH, height = heightOf(chart) } = {}) => {
    const canvas = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
    try {
      canvas.setOption(optionsOf(chart))
      return canvas.renderToSVGString()
    } finally {
      // Without this the process never ends.
      canvas.dispose()
    }
  }
}

function heightOf(chart: Chart): number {
  return chart.kind === 'line' ? 320 : 56 + chart.categories.length * barRow(chart)
}

function nameWidth({ categories }: Chart): number {
  return Math.min(MAX_NAME_WIDTH, Math.max(...categories.map(({ length }) => length)) * 7.6) + 16
}

function barRow({ series, stacked }: Chart): number {
  return stacked === true ? 26 : 12 + series.length * 14
}

function optionsOf(chart: Chart): EChartsOption {
  const values = {
    type: chart.logarithmic === true ? ('log' as const) : ('value' as const),
    name: chart.unit,
    nameLocation: 'end' as const,
    nameTextStyle: TEXT,
    axisLabel: { ...TEXT, hideOverlap: true, formatter: shortNumber },
    splitLine: LINES,
    ...scaleOf(chart),
  }
  const names = {
    type: 'category' as const,
    data: [...chart.categories],
    axisLabel: {
      ...TEXT,
      ...(chart.kind === 'bar' ? { interval: 0, width: MAX_NAME_WIDTH, overflow: 'truncate' as const } : {}),
    },
    axisLine: LINES,
    axisTick: { show: false },
  }
  return {
    animation: false,
    color: COLOURS,
    textStyle: TEXT,
    // Without a browser the library cannot measure text: room for the longest name is reserved by its length.
    grid: {
      left: chart.kind === 'bar' ? nameWidth(chart) : 64,
      right: chart.kind === 'bar' ? 76 : 24,
      top: 24,
      bottom: 28,
    },
    ...(chart.kind === 'bar'
      ? { xAxis: values, yAxis: { ...names, inverse: true } }
      : { xAxis: { ...names, boundaryGap: false }, yAxis: values }),
    series: chart.series.map(({ name, values: data }) => ({
      name,
      type: chart.kind,
      data: [...data],
      ...(chart.stacked === true ? { stack: 'all' } : {}),
      ...(chart.kind === 'bar'
        ? { barMaxWidth: 18 }
        : { symbolSize: 6, showSymbol: chart.categories.length <= MAX_MARKS, lineStyle: { width: 2 } }),
      label:
        chart.kind === 'bar' && chart.stacked !== true
          ? {
              show: true,
              position: 'right',
              ...TEXT,
              fontSize: 11,
              formatter: ({ value }) => shortNumber(Number(value)),
            }
          : { show: false },
    })),
  }
}

/** Whole numbers have no ticks between them; bars of a logarithmic axis begin at its end, not at 1. */
function scaleOf({ series, logarithmic }: Chart): { minInterval?: number; min?: number; startValue?: number } {
  const all = series.flatMap(({ values }) => values)
  if (logarithmic !== true) return all.every((value) => Number.isInteger(value)) ? { minInterval: 1 } : {}
  const least = 10 ** Math.floor(Math.log10(Math.min(...all)))
  return Number.isFinite(least) && least > 0 ? { min: least, startValue: least } : {}
}

function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`
  return size >= 100 ? String(Math.round(value)) : trimmed(value)
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)))
}
