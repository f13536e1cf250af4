import { html, type Html } from '../../internal/html.ts'
import { address } from './elements.ts'
import type { Page, Visit } from './page.ts'
import { ICON_PATH, STYLE_PATH } from './style.ts'

/** Seconds between two loads of a live page. */
const REFRESH_SECONDS = 5

const NAVIGATION: readonly (readonly [path: string, title: string])[] = [
  ['/ui', 'Overview'],
  ['/ui/servers', 'Servers'],
  ['/ui/tools', 'Tools'],
  ['/ui/intents', 'Intents'],
  ['/ui/code', 'Code'],
  ['/ui/results', 'Results'],
  ['/ui/audit', 'Audit'],
  ['/ui/gateway', 'Gateway'],
]

/** A whole page for somebody who is logged in. */
export function layout(visit: Visit, page: Page, version: string): Html {
  const { path, csrf, principal } = visit
  const isLive = page.isLive === true && visit.query.get('live') === 'on'
  const { section = path } = page
  const entries = NAVIGATION.map(
    ([to, title]) => html`<li><a href="${to}" ${to === section && html` aria-current="page"`}>${title}</a></li>`,
  )
  return document(
    page.title,
    html`<a class="skip" href="#main">Skip to content</a>
      <div class="frame">
        <div class="side">
          <p class="brand">mcp-optimizer<small>${version}</small></p>
          <nav aria-label="Pages">
            <ul>
              ${entries}
            </ul>
          </nav>
          <div class="who">
            <span>Logged in as ${principal}</span>
            <form method="post" action="/ui/logout">
              <input type="hidden" name="csrf" value="${csrf}" /><button class="quiet">Log out</button>
            </form>
          </div>
        </div>
        <main id="main" tabindex="-1">
          <header class="top">
            <h1>${page.title}</h1>
            ${page.isLive === true && liveSwitch(visit, isLive)}
          </header>
          ${page.body}
        </main>
      </div>`,
    isLive ? String(REFRESH_SECONDS) : undefined,
  )
}

/** A page of HTML; nothing it needs comes from elsewhere. `refresh`: seconds until it is loaded anew, or `0; url=…`. */
export function document(title: string, body: Html, refresh?: string): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}" />`}
        <title>${title} · mcp-optimizer</title>
        <link rel="stylesheet" href="${STYLE_PATH}" />
        <link rel="icon" href="${ICON_PATH}" type="image/svg+xml" />
      </head>
      <body>
        ${body}
      </body>
    </html> `
}

/** Never by itself: a reload takes the focus and the place of whoever reads, so it is theirs to ask for. */
function liveSwitch({ path, query }: Visit, isLive: boolean): Html {
  const others = Object.fromEntries([...query].filter(([name]) => name !== 'live'))
  const live = address(path, { ...others, live: 'on' })
  return isLive
    ? html`<p class="live">Every ${REFRESH_SECONDS} s. <a href="${address(path, others)}">Stop</a></p>`
    : html`<p class="live">
        <a href="${address(path, others)}">Refresh</a> · <a href="${live}">every ${REFRESH_SECONDS} s</a>
      </p>`
}
