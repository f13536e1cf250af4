import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

export const chromiumPath: string | undefined = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))
if (chromiumPath === undefined) console.warn('skipped: pages in a browser: no chromium on this machine')

/** A page, what it asked for beside itself, and what its console said. */
export interface OpenPage {
  readonly page: Page
  readonly requests: string[]
  readonly errors: string[]
}

export interface OpenBrowser extends AsyncDisposable {
  open(url: string, colorScheme: 'light' | 'dark'): Promise<OpenPage>
}

/** Chromium without a window. */
export async function openBrowser(): Promise<OpenBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  })
  return {
    async open(url, colorScheme) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1360, height: 900 } })
      const [requests, errors]: [string[], string[]] = [[], []]
      page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url())
      })
      page.on('console', (message) => errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(url)
      return { page, requests, errors }
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
    },
  }
}
