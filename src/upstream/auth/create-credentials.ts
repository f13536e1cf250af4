import { systemClock } from '../../internal/clock.ts'
import { createClientCredentials } from './client-credentials.ts'
import type { Credentials } from './credentials.ts'
import type { LoginEntry, Logins } from './login.ts'
import { createOAuthCredentials } from './oauth-credentials.ts'
import { createsOAuth } from './creates-oauth.ts'

/** Who we are to a server; undefined: what its headers say is all. */
export function createCredentials(
  entry: LoginEntry,
  headers: Readonly<Record<string, string>> | undefined,
  logins: Logins | undefined,
): Credentials | undefined {
  switch (entry.auth?.type) {
    case 'none':
      return undefined
    case 'bearer':
      return bearer(entry.auth.token)
    case 'client_credentials':
      return createClientCredentials({ entry, settings: entry.auth, clock: systemClock, store: logins?.store })
    default:
      return createsOAuth({ auth: entry.auth, headers })
        ? logins && createOAuthCredentials({ entry, logins, clock: systemClock })
        : undefined
  }
}

function bearer(token: string): Credentials {
  return {
    token: async () => token,
    renewed: async () => undefined,
    widened: async () => undefined,
    advice: () => undefined,
    // The configuration's secrets are taken out of all texts anyway.
    scrub: (text) => text,
  }
}
