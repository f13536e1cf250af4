import { createSurface, type SurfaceOptions } from '../../../src/surface/surface.ts'
import type { PartialConfig } from '../../../src/config/partial-config.ts'
import type { Optimizer } from '../../../src/optimizer.ts'
import { openDashboard } from '../../../src/surface/http/dashboard.ts'
import { serveHttp } from '../../../src/surface/http/server.ts'
import type { MemoryTool } from '../../../src/upstream/memory.ts'
import { DEMO_TOOLS, demoGateway } from '../../support/gateway.ts'

/** A gateway over HTTP with its dashboard on; `links` gets those that log in once. */
export interface Front extends AsyncDisposable {
  readonly gateway: Optimizer
  readonly url: string
  readonly links: string[]
  /** Somebody who is logged in. */
  logIn(): Promise<Visitor>
}

export interface FrontOptions {
  readonly config?: PartialConfig
  readonly tools?: readonly MemoryTool[]
  readonly surface?: Partial<SurfaceOptions>
}

export async function openFront({ config = {}, tools = DEMO_TOOLS, surface = {} }: FrontOptions = {}): Promise<Front> {
  const gateway = demoGateway({ ...config, http: { port: 0, dashboard: true, ...config.http } }, tools)
  await gateway.ready()
  const shown = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0', ...surface })
  const links: string[] = []
  const dashboard = await openDashboard(gateway, shown, {
    loopDelay: () => ({ p50Ms: 0.1, p99Ms: 1, maxMs: 2 }),
    announce: (link) => links.push(link),
  })
  if (dashboard === undefined) throw new Error('the dashboard is off')
  const service = await serveHttp(gateway, shown, { ...gateway.config.http, pages: dashboard })
  return {
    gateway,
    url: service.url,
    links,
    async logIn() {
      const response = await fetch(dashboard.link(service.url))
      return new Visitor(service.url, cookieOf(response))
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await dashboard[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}

/** The pair of a `Set-Cookie` that browsers send back. */
export function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
}

/** Asks as a browser does that has a cookie. */
export class Visitor {
  readonly url: string
  readonly cookie: string

  constructor(url: string, cookie: string) {
    this.url = url
    this.cookie = cookie
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { cookie: this.cookie, ...(init.headers as Record<string, string>) }
    return await fetch(`${this.url}${path}`, { redirect: 'manual', ...init, headers })
  }

  /** The page's markup. */
  async page(path: string): Promise<string> {
    return await (await this.ask(path)).text()
  }

  /** Sends a form as it is. */
  async post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return await this.ask(path, { method: 'POST', body: new URLSearchParams(fields), headers })
  }

  /** Fills in the form of a page that is sent to `path`, and sends it: its hidden fields and all. */
  async submit(markup: string, path: string, fields: Record<string, string>): Promise<string> {
    return await (await this.post(path, { ...hiddenFields(markup, path), ...fields })).text()
  }
}

/** The hidden fields of the form of a page that is sent to `path`. */
export function hiddenFields(markup: string, path: string): Record<string, string> {
  const form = markup.split('<form').find((text) => text.includes(`action="${path}"`)) ?? ''
  const inputs = form.split('</form>')[0]?.matchAll(/<input\s+type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g) ?? []
  return Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, unescape(value)]))
}

/** What people see of a piece of markup. */
export function textOf(markup: string): string {
  return unescape(markup.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

/** The content of a page's areas by name. */
export function areasOf(markup: string): Record<string, string> {
  const areas = markup.matchAll(/<textarea[^>]*\sname="([^"]*)"[^>]*>\n?([^]*?)<\/textarea>/g)
  return Object.fromEntries([...areas].map(([, name = '', text = '']) => [name, unescape(text)]))
}

function unescape(text: string): string {
  const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
}
