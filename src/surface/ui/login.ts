import { html, type Html } from '../../internal/html.ts'
import { problem } from './elements.ts'
import { document } from './layout.ts'

export interface LoginPage {
  readonly wantsToken: boolean
  /** True: the gateway prints a link for whoever asks. */
  readonly printsLinks: boolean
  readonly said: Html | undefined
}

/** The page that lets people in: by the token of the HTTP front, or by a link that the gateway prints. */
export function loginPage({ wantsToken, printsLinks, said }: LoginPage): Html {
  return document(
    'Log in',
    html`<main class="login">
      <section class="card">
        <h1>mcp-optimizer</h1>
        ${said}${wantsToken && TOKEN_FORM}${printsLinks && linkForm(wantsToken ? 'Or ask' : 'Ask')}
      </section>
    </main>`,
  )
}

/** Leads on from a page of ours: a browser withholds a strict cookie from what a link elsewhere redirects to. */
export function loggedInPage(): Html {
  return document(
    'Logged in',
    html`<main class="login">
      <section class="card">
        <h1>Logged in</h1>
        <p><a href="/ui">Go on to the dashboard</a></p>
      </section>
    </main>`,
    '0; url=/ui',
  )
}

export const WRONG_TOKEN: Html = problem('This is not the token of this gateway.')
export const WRONG_LINK: Html = problem('This link was used already or is older than ten minutes.')
export const LINK_PRINTED: Html = html`<p role="status">
  A new link was printed by the gateway. It works once, for ten minutes.
</p>`

const TOKEN_FORM = html`<form method="post" action="/ui/login">
  <div class="field">
    <label for="token">Bearer token</label
    ><input
      id="token"
      name="token"
      type="password"
      required
      autofocus
      autocomplete="current-password"
      aria-describedby="token-hint"
    />
    <p class="hint" id="token-hint">The one of the HTTP front: http.token or MCP_OPTIMIZER_HTTP_TOKEN</p>
  </div>
  <p><button>Log in</button></p>
</form>`

function linkForm(ask: string): Html {
  return html`<form method="post" action="/ui/login">
    <p class="note">
      ${ask} the gateway for a link that logs in once. It prints it where it runs: its terminal or log.
    </p>
    <button class="quiet" name="link" value="new">Print a link</button>
  </form>`
}
