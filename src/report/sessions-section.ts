import { counted } from '../internal/plural.ts'
import { createReceiptPricer } from '../context/receipt-cost.ts'
import type { SessionReceipt } from '../context/receipts.ts'
import type { Prices } from '../tokens/prices.ts'
import { formatNumber, type Section } from './report.ts'

const MAX_ROWS = 20
/** What the user's own sessions saved, as their receipts say; nothing where there are none. */
export function sessionsSection(
  sessions: readonly SessionReceipt[],
  { prices, models }: { readonly prices: Prices; readonly models?: readonly string[] | undefined },
): Section[] {
  if (sessions.length === 0) return []
  const pricer = createReceiptPricer(prices)
  const model = models?.[0] ?? prices.models[0]?.id
  const savedUsd = (session: SessionReceipt): number =>
    pricer(session).find((cost) => cost.model === model)?.cached.savedUsd ?? 0
  const title = prices.models.find(({ id }) => id === model)?.title ?? ''
  const saved = sum(sessions.map(({ withPromptCaching: cached }) => cached.saved))
  const plain = sum(sessions.map((session) => session.saved))
  const usd = formatNumber(sum(sessions.map(savedUsd)), 2)
  return [
    {
      id: 'sessions',
      title: 'What your sessions saved',
      note: `${counted(sessions.length, 'session')}, ${counted(sum(sessions.map(({ operations }) => operations)), 'operation')}: ${formatNumber(saved)} tokens and ${usd} USD (${title}) where the client caches prompts, ${formatNumber(plain)} tokens where it does not. From the receipts that gateways keep; mcp-optimizer receipt shows each.`,
      table: {
        provenance: 'estimated',
        columns: [
          { title: 'last operation' },
          { title: 'session' },
          { title: 'operations' },
          { title: 'failed' },
          { title: 'tokens saved' },
          { title: 'tokens saved, cached' },
          { title: 'USD saved, cached', digits: 4 },
        ],
        rows: sessions
          .slice(0, MAX_ROWS)
          .map((session) => [
            session.until.slice(0, 16).replace('T', ' '),
            session.session,
            session.operations,
            session.failed,
            session.saved,
            session.withPromptCaching.saved,
            savedUsd(session),
          ]),
      },
    },
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}
