// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { parentPort } from 'node:worker_threads'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import { type ChartSize, loadChartRenderer } from '../../report/chart.ts'
import type { Chart } from '../../report/report.ts'

/** Draws charts in a thread of its own: loading the library alone would hold up the gateway for half a second. */

export interface ChartTask {
  readonly id: number
  readonly chart: Chart
  readonly size: ChartSize
}

export type ChartDone = { readonly id: number } & ({ readonly svg: string } | { readonly problem: string })

const renderer = loadChartRenderer()
// Told to whoever asks for a chart.
renderer.catch(() => undefined)

parentPort?.on('message', ({ id, chart, size }: ChartTask) => {
  const answer = (done: ChartDone): void => parentPort?.postMessage(done)
  renderer
    .then((draw) => answer({ id, svg: draw(chart, size) }))
    .catch((thrown: unknown) => answer({ id, problem: problemOf(thrown) }))
})

function problemOf(thrown: unknown): string {
  const isMissing = OptimizerError.is(thrown, 'CONFIG_INVALID')
  return isMissing ? `${thrown.message}; npm install echarts@6 brings it` : messageOf(thrown)
}
