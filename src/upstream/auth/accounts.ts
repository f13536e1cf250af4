import type { Clock } from '../../internal/clock.ts'
import { createsOAuth } from './creates-oauth.ts'
import type { LoginEntry, Logins } from './login.ts'

/** An account may change by a login in another process: it is looked at again after so many milliseconds. */
const LOOK_MS = 1_000

/** Whose login a server is called with: what it answered to one account is nothing for another. */
export type AccountOf = (server: string) => Promise<string>

/** Tells the accounts of entries that a person logs in to; '' for all others, and without a login. */
export function createAccounts(
  entries: readonly (LoginEntry & { readonly headers?: Readonly<Record<string, string>> | undefined })[],
  logins: Logins,
  clock: Clock,
): AccountOf {
  const asked = new Map(entries.filter(createsOAuth).map((entry) => [entry.name, entry]))
  const known = new Map<string, { readonly id: Promise<string>; readonly at: number }>()
  const look = async (entry: LoginEntry): Promise<string> => (await logins.read(entry))?.id ?? ''
  return async (server) => {
    const entry = asked.get(server)
    if (entry === undefined) return ''
    const before = known.get(server)
    if (before !== undefined && clock.now() - before.at < LOOK_MS) return await before.id
    const id = look(entry).catch(() => '')
    known.set(server, { id, at: clock.now() })
    return await id
  }
}
