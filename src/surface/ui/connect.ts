import { html, type Html } from '../../internal/html.ts'
import { card } from './elements.ts'
import type { Visit } from './page.ts'

/** How a client gets to this gateway: its address, and an entry to copy. */
export function connectCard({ origin, wantsToken }: Pick<Visit, 'origin' | 'wantsToken'>): Html {
  const url = `${origin}/mcp`
  const headers = wantsToken ? { headers: { Authorization: 'Bearer YOUR_TOKEN' } } : {}
  const entry = { mcpServers: { optimizer: { type: 'http', url, ...headers } } }
  return card(
    'Connect your client',
    html`<p>No agent has asked for anything yet. Give your client this address of an MCP server over HTTP:</p>
      <p class="address"><code>${url}</code></p>
      ${wantsToken && html`<p>It sends the gateway’s bearer token in the header <code>Authorization</code>.</p>`}
      <p>Most clients take such an entry:</p>
      <pre>${JSON.stringify(entry, undefined, 2)}</pre>
      <p class="note">
        A client on this machine can also start a gateway of its own: <code>mcp-optimizer serve</code>.
      </p>`,
  )
}
