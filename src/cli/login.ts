import { createInterface } from 'node:readline/promises'
import type { HttpServerConfig, OptimizerConfig } from '../config/config.ts'
import { OptimizerError } from '../errors.ts'
import { nearestNames } from '../internal/nearest.ts'
import type { Login } from '../upstream/auth/login.ts'
import { type DeviceCode, logInByDevice } from '../upstream/auth/device-login.ts'
import { logIn } from '../upstream/auth/log-in.ts'
import { openLogins } from '../upstream/auth/open-store.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { loadFor } from './gateway.ts'
import { openBrowser } from './open-browser.ts'
import { createPalette } from './palette.ts'

/** Time that a person has, milliseconds. */
const PATIENCE_MS = 10 * 60_000

/** Runs the command `login`. */
export async function runLogin(context: CommandContext): Promise<number> {
  const { config } = await loadFor(context)
  const { name, server } = serverAsked(context, config)
  const { auth, url, headers } = server
  if (auth !== undefined && auth.type !== 'oauth')
    throw new OptimizerError('CONFIG_INVALID', `${name} needs no login: its auth.type is "${auth.type}"`, {
      suggestion: 'call it, or set auth.type to "oauth"',
    })
  const entry = { name, url, auth }
  const { scope } = context.values
  const options = {
    headers,
    scope: typeof scope === 'string' ? scope : undefined,
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]),
  }
  const login = await withWords(context, options.signal, name, async () =>
    context.values['device'] === true
      ? await logInByDevice(entry, { ...options, show: (code) => showCode(context, code) })
      : await logIn(entry, conversationOf(context, options.signal), options),
  )
  const logins = openLogins(config.logins)
  await logins.save(entry, login)
  tell(context, login)
  return EXIT.ok
}

/** The server that is named, which has to be one over HTTP. */
export function serverAsked(
  { positionals }: CommandContext,
  { servers }: OptimizerConfig,
): { readonly name: string; readonly server: HttpServerConfig } {
  const [name] = positionals
  const remote = Object.entries(servers).flatMap(([key, one]) => (one.type === 'stdio' ? [] : [key]))
  if (name === undefined)
    throw new UsageError(
      `which server? ${remote.length === 0 ? 'none is reached over HTTP' : `one of ${remote.join(', ')}`}`,
    )
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined
  if (server === undefined)
    throw new OptimizerError('UNKNOWN_SERVER', `there is no server "${name}"`, {
      details: { nearest: nearestNames(name, remote, 3) },
    })
  if (server.type === 'stdio')
    throw new OptimizerError('CONFIG_INVALID', `${name} is started here: it has its login itself, not over HTTP`, {
      suggestion: 'set what it needs in its env',
    })
  return { name, server }
}

async function withWords<T>(
  { signal }: CommandContext,
  whole: AbortSignal,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (OptimizerError.is(thrown) || !whole.aborted) throw thrown
    const why = signal.aborted
      ? 'it was cancelled'
      : `nobody came back from the browser within ${PATIENCE_MS / 60_000} minutes`
    throw new OptimizerError('CANCELLED', `cannot log in to ${name}: ${why}`, {
      suggestion: 'run it again; --no-browser takes the address that the browser of another machine ends at',
    })
  }
}

function conversationOf(context: CommandContext, signal: AbortSignal): Parameters<typeof logIn>[1] {
  const { stderr, stdin, values, env } = context
  const { heading } = createPalette(stderr, env)
  const isElsewhere = values['no-browser'] === true
  return {
    open(address) {
      stderr.write(`${heading('Open this address to log in:')}\n${address.href}\n`)
      if (!isElsewhere) openBrowser(address, env)
    },
    ...(isElsewhere && {
      async pasted() {
        const lines = createInterface({ input: stdin, output: stderr })
        try {
          return await lines.question('Paste the address that the browser ends at: ', { signal })
        } finally {
          lines.close()
        }
      },
    }),
  }
}

function showCode({ stderr, env }: CommandContext, { address, code, wholeAddress }: DeviceCode): void {
  const { heading } = createPalette(stderr, env)
  const whole = wholeAddress === undefined ? '' : `or open ${wholeAddress}\n`
  stderr.write(`${heading(`Open ${address} anywhere, and type in: ${code}`)}\n${whole}`)
}

function tell({ stdout, values }: CommandContext, login: Login): void {
  if (values['json'] === true) stdout.write(`${JSON.stringify(shownLogin(login))}\n`)
  else {
    const { server, account, issuer } = login
    stdout.write(`logged in to ${server}${account === undefined ? '' : ` as ${account}`} (${issuer})\n`)
  }
}

/** The parts of a login that may be shown: never a token. */
export function shownLogin({ server, url, issuer, account, tokens, expiresAt, obtainedAt }: Login): object {
  return {
    server,
    url,
    issuer,
    ...(account === undefined ? {} : { account }),
    ...(tokens.scope === undefined ? {} : { scopes: tokens.scope.split(' ') }),
    obtainedAt: new Date(obtainedAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
    renewable: tokens.refresh_token !== undefined,
  }
}
