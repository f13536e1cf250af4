// A worker's postMessage has no target origin.
// oxlint-disable unicorn/require-post-message-target-origin
import { Worker } from 'node:worker_threads'
import { entryPath } from '../../internal/entry.ts'
import { html, type Html, trustedHtml } from '../../internal/html.ts'
import type { ChartSize } from '../../report/chart.ts'
import type { Chart } from '../../report/report.ts'
import type { ChartDone, ChartTask } from './chart-worker.ts'

/** Draws charts as figures of a page. */
export interface Charts extends AsyncDisposable {
  /** A figure, or why there is none: its numbers stand in a table anyway. Never rejects. */
  draw(title: string, chart: Chart, size: ChartSize): Promise<Drawing>
}

export interface Drawing {
  readonly figure?: Html
  readonly problem?: string
}

/** Milliseconds without a chart after which the thread ends and its memory comes back. */
const IDLE_MS = 120_000
/** Milliseconds a chart may take; the first one waits for the library. */
const PATIENCE_MS = 10_000

export function createCharts(): Charts {
  let artist: Artist | undefined
  let idle: NodeJS.Timeout | undefined
  const current = (): Artist => {
    if (artist !== undefined) return artist
    const started = startArtist(() => {
      if (artist === started) artist = undefined
    })
    return (artist = started)
  }
  const draw = async (chart: Chart, size: ChartSize): Promise<ChartDone> => {
    clearTimeout(idle)
    try {
      return await current().draw(chart, size)
    } finally {
      clearTimeout(idle)
      idle = setTimeout(() => void artist?.worker.terminate(), IDLE_MS)
      idle.unref()
    }
  }
  return {
    async draw(title, chart, size) {
      const done = await draw(chart, size)
      if ('problem' in done) return { problem: done.problem }
      const drawn = trustedHtml(withoutStyles(done.svg))
      return { figure: html`<figure role="img" aria-label="${title}">${legend(chart)}${drawn}</figure>` }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(idle)
      await artist?.worker.terminate()
    },
  }
}

interface Artist {
  readonly worker: Worker
  draw(chart: Chart, size: ChartSize): Promise<ChartDone>
}

function startArtist(onEnd: () => void): Artist {
  const waiting = new Map<number, (done: ChartDone) => void>()
  let count = 0
  const worker = new Worker(entryPath('./chart-worker.js', import.meta.url), {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  })
  worker.unref()
  const settle = (done: ChartDone): void => {
    waiting.get(done.id)?.(done)
    waiting.delete(done.id)
  }
  const fail = (): void => {
    onEnd()
    for (const id of waiting.keys()) settle({ id, problem: 'the charts could not be drawn' })
  }
  worker.on('message', settle)
  worker.on('error', fail)
  worker.on('exit', fail)
  return {
    worker,
    async draw(chart, size) {
      const id = ++count
      const late = setTimeout(() => void worker.terminate(), PATIENCE_MS)
      try {
        return await new Promise<ChartDone>((resolve) => {
          waiting.set(id, resolve)
          worker.postMessage({ id, chart, size } satisfies ChartTask)
        })
      } finally {
        clearTimeout(late)
      }
    },
  }
}

function legend({ series }: Chart): Html | undefined {
  if (series.length < 2) return undefined
  return html`<ul class="legend">
    ${series.map(({ name }, at) => html`<li class="series-${at + 1}">${name}</li>`)}
  </ul>`
}

/**
 * The pages allow no inline styles. The library's text styles are as valid as attributes, and its sheet, which has rules for
 * the pointer alone, is left out.
 */
function withoutStyles(svg: string): string {
  return svg.replace(/<style\b[^]*?<\/style>/g, '').replace(/ style="([^"]*)"/g, (_match, style: string) =>
    style
      .split(';')
      .flatMap((rule) => {
        const [name, value] = rule.split(':', 2)
        return name === undefined || value === undefined ? [] : [` ${name.trim()}="${value.trim()}"`]
      })
      .join(''),
  )
}
