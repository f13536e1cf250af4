import { OptimizerError } from '../../errors.ts'
import { abortable } from '../../internal/signal.ts'
import { boundedFetch } from '../bounded-fetch.ts'
import {
  beginLogin,
  beginWithoutScopes,
  type BegunLogin,
  type LoginRequest,
  newState,
  refusesScopes,
  settingsOf,
} from './begin-login.ts'
import { askChallenge, discover, type Discovery, type LoginChallenge } from './discover.ts'
import { guardedFetch } from './guarded-fetch.ts'
import type { Login, LoginEntry } from './login.ts'
import { openLoopback } from './loopback.ts'

/** How the person is reached. */
export interface LoginConversation {
  /** Shows the address, and opens it where a browser is. */
  open(address: URL): void
  /** The address that the browser ended at, pasted by the person; undefined: nobody pastes. */
  readonly pasted?: () => Promise<string>
}

export interface LogInOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Instead of the scopes that the configuration or the server names. */
  readonly scope?: string | undefined
  readonly signal: AbortSignal
}

/** Logs in by the browser of this machine, or of another one whose last address is pasted. Keeps nothing. */
export async function logIn(entry: LoginEntry, conversation: LoginConversation, options: LogInOptions): Promise<Login> {
  const { discovery, challenge, fetchFn } = await findLogin(entry, options)
  const state = newState()
  await using loopback = await openLoopback(state, settingsOf(entry).redirectUri)
  const { redirectUri } = loopback
  const request: LoginRequest = { entry, discovery, challenge, redirectUri, state, scope: options.scope, fetchFn }
  const converse = async (begun: BegunLogin, answer: Promise<URLSearchParams>): Promise<Login> => {
    conversation.open(begun.address)
    const answers = [answer, ...(conversation.pasted === undefined ? [] : [pasted(conversation.pasted, state)])]
    return await begun.finish(await abortable(Promise.race(answers), options.signal))
  }
  const begun = await beginLogin(request)
  try {
    return await converse(begun, loopback.answer)
  } catch (thrown) {
    if (!refusesScopes(thrown) || !begun.mayDropScopes) throw thrown
  }
  await loopback[Symbol.asyncDispose]()
  await using again = await openLoopback(state, redirectUri)
  return await converse(await beginWithoutScopes(request), again.answer)
}

/** Finds how a server is logged in to; `fetchFn` is the filter that all addresses of the login go through. */
export async function findLogin(
  entry: LoginEntry,
  { headers, signal }: Pick<LogInOptions, 'headers' | 'signal'>,
): Promise<{ readonly discovery: Discovery; readonly challenge: LoginChallenge; readonly fetchFn: typeof fetch }> {
  const server = new URL(entry.url)
  const fetchFn = guardedFetch({ server })
  const challenge = await askChallenge(server, headers, { fetchFn: boundedFetch(server), signal }).catch(
    (thrown: unknown): LoginChallenge => {
      if (signal.aborted || OptimizerError.is(thrown)) throw thrown
      throw new OptimizerError(
        'UPSTREAM_UNAVAILABLE',
        `cannot log in to ${entry.name}: ${entry.url} cannot be reached`,
        {
          cause: thrown,
        },
      )
    },
  )
  const { resourceMetadataUrl } = challenge
  return { discovery: await discover(entry, { fetchFn, resourceMetadataUrl }), challenge, fetchFn }
}

/** The parameters of a pasted address, whatever stands around it. Another login's answer is none. */
async function pasted(ask: () => Promise<string>, state: string): Promise<URLSearchParams> {
  for (;;) {
    const text = (await ask()).trim()
    const { searchParams } = new URL(
      text.startsWith('http') ? text : `http://127.0.0.1/?${text.replace(/^[^?]*\?/, '')}`,
    )
    if (searchParams.get('state') === state) return searchParams
  }
}
