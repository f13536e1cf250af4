import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OptimizerError } from '../../errors.ts'
import { escapeHtml } from '../../internal/html.ts'
import { messageOf } from '../../internal/text.ts'
import { withResolvers } from '../../internal/with-resolvers.ts'

/** Waits on this machine for the browser to come back from a login. */
export interface Loopback extends AsyncDisposable {
  readonly redirectUri: string
  /** Parameters of the address that the browser came back to, with the state of this login. */
  readonly answer: Promise<URLSearchParams>
}

/** Listens at the address of `redirectUri`, else at a free port of 127.0.0.1. Answers without `state` are ignored. */
export async function openLoopback(state: string, redirectUri?: string): Promise<Loopback> {
  const wanted = redirectUri === undefined ? undefined : new URL(redirectUri)
  const path = wanted?.pathname ?? '/callback'
  const { promise: answer, resolve } = withResolvers<URLSearchParams>()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (pathname !== path) return page(response, 404, 'Nothing is here', 'This address only ends a login.')
    if (searchParams.get('state') !== state)
      return page(
        response,
        400,
        'Not this login',
        'This answer belongs to another login, or to none. Nothing was done.',
      )
    const error = searchParams.get('error')
    resolve(searchParams)
    if (error === null) return page(response, 200, 'You can close this window', 'The login goes on in the terminal.')
    return page(response, 200, 'The login was refused', searchParams.get('error_description') ?? error)
  })
  await listening(server, wanted)
  const { port } = server.address() as AddressInfo
  return {
    redirectUri: redirectUri ?? `http://127.0.0.1:${port}${path}`,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeIdleConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function listening(server: Server, wanted: URL | undefined): Promise<void> {
  const host = wanted?.hostname === '[::1]' ? '::1' : '127.0.0.1'
  const port = wanted === undefined ? 0 : Number(wanted.port || 80)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (thrown) {
    throw new OptimizerError('CONFIG_INVALID', `cannot wait for the login at ${host}:${port}: ${messageOf(thrown)}`, {
      suggestion: 'end what listens there, or set another auth.redirectUri',
      cause: thrown,
    })
  }
}

function page(response: ServerResponse, status: number, title: string, words: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
    connection: 'close',
  })
  response.end(`<!doctype html><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<body style="font: 16px system-ui; margin: 15vh auto; max-width: 32em; padding: 0 1em">
<h1 style="font-size: 1.4em">${escapeHtml(title)}</h1><p>${escapeHtml(words.slice(0, 500))}</p>
`)
}
