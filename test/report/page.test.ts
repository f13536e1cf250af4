import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { reportConfiguration } from '../../src/report/configuration-report.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { toPage } from '../../src/report/page.ts'
import type { Report } from '../../src/report/report.ts'
import { loadTokenCounter } from '../../src/tokens/figure.ts'
import { loadPrices } from '../../src/tokens/prices.ts'
import { chromiumPath, openBrowser } from '../support/browser.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

let report: Report
beforeAll(async () => {
  await using optimizer = demoGateway({ servers: { gone: { type: 'stdio', command: 'no-such-program' } } })
  const [count, prices] = [await loadTokenCounter(), await loadPrices()]
  report = await reportConfiguration({ optimizer, count, prices, facts: [['date', '2026-11-25']] })
})

describe('the report of a configuration', () => {
  it('counts every server, and says why one has no tools', () => {
    const { rows } = report.sections.find(({ id }) => id === 'servers')?.table ?? { rows: [] }
    expect(rows.map(([name, tools]) => [name, tools])).toEqual([
      ['demo', 8],
      ['gone', 0],
    ])
    expect(rows[1]?.at(-1)).toContain('no-such-program')
  })

  it('shows every mode, every model with and without caching, and the time of each stage', () => {
    const rowsOf = (id: string): unknown[] =>
      report.sections.find((section) => section.id === id)?.table.rows.map(([name]) => name) ?? []
    expect(rowsOf('modes')).toEqual(['traditional', 'lazy_loading', 'server_side', 'code_execution'])
    expect(rowsOf('cost')).toEqual(expect.arrayContaining(['GPT-4 Turbo', 'GPT-4o', 'Claude 3 Opus', 'Claude 3 Haiku']))
    expect(rowsOf('latency')).toEqual(expect.arrayContaining(['execute', 'whole operation', 'floor: bare Node']))
  })

  it('says where each table comes from', () => {
    expect(Object.fromEntries(report.sections.map(({ id, table }) => [id, table.provenance]))).toEqual({
      servers: 'measured',
      modes: 'measured',
      cost: 'computed',
      infrastructure: 'estimated',
      latency: 'measured',
    })
  })

  it('has the same tables as Markdown', () => {
    const text = toMarkdown(report)
    expect(text).toContain('| demo | 8 |')
    expect(text.match(/^## /gm)).toHaveLength(report.sections.length)
  })
})

describe('the page', () => {
  it('lets no text of a server become markup', () => {
    const [first] = report.sections
    if (first === undefined) throw new Error('no sections')
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>'
    const page = toPage({
      ...report,
      title: evil,
      sections: [{ ...first, title: evil, note: evil, table: { ...first.table, rows: [[evil, 1]] } }],
      raw: { evil },
    })
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<img')
  })

  it('has tables alone where it is asked for no charts', () => {
    const page = toPage(report, { charts: false })
    expect(page).not.toContain('<svg')
    expect(page.match(/<table>/g)).toHaveLength(report.sections.length)
  })

  it.skipIf(chromiumPath === undefined)('asks for nothing, and every chart has its marks, light and dark', async () => {
    const charts = report.sections.flatMap(({ chart }) => (chart === undefined ? [] : [chart]))
    await using browser = await openBrowser()
    const file = join(temporaryFolder(), 'report.html')
    await writeFile(file, toPage(report))
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, requests, errors } = await browser.open(pathToFileURL(file).href, colorScheme)
      expect(requests).toEqual([])
      expect(errors).toEqual([])
      expect(await marksOf(page)).toEqual(charts.map(({ categories, series }) => categories.length * series.length))
      expect(await page.locator('table').count()).toBe(report.sections.length)
      expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    }
  })
})

/** Marks of each chart that are really there: drawn in a colour of the page. Text, because these tests know no DOM types. */
async function marksOf(page: Page): Promise<number[]> {
  return await page.evaluate<number[]>(`[...document.querySelectorAll('figure.chart')].map((chart) =>
    [...chart.querySelectorAll('rect.mark')].filter(
      (mark) => getComputedStyle(mark).fill.startsWith('rgb') && mark.getBoundingClientRect().height > 0,
    ).length)`)
}
