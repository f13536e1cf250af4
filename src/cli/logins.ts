import type { Login } from '../upstream/auth/login.ts'
import { openLogins } from '../upstream/auth/open-store.ts'
import { type CommandContext, EXIT } from './command.ts'
import { loadFor } from './gateway.ts'
import { shownLogin } from './login.ts'
import { textWidth } from './look.ts'
import { createPalette } from './palette.ts'
import { tableText } from './table.ts'

const COLUMNS = [
  { head: 'server', isWhole: true },
  { head: 'account' },
  { head: 'issuer' },
  { head: 'scopes', isOptional: true },
  { head: 'until', isWhole: true },
]

/** Runs the command `logins`. */
export async function runLogins(context: CommandContext): Promise<number> {
  const { config } = await loadFor(context)
  const { stdout, values, env } = context
  const logins = (await openLogins(config.logins).all()).toSorted((a, b) => a.server.localeCompare(b.server))
  if (values['json'] === true) stdout.write(`${JSON.stringify(logins.map(shownLogin))}\n`)
  else if (logins.length === 0) stdout.write('no logins; mcp-optimizer login SERVER makes one\n')
  else
    stdout.write(
      tableText(COLUMNS, logins.map(row), { width: textWidth({ stdout, env }), palette: createPalette(stdout, env) }),
    )
  return EXIT.ok
}

function row({ server, account = '', issuer, tokens, expiresAt }: Login): string[] {
  const until = expiresAt === undefined ? 'not told' : new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')
  return [server, account, issuer, tokens.scope ?? '', tokens.refresh_token === undefined ? until : `${until}, renewed`]
}
