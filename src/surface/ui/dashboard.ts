import type { IncomingMessage, ServerResponse } from 'node:http'
import { createToolCounter } from '../../catalog/definition-tokens.ts'
import { knownSecrets } from '../../config/secrets.ts'
import { createReceiptPricer } from '../../context/receipt-cost.ts'
import { OptimizerError } from '../../errors.ts'
import { systemClock } from '../../internal/clock.ts'
import { html, type Html } from '../../internal/html.ts'
import { createKnownScrub } from '../../internal/scrub.ts'
import { VERSION } from '../../internal/version.ts'
import type { LoopDelayReading } from '../../metrics/loop-delay.ts'
import type { Optimizer } from '../../optimizer.ts'
import { estimateTokenizer } from '../../tokens/estimate.ts'
import { loadPrices } from '../../tokens/prices.ts'
import { readFormBody } from '../http/body.ts'
import type { Front, Pages } from '../http/pages.ts'
import { statusOf } from '../status.ts'
import type { Surface } from '../surface.ts'
import { createActivity } from './activity.ts'
import { auditPage } from './audit.ts'
import { codePage } from './code.ts'
import { problem } from './elements.ts'
import { gatewayPage } from './gateway.ts'
import { intentsPage } from './intents.ts'
import { document, layout } from './layout.ts'
import { LINK_PRINTED, loggedInPage, loginPage, WRONG_LINK, WRONG_TOKEN } from './login.ts'
import { createModelChoice } from './money.ts'
import { operationPage } from './operation.ts'
import { createLogins, type Login, LOGIN_MS, sameSecret } from './logins.ts'
import { overviewPage } from './overview.ts'
import type { Page, PageMaker, Parts, Visit } from './page.ts'
import { resultsPage } from './results.ts'
import { runPage } from './run.ts'
import { serversPage } from './servers.ts'
import { ICON, ICON_PATH, STYLE, STYLE_PATH } from './style.ts'
import { toolsPage } from './tools.ts'

/** What the pages show, and how they tell of themselves. */
export interface DashboardOptions {
  readonly optimizer: Optimizer
  readonly surface: Surface
  readonly loopDelay: () => LoopDelayReading
  /** Tells whoever runs the gateway of a link that logs in once, when somebody asks for one. @default nobody can ask */
  readonly announce?: ((link: string) => void) | undefined
}

/** The pages of a gateway; dispose them. */
export interface Dashboard extends Pages, AsyncDisposable {
  /** A link that logs in once, within ten minutes; the one before is worth nothing any more. */
  link(frontUrl: string): string
}

const PAGES: Readonly<Record<string, PageMaker>> = {
  '/ui': overviewPage,
  '/ui/servers': serversPage,
  '/ui/tools': toolsPage,
  '/ui/intents': intentsPage,
  '/ui/run': runPage,
  '/ui/code': codePage,
  '/ui/results': resultsPage,
  '/ui/audit': auditPage,
  '/ui/gateway': gatewayPage,
  '/ui/operation': operationPage,
}
/** Pages that take forms sent with POST. */
const TAKES_FORMS: ReadonlySet<string> = new Set(['/ui/run', '/ui/code'])
/** Milliseconds between two links that somebody may have printed who is not logged in. */
const LINK_EVERY_MS = 5_000

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  // Forms need it: without a referrer a browser sends them with the Origin "null".
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Pages of HTML for people, made anew for each request; no script runs in the browser. */
export function createDashboard(options: DashboardOptions): Dashboard {
  const { optimizer, surface, loopDelay, announce } = options
  const startedAt = Date.now()
  const { observation } = optimizer
  const scrub = createKnownScrub(knownSecrets(optimizer.config))
  const activity = createActivity({
    clock: systemClock,
    scrub,
    gauges: () => ({ running: observation.inFlight(), busy: optimizer.sandboxStats()?.busy ?? 0 }),
  })
  observation.watch(activity)
  let pricer: Promise<ReturnType<typeof createReceiptPricer>> | undefined
  const parts: Parts = {
    optimizer,
    surface,
    activity,
    status: () => statusOf(optimizer, startedAt, loopDelay()),
    definitionTokens: createToolCounter(estimateTokenizer),
    scrub,
    modelOf: createModelChoice(),
    async price(receipt) {
      pricer ??= loadPrices().then(createReceiptPricer)
      return (await pricer)(receipt)
    },
  }
  const logins = createLogins(systemClock)
  const link = (frontUrl: string): string => `${frontUrl}/ui/login?once=${logins.issueCode()}`
  let lastLink = 0

  /** Opens the login of a browser: it keeps the secret in a cookie that scripts and other sites cannot use. */
  const logIn = (request: IncomingMessage, response: ServerResponse, principal: string): void => {
    const secret = logins.open(principal)
    setCookie(request, response, secret, Math.floor(LOGIN_MS / 1_000))
  }

  const login = async (request: IncomingMessage, response: ServerResponse, { guard, maxBodyBytes }: Front) => {
    const { wantsToken, principal } = guard
    const show = (status: number, said?: Html): void =>
      send(request, response, status, loginPage({ wantsToken, printsLinks: announce !== undefined, said }))
    if (isRead(request)) {
      const once = queryOf(request).get('once')
      // What looks at a link before it is opened must not use it up.
      if (once === null || request.method === 'HEAD') return show(200)
      if (!logins.redeem(once)) return show(401, WRONG_LINK)
      logIn(request, response, principal)
      return send(request, response, 200, loggedInPage())
    }
    const body = await readFormBody(request, maxBodyBytes)
    if ('status' in body) return show(body.status, problem(body.reason))
    if (announce !== undefined && body.value.has('link')) {
      if (Date.now() - lastLink >= LINK_EVERY_MS) {
        lastLink = Date.now()
        announce(link(`http://${request.headers.host ?? ''}`))
      }
      return show(200, LINK_PRINTED)
    }
    if (!guard.isToken(body.value.get('token') ?? '')) return show(401, WRONG_TOKEN)
    logIn(request, response, principal)
    redirect(response, '/ui')
  }

  /** The page for somebody who is logged in. */
  const show = async (request: IncomingMessage, response: ServerResponse, { signal }: Front, visit: Visit) => {
    const page = await makePage(visit, parts)
    signal.throwIfAborted()
    send(request, response, page.status ?? 200, layout(visit, page, VERSION))
  }

  return {
    link,
    async serve(request, response, front) {
      const path = pathOf(request)
      if (!isRead(request) && request.method !== 'POST') {
        response.setHeader('allow', 'GET, HEAD, POST')
        return send(request, response, 405, plainPage('Only GET and POST'))
      }
      if (path === '/') return redirect(response, '/ui')
      if (path === STYLE_PATH) return sendAsset(response, 'text/css; charset=utf-8', STYLE)
      if (path === ICON_PATH) return sendAsset(response, 'image/svg+xml', ICON)
      if (path === '/ui/login') return await login(request, response, front)
      const secret = cookieOf(request)
      const known = secret === undefined ? undefined : logins.of(secret)
      if (secret === undefined || known === undefined) return redirect(response, '/ui/login')
      if (isRead(request)) return await show(request, response, front, visitOf(request, path, known, front))
      const form = await readOwnForm(request, known, front.maxBodyBytes)
      if ('status' in form) return send(request, response, form.status, plainPage(form.reason))
      if (path === '/ui/logout') {
        logins.close(secret)
        setCookie(request, response, '', 0)
        return redirect(response, '/ui/login')
      }
      if (!TAKES_FORMS.has(path)) return send(request, response, 405, plainPage('This page takes no forms'))
      await show(request, response, front, { ...visitOf(request, path, known, front), form: form.value })
    },
    async [Symbol.asyncDispose]() {
      activity[Symbol.dispose]()
    },
  }
}

async function makePage(visit: Visit, parts: Parts): Promise<Page> {
  const maker = Object.hasOwn(PAGES, visit.path) ? PAGES[visit.path] : undefined
  if (maker === undefined)
    return { title: 'Not found', status: 404, body: html`<p>There is no such page. <a href="/ui">Overview</a></p>` }
  try {
    return await maker(visit, parts)
  } catch (thrown) {
    if (!OptimizerError.is(thrown)) throw thrown
    return { title: 'That did not work', status: 400, body: problem(thrown.message, thrown.suggestion) }
  }
}

function visitOf(request: IncomingMessage, path: string, { principal, csrf }: Login, { signal, guard }: Front): Visit {
  const { wantsToken } = guard
  return { principal, csrf, path, query: queryOf(request), signal, origin: originOf(request), wantsToken }
}

/** The Host was checked; that TLS ends at a proxy is seen where a page of ours sent the request. */
function originOf({ headers }: IncomingMessage): string {
  const host = headers.host ?? ''
  return headers.referer?.startsWith(`https://${host}/`) === true ? `https://${host}` : `http://${host}`
}

/** The form, if one of this browser's own pages sent it. */
async function readOwnForm(request: IncomingMessage, { csrf }: Login, maxBodyBytes: number) {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return { status: 403, reason: 'This form was sent by another site' }
  const body = await readFormBody(request, maxBodyBytes)
  if ('status' in body) return body
  const given = body.value.get('csrf') ?? ''
  return sameSecret(given, csrf) ? body : { status: 403, reason: 'This form is of another login: load its page again' }
}

function plainPage(text: string): Html {
  return document(
    text,
    html`<main class="login">
      <section class="card">
        <h1>${text}</h1>
        <p><a href="/ui">Overview</a></p>
      </section>
    </main>`,
  )
}

function send(request: IncomingMessage, response: ServerResponse, status: number, page: Html): void {
  const text = page.toString()
  response.writeHead(status, {
    ...HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}

function sendAsset(response: ServerResponse, type: string, text: string): void {
  const headers = { ...HEADERS, 'cache-control': 'private, max-age=86400', 'content-type': type }
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { ...HEADERS, location: to, 'content-length': 0 }).end()
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

function pathOf({ url = '' }: IncomingMessage): string {
  const path = url.split('?', 1)[0] ?? ''
  return path.length > 3 && path.endsWith('/') ? path.slice(0, -1) : path
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1 || url.length))
}

/** Ports do not keep cookies apart: gateways side by side have names of their own. */
function cookieName({ socket }: IncomingMessage): string {
  return `mcp_optimizer_${socket.localPort ?? 0}`
}

function cookieOf(request: IncomingMessage): string | undefined {
  const name = `${cookieName(request)}=`
  const pair = (request.headers.cookie ?? '').split('; ').find((text) => text.startsWith(name))
  return pair?.slice(name.length)
}

function setCookie(request: IncomingMessage, response: ServerResponse, value: string, maxAge: number): void {
  // Behind a proxy with TLS the browser names it; it was checked to be one of ours.
  const secure = request.headers.origin?.startsWith('https:') === true ? '; Secure' : ''
  response.setHeader(
    'set-cookie',
    `${cookieName(request)}=${value}; Path=/ui; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`,
  )
}
