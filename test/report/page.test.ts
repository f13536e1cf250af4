import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SessionReceipt } from '../../src/context/receipts.ts'
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
const sessionOf = (session: string, operations: number): SessionReceipt => ({
  session,
  since: '2026-11-20T08:00:00.000Z',
  until: '2026-11-24T08:00:00.000Z',
  operations,
  searches: 1,
  failed: 2,
  calls: 9,
  ours: { surface: 1_000, requests: 50, answers: 100, search: 50, total: 1_200 },
  allDefinitions: { turns: 5, definitions: 90_000, requests: 100, answers: 400, total: 90_500 },
  saved: 89_300,
  repeated: { surface: 800, definitions: 72_000 },
  withPromptCaching: { ours: 480, allDefinitions: 25_700, saved: 25_220 },
  provenance: 'estimated',
})
const SESSIONS = [sessionOf('s_1', 30), sessionOf('s_2', 10)]
const rowsOf = (id: string): readonly (readonly unknown[])[] =>
  report.sections.find((section) => section.id === id)?.table.rows ?? []
beforeAll(async () => {
  await using optimizer = demoGateway({ servers: { gone: { type: 'stdio', command: 'no-such-program' } } })
  const [count, prices] = [await loadTokenCounter(), await loadPrices()]
  report = await reportConfiguration({ optimizer, count, prices, facts: [['date', '2026-11-25']], sessions: SESSIONS })
})

describe('the report of a configuration', () => {
  it('counts every server, and begins with those that gave no tools, and why', () => {
    expect(rowsOf('servers').map(([name, tools]) => [name, tools])).toEqual([
      ['demo', 8],
      ['gone', 0],
    ])
    expect(report.sections[0]).toMatchObject({ id: 'missing', title: '1 of 2 servers gave no tools' })
    expect(rowsOf('missing')).toEqual([['gone', 'failed', expect.stringContaining('no-such-program')]])
  })

  it('names the heaviest tools', () => {
    const tokens = rowsOf('tools').map(([, count]) => Number(count))
    expect(rowsOf('tools')[0]?.[0]).toBe('demo.add')
    expect(tokens).toEqual(tokens.toSorted((a, b) => b - a))
  })

  it('shows every mode, every model with and without caching, and the time of each stage', () => {
    const names = (id: string): unknown[] => rowsOf(id).map(([name]) => name)
    expect(names('modes')).toEqual(['traditional', 'lazy_loading', 'server_side', 'code_execution'])
    expect(names('cost')).toEqual(expect.arrayContaining(['GPT-4 Turbo', 'GPT-4o', 'Claude 3 Opus', 'Claude 3 Haiku']))
    expect(names('latency')).toEqual(expect.arrayContaining(['execute', 'whole operation', 'floor: bare Node']))
  })

  it('says what the sessions saved', () => {
    expect(rowsOf('sessions').map((row) => row.slice(0, 6))).toEqual([
      ['2026-11-24 08:00', 's_1', 30, 2, 89_300, 25_220],
      ['2026-11-24 08:00', 's_2', 10, 2, 89_300, 25_220],
    ])
  })

  it('shows the models asked for, and no sessions where there are none', async () => {
    await using optimizer = demoGateway()
    const [count, prices] = [await loadTokenCounter(), await loadPrices()]
    const { sections } = await reportConfiguration({ optimizer, count, prices, facts: [], models: ['gpt-6-sol'] })
    expect(sections.map(({ id }) => id)).toEqual(['modes', 'servers', 'tools', 'cost', 'latency'])
    expect(sections.find(({ id }) => id === 'cost')?.table.rows.map(([name]) => name)).toEqual(['GPT-6 Sol'])
  })

  it('says where each table comes from', () => {
    expect(Object.fromEntries(report.sections.map(({ id, table }) => [id, table.provenance]))).toEqual({
      missing: 'measured',
      modes: 'measured',
      servers: 'measured',
      tools: 'measured',
      sessions: 'estimated',
      cost: 'computed',
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
    expect(page.match(/<table /g)).toHaveLength(report.sections.length)
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
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 })
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
        expect(await page.evaluate(CUT), `${width} px`).toEqual([])
      }
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

/** Tables that reach out of what is seen of them. */
const CUT = `[...document.querySelectorAll('.scroll')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.textContent.trim().slice(0, 60))`
