import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumPath, type OpenBrowser, openBrowser } from '../../support/browser.ts'
import { everything, filesystem, temporaryFolder } from '../../support/servers.ts'

const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
const folder = temporaryFolder()
const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, '.config'), NODE_NO_WARNINGS: '1' }

let command: ChildProcess
let nextLink: () => Promise<string>
/** What the command said beside its links. */
let told = ''
let base: string
let browser: OpenBrowser
/** The one page that all tests walk through. */
let page: Page
const foreign = (requests: readonly string[]): string[] => requests.filter((url) => !url.startsWith(`${base}/ui`))
let seen: { readonly requests: string[]; readonly errors: string[] }

async function start(): Promise<void> {
  const servers = { everything, files: filesystem(folder) }
  writeFileSync(
    join(folder, 'mcp-optimizer.json'),
    JSON.stringify({ servers, cacheDir: './cache', audit: { enabled: true } }),
  )
  command = spawn(process.execPath, [cli, 'dashboard', '--http', '127.0.0.1:0'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  command.stderr?.setEncoding('utf8').on('data', (text: string) => (told += text))
  const lines = createInterface({ input: command.stdout ?? process.stdin })
  nextLink = async () => String((await once(lines, 'line'))[0])
  const link = await nextLink()
  base = new URL(link).origin
  browser = await openBrowser()
  const opened = await browser.open(link, 'light')
  page = opened.page
  seen = opened
  await page.waitForURL(`${base}/ui`)
}

describe.skipIf(chromiumPath === undefined)('the dashboard in a browser', () => {
  beforeAll(start)
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    command.kill()
    await once(command, 'exit')
  })

  const go = async (path: string): Promise<void> => void (await page.goto(`${base}${path}`))
  const main = async (): Promise<string> => await page.innerText('main')
  const press = async (name: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).click()
    await page.waitForLoadState()
  }

  it('logs in by the link that the command prints, and every page opens, light and dark, wide and narrow', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 })
        for (const path of [
          '',
          '/servers',
          '/servers?name=files',
          '/gateway',
          '/tools',
          '/tools?name=files.edit_file',
          '/intents',
          '/run?name=files.edit_file',
          '/code',
          '/results',
          '/audit',
        ]) {
          await go(`/ui${path}`)
          expect(
            await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'),
            `${path} ${width}`,
          ).toBe(true)
          expect(await page.evaluate('document.scripts.length + document.querySelectorAll("[style]").length')).toBe(0)
          expect(await page.evaluate(UNLABELLED), path).toEqual([])
          expect(await page.evaluate(PALE), `${path} ${colorScheme}`).toEqual([])
          expect(await page.evaluate(CUT), `${path} ${width}`).toEqual([])
        }
      }
    }
    await page.setViewportSize({ width: 1360, height: 900 })
  })

  it('draws its charts in the colours of the scheme', async () => {
    const colours: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await go('/ui/gateway')
      expect(await page.locator('figure.chart').count()).toBeGreaterThan(1)
      colours.push(
        await page.evaluate<string>('getComputedStyle(document.querySelector("figure.chart path.line")).stroke'),
      )
    }
    expect(new Set(colours).size).toBe(2)
    expect(colours.every((colour) => colour.startsWith('rgb'))).toBe(true)
  })

  it('loads a page anew by itself only while somebody wants it, so that it keeps the focus', async () => {
    await go('/ui/servers')
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0)
    await page.getByRole('link', { name: 'every 5 s' }).click()
    await page.waitForURL(/live=on/)
    await page.waitForRequest(`${base}/ui/servers?live=on`)
    await page.waitForLoadState()
    await page.getByRole('link', { name: 'Stop' }).click()
    await page.waitForURL(`${base}/ui/servers`)
    expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0)
  })

  it('underlines a name below its underscores', async () => {
    await go('/ui/servers?name=files')
    const { offset, size } = await page.evaluate<{ offset: number; size: number }>(`(() => {
      const style = getComputedStyle(document.querySelector('td code, th code').closest('a'))
      return { offset: parseFloat(style.textUnderlineOffset), size: parseFloat(style.fontSize) }
    })()`)
    expect(offset).toBeGreaterThan(size * 0.3)
  })

  it('works from the keyboard: skip link, navigation, search', async () => {
    await go('/ui/code')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
    expect(await page.evaluate('parseFloat(getComputedStyle(document.activeElement).outlineWidth)')).toBeGreaterThan(1)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.id')).toBe('f-code')
    await go('/ui/code')
    for (let step = 0; step < 4; step++) await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Tools')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/ui/tools`)
    await page.getByLabel('Product, action, object').focus()
    await page.keyboard.type('read text file')
    await page.keyboard.press('Enter')
    await page.waitForURL(/q=read/)
    await page.getByRole('link', { name: 'files.read_text_file' }).press('Enter')
    await page.waitForURL(/name=files.read_text_file/)
    expect(await main()).toContain('Read the complete contents')
  })

  it('runs a tool by its form, after asking', async () => {
    const file = join(folder, 'note.txt')
    await go('/ui/tools?name=files.write_file')
    await page.getByRole('link', { name: 'Run it' }).click()
    await page.getByLabel('path').fill(file)
    await page.getByLabel('content').fill('one\n<b>two</b>')
    await press('Go on')
    expect(await main()).toContain('Run it with these parameters?')
    expect(existsSync(file)).toBe(false)
    await press('Change')
    expect(await page.getByLabel('content').inputValue()).toBe('one\n<b>two</b>')
    await press('Go on')
    await press('Run it')
    expect(await main()).toContain('Successfully wrote')
    expect(readFileSync(file, 'utf8')).toBe('one\n<b>two</b>')
  })

  it('runs a program, reads its result by handle, and finds it in the audit trail', async () => {
    await go('/ui/code')
    await page
      .getByLabel('TypeScript, the body of an async function')
      .fill(
        'console.log("counting")\nreturn Array.from({ length: 900 }, (_, id) => ({ id, title: `row ${id}`, body: "lorem ipsum ".repeat(8) }))',
      )
    await press('Run')
    expect(await main()).toContain('counting')
    await page.getByRole('link', { name: /^r_/ }).click()
    expect(await main()).toContain('items 1 to 50 of 900')
    await page.getByLabel('Find').fill('row 899')
    await press('Show')
    await page.getByRole('link', { name: '[899].title' }).click()
    await page.waitForURL(/path=/)
    expect(await main()).toContain('row 899')
    await go('/ui/audit')
    await page.getByLabel('Kind').selectOption('call')
    await page.getByLabel('Tool or intent').fill('files.*')
    await press('Search')
    expect(await main()).toContain('files.write_file')
    await page.setViewportSize({ width: 390, height: 900 })
    for (const path of ['', '/results', '/audit']) {
      await go(`/ui${path}`)
      expect(await page.evaluate(CUT), path).toEqual([])
    }
    await go('/ui')
    await page.getByRole('row', { name: 'files.write_file' }).first().getByRole('link').click()
    expect(await main()).toContain('mcp-optimizer call files.write_file --params')
    expect([...(await page.evaluate<string[]>(CUT)), ...(await page.evaluate<string[]>(PALE))]).toEqual([])
    await page.setViewportSize({ width: 1360, height: 900 })
  })

  it('told its user what address clients need, and how it ends', () => {
    expect(told).toContain(`MCP clients: ${base}/mcp. Ctrl-C ends the gateway.`)
  })

  it('logs out, and in again by a link it asks for', async () => {
    await press('Log out')
    expect(page.url()).toBe(`${base}/ui/login`)
    const link = nextLink()
    await press('Print a link')
    await page.goto(await link)
    await page.waitForURL(`${base}/ui`)
    expect(await page.locator('h1').innerText()).toBe('Overview')
  })

  it('asked for nothing from elsewhere, and the console stayed empty', () => {
    expect(foreign(seen.requests)).toEqual([])
    expect(seen.requests.length).toBeGreaterThan(40)
    expect(seen.errors).toEqual([])
  })
})

/** Fields that no label names. Text, because these tests know no DOM types. */
const UNLABELLED = `[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter((field) => field.labels.length === 0).map((field) => field.outerHTML)`

/** Texts with less contrast to what is behind them than 4.5 : 1. */
const PALE = `(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number)
  const light = (colour) => {
    const [r, g, b] = parts(colour).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      if (parts(colour)[3] !== 0) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  return [...document.querySelectorAll('body *')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .filter((element) => element.checkVisibility() && !element.closest('option'))
    .filter((element) => {
      const style = getComputedStyle(element)
      const [low, high] = [light(element.tagName === 'text' ? style.fill : style.color), light(ground(element))].sort((a, b) => a - b)
      return (high + 0.05) / (low + 0.05) < 4.5
    })
    .map((element) => element.outerHTML.slice(0, 120))
})()`

/** Tables that reach out of what is seen of them. */
const CUT = `[...document.querySelectorAll('.scroll')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1).map((element) => element.textContent.trim().slice(0, 60))`
