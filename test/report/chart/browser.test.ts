import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { Chart } from '../../../src/report/chart/chart.ts'
import { toPage } from '../../../src/report/page.ts'
import type { Section } from '../../../src/report/report.ts'
import { chromiumPath, openBrowser } from '../../support/browser.ts'
import { temporaryFolder } from '../../support/servers.ts'

const LONG = ['<&"> '.repeat(16), '文字だけの長い名前'.repeat(9), 'x'.repeat(80), 'short']
const series = (count: number, length: number): Chart['series'] =>
  Array.from({ length: count }, (_, at) => ({
    name: `${LONG[at % LONG.length]} ${at}`,
    values: Array.from({ length }, (_one, index) => (index + 1) * 10 ** (at + 1) * 1.234),
  }))
const time = Array.from({ length: 60 }, (_, at) => `12:${String(at).padStart(2, '0')}`)

const CHARTS: readonly Chart[] = [
  { kind: 'bar', unit: 'tokens', categories: LONG, series: [{ name: 'one', values: [999_999, 1, 0, 229] }] },
  { kind: 'bar', unit: 'operations/s', categories: LONG, series: series(4, 4), logarithmic: true },
  { kind: 'bar', unit: 'MB', categories: LONG, series: series(5, 4), stacked: true },
  { kind: 'bar', unit: 'USD', categories: ['lost', 'won'], series: [{ name: 'usd', values: [-1234.5, 4321] }] },
  { kind: 'line', unit: 'operations', categories: time, series: series(3, 60) },
  { kind: 'line', unit: 'requests/s', categories: LONG, series: series(2, 4) },
  { kind: 'line', unit: 'n', categories: ['only'], series: [{ name: 'one point', values: [1e9] }] },
]

describe.skipIf(chromiumPath === undefined)('charts in a browser', () => {
  it('hold their texts inside, at least 11 px high and legible, at any width, light and dark', async () => {
    await using browser = await openBrowser()
    const file = join(temporaryFolder(), 'charts.html')
    await writeFile(file, gallery(CHARTS))
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, errors } = await browser.open(pathToFileURL(file).href, colorScheme)
      for (const width of [320, 390, 760, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        expect(await page.locator('figure.chart').count()).toBe(CHARTS.length)
        expect(await faultsOf(page), `${colorScheme} at ${width} px`).toEqual([])
      }
      expect(errors).toEqual([])
    }
  })
})

function gallery(charts: readonly Chart[]): string {
  const sections = charts.map((chart, at): Section => ({
    id: `chart-${at}`,
    title: `Chart ${at}`,
    note: '',
    chart,
    table: { provenance: 'measured', columns: [], rows: [] },
  }))
  return toPage({ title: 'Charts', summary: '', facts: [], sections, raw: {} })
}

/** Texts that stick out, are small, or stand on their ground with too little contrast; marks as well. Text, because these tests know no DOM types. */
async function faultsOf(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const contrast = (a, b) => {
      const [low, high] = [light(a), light(b)].sort((x, y) => x - y)
      return (high + 0.05) / (low + 0.05)
    }
    const faults = []
    for (const figure of document.querySelectorAll('figure.chart')) {
      const frame = figure.getBoundingClientRect()
      const ground = getComputedStyle(figure.closest('section')).backgroundColor
      for (const element of figure.querySelectorAll('span, li, text')) {
        if (element.children.length > 0 && element.tagName !== 'LI') continue
        const text = element.textContent.trim()
        const style = getComputedStyle(element)
        if (text === '' || style.display === 'none') continue
        const range = document.createRange()
        range.selectNodeContents(element)
        const box = range.getBoundingClientRect()
        const isInside = box.left >= frame.left - 0.5 && box.right <= frame.right + 0.5 && box.top >= frame.top - 0.5 && box.bottom <= frame.bottom + 0.5
        if (!isInside) faults.push('outside: ' + text)
        if (element.scrollWidth > element.clientWidth + 1 && style.overflowX === 'hidden') faults.push('cut: ' + text)
        if (parseFloat(style.fontSize) < 11) faults.push('small: ' + text)
        if (contrast(element.tagName === 'text' ? style.fill : style.color, ground) < 4.5) faults.push('pale: ' + text)
      }
      for (const mark of figure.querySelectorAll('.mark'))
        if (contrast(getComputedStyle(mark).color, ground) < 3) faults.push('pale mark: ' + mark.getAttribute('class'))
      const texts = [...figure.querySelectorAll('.axis text, .names span, .values > span')].map((element) => {
        const range = document.createRange()
        range.selectNodeContents(element)
        return { text: element.textContent.trim(), box: range.getBoundingClientRect() }
      })
      for (const [at, one] of texts.entries()) for (const other of texts.slice(at + 1))
        if (one.box.left < other.box.right - 1 && other.box.left < one.box.right - 1 && one.box.top < other.box.bottom - 4 && other.box.top < one.box.bottom - 4)
          faults.push('over each other: ' + one.text + ' and ' + other.text)
    }
    if (document.documentElement.scrollWidth > window.innerWidth) faults.push('the page scrolls sideways')
    return faults
  })()`)
}
