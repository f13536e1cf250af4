import { openLogins } from '../upstream/auth/open-store.ts'
import { revoke } from '../upstream/auth/revoke.ts'
import { type CommandContext, EXIT } from './command.ts'
import { loadFor } from './gateway.ts'
import { serverAsked } from './login.ts'

/** Runs the command `logout`. */
export async function runLogout(context: CommandContext): Promise<number> {
  const { config } = await loadFor(context)
  const { name, server } = serverAsked(context, config)
  const { stdout, values } = context
  const removed = await openLogins(config.logins).remove({ name, url: server.url, auth: server.auth })
  const revoked = removed === undefined ? false : await revoke(removed, server.auth)
  if (values['json'] === true)
    stdout.write(`${JSON.stringify({ server: name, forgotten: removed !== undefined, revoked })}\n`)
  else if (removed === undefined) stdout.write(`there was no login to ${name}\n`)
  else
    stdout.write(
      `forgot the login to ${name}${revoked ? `, and ${removed.issuer} revoked it` : `; ${removed.issuer} was not told: its tokens end by themselves`}\n`,
    )
  return EXIT.ok
}
