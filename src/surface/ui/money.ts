import { LRUCache } from 'lru-cache'
import type { ReceiptCost } from '../../context/receipt-cost.ts'
import { html, type Html } from '../../internal/html.ts'
import { DEFAULT_MODEL, MODELS } from '../../tokens/prices.ts'
import { choiceField, table, usd } from './elements.ts'
import type { Visit } from './page.ts'

/** Logins whose choice is remembered. */
const MAX_LOGINS = 100

/** Remembers for each login which model's prices it wants to see. */
export function createModelChoice(): (visit: Visit) => string {
  const chosen = new LRUCache<string, string>({ max: MAX_LOGINS })
  return ({ csrf, query }) => {
    const asked = query.get('model')
    if (asked !== null && MODELS.some(({ id }) => id === asked)) chosen.set(csrf, asked)
    return chosen.get(csrf) ?? DEFAULT_MODEL
  }
}

/** What the tokens cost with one model, and a field to choose another. */
export function moneyView(cost: ReceiptCost): Html {
  const { model, cached, uncached } = cost
  const digits = Math.max(uncached.oursUsd, uncached.allDefinitionsUsd) < 1 ? 4 : 2
  const row = (name: string, { oursUsd, allDefinitionsUsd, savedUsd }: ReceiptCost['cached']): string[] => [
    name,
    usd(oursUsd, digits),
    usd(allDefinitionsUsd, digits),
    usd(savedUsd, digits),
  ]
  const choices = MODELS.map(({ id, title }) => [id, title] as const)
  return html`<form class="line" method="get" action="/ui">
      ${choiceField('Model', 'model', model, choices)}<button class="quiet">Show</button>
    </form>
    ${table(
      'US dollars of these tokens, at list prices',
      [
        { title: '' },
        { title: 'with us', kind: 'number' },
        { title: 'all definitions', kind: 'number' },
        { title: 'saved', kind: 'number' },
      ],
      [row('prompts cached', cached), row('not cached', uncached)],
    )}`
}
