import type { Clock } from '../../internal/clock.ts'
import { createKnownScrub } from '../../internal/scrub.ts'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import type { Credentials } from './credentials.ts'
import type { Login, LoginEntry, Logins } from './login.ts'
import { loginCommand } from './login-required.ts'
import { redeemApart } from './redeem-apart.ts'

export interface OAuthCredentialsOptions {
  readonly entry: LoginEntry
  readonly logins: Logins
  readonly clock: Clock
}

/** Another process may log in or out: the store is looked at again after so many milliseconds. */
const LOOK_MS = 1_000
/** A token is renewed so long before it expires, or when a tenth of its life is left where that is shorter. */
const AHEAD_MS = 60_000
/** Pause after a renewal ahead of time that failed. */
const PAUSE_MS = 30_000
const MAX_WAIT_MS = 60_000

/** The login of a person, as `mcp-optimizer login` keeps it. */
export function createOAuthCredentials({ entry, logins, clock }: OAuthCredentialsOptions): Credentials {
  let known: Login | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<Login | undefined> | undefined
  /** Renewals under way, by the token that they replace. */
  const renewals = new Map<string, Promise<Login>>()
  /** The refresh token that the issuer refused for good: it is not tried again. */
  let ended: { readonly refreshToken: string | undefined; readonly error: OptimizerError } | undefined
  let pausedUntil = 0
  let scrub = createKnownScrub([])

  const keep = (login: Login | undefined): Login | undefined => {
    if (login !== undefined && login.tokens.access_token !== known?.tokens.access_token) {
      const { access_token, refresh_token = '' } = login.tokens
      // A server may still speak of the token before.
      const before = known === undefined ? [] : [known.tokens.access_token]
      scrub = createKnownScrub([access_token, refresh_token, ...before])
    }
    known = login
    lookedAt = clock.now()
    return login
  }
  const look = async (): Promise<Login | undefined> => {
    looking ??= logins
      .read(entry)
      .then(keep)
      .finally(() => {
        looking = undefined
      })
    return await looking
  }
  const current = async (): Promise<Login | undefined> => (clock.now() - lookedAt < LOOK_MS ? known : await look())

  const renew = async (login: Login): Promise<Login> => {
    const stale = login.tokens.access_token
    if (ended !== undefined && ended.refreshToken === login.tokens.refresh_token) throw ended.error
    const underWay = renewals.get(stale)
    if (underWay !== undefined) return await underWay
    const work = redeemApart(logins.store, { entry, issuer: login.issuer, stale }, AbortSignal.timeout(MAX_WAIT_MS))
    renewals.set(stale, work)
    try {
      const next = await work
      keep(next)
      return next
    } catch (thrown) {
      if (OptimizerError.is(thrown, 'LOGIN_REQUIRED'))
        ended = { refreshToken: login.tokens.refresh_token, error: thrown }
      throw thrown
    } finally {
      renewals.delete(stale)
    }
  }
  const renewAhead = async (login: Login): Promise<void> => {
    if (clock.wall() < pausedUntil) return
    await renew(login).catch(() => {
      pausedUntil = clock.wall() + PAUSE_MS
    })
  }

  return {
    async token() {
      const login = await current()
      if (login === undefined) return undefined
      const { expiresAt, obtainedAt, tokens } = login
      if (expiresAt === undefined || tokens.refresh_token === undefined) return tokens.access_token
      const now = clock.wall()
      if (now >= expiresAt) {
        // Clocks differ: where it cannot be renewed now, the server decides.
        await renewAhead(login)
        return known?.tokens.access_token
      }
      if (expiresAt - now < Math.min(AHEAD_MS, (expiresAt - obtainedAt) / 10)) void renewAhead(login)
      return tokens.access_token
    },
    async renewed(refused) {
      const login = await look()
      if (login === undefined) return undefined
      if (login.tokens.access_token !== refused) return login.tokens.access_token
      try {
        return (await renew(login)).tokens.access_token
      } catch (thrown) {
        if (OptimizerError.is(thrown, 'LOGIN_REQUIRED')) return undefined
        throw thrown
      }
    },
    async widened(refused) {
      // More needs the consent of a person, who may have given it meanwhile.
      const login = await look()
      return login?.tokens.access_token === refused ? undefined : login?.tokens.access_token
    },
    advice({ scope, resourceMetadataUrl }) {
      const isLogin = resourceMetadataUrl !== undefined || known !== undefined || entry.auth?.type === 'oauth'
      const wanted = [...new Set([known?.tokens.scope, scope].flatMap((text) => text?.split(' ') ?? []))].join(' ')
      return {
        isLogin,
        command: scope === undefined ? loginCommand(entry.name) : loginCommand(entry.name, wanted),
        ...(ended === undefined || known === undefined ? {} : { reason: messageOf(ended.error) }),
      }
    },
    scrub: (text) => scrub(text),
  }
}
