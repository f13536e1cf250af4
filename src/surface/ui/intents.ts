import { counted } from '../../internal/plural.ts'
import type { Intent } from '../../catalog/catalog.ts'
import { signature } from '../../catalog/signature.ts'
import { html, type Html } from '../../internal/html.ts'
import { cleanText } from '../../internal/text.ts'
import { address, card, table, tag } from './elements.ts'
import type { Page, Parts, Visit } from './page.ts'
import { offersIntents } from './run.ts'

/** All intents; each leads to its form. */
export function intentsPage({ principal }: Visit, { optimizer, surface }: Parts): Page {
  const intents = optimizer.intents(principal)
  const own = intents.filter(({ origin }) => origin !== 'builtin')
  const builtin = intents.filter(({ origin }) => origin === 'builtin')
  return {
    title: 'Intents',
    body: html`${!offersIntents(surface) && html`<div class="caution"><p>This gateway’s surface runs no intents by name (executionMode), so neither do these pages.</p></div>`}
    ${card(
      counted(own.length, 'intent'),
      own.length === 0
        ? html`<p class="note">
            None yet: packs appear when their server is configured, your own come from the folders in
            <code>intents</code>, and agents keep programs as intents. Every tool has a form too: see
            <a href="/ui/tools">Tools</a>.
          </p>`
        : intentTable('Yours, and those of packs', own),
    )}
    ${card('The gateway’s own', intentTable('Answered without a sandbox', builtin))}`,
  }
}

function intentTable(caption: string, intents: readonly Intent[]): Html {
  return table(
    caption,
    [
      { title: 'signature', kind: 'wide' },
      { title: 'what it does', kind: 'wide' },
      { title: 'effect' },
      { title: 'from' },
    ],
    intents.map((intent) => [
      html`<a href="${address('/ui/run', { name: intent.name })}"
        ><code>${signature({ kind: 'intent', intent })}</code></a
      >`,
      cleanText(intent.description),
      intent.readOnly ? tag('only reads') : tag('may act', 'warn'),
      intent.origin,
    ]),
  )
}
