import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { messageOf, serverText } from '../internal/text.ts'

/** What fails before a request was sent. */
const NEVER_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_INVALID_\w+)$|CERT|SELF_SIGNED|ERR_TLS|ERR_SSL/

interface Cause {
  readonly code: string
  readonly message: string
  readonly syscall: string
}

/** The error for a `fetch` that got no response: `fetch failed` hides the reason in its causes. */
export function unreachable(name: string, method: string, thrown: unknown, scrub: Scrub): OptimizerError {
  const { code, message, syscall } = causeOf(thrown)
  const reason = reasonOf(code, message)
  const words = serverText(reason.words, 500, scrub)
  const isSent = !NEVER_SENT.test(code) && syscall !== 'connect' && code !== ''
  if (method === 'tools/call' && isSent)
    return new OptimizerError('OUTCOME_UNKNOWN', `${name} went away during ${method}: ${words}`, { cause: thrown })
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${name}: ${words}`, {
    cause: thrown,
    ...(reason.next === undefined
      ? {}
      : { suggestion: reason.next, details: { reason: code === '' ? message : code } }),
  })
}

/** What a failure means and what to do about it, by its code; the code itself stays in the message. */
const REASONS: readonly (readonly [codes: RegExp, words: string, next: string])[] = [
  [/^ECONNREFUSED$/, 'nothing listens there', 'start the server, or correct host and port in its url'],
  [/^ENOTFOUND$/, 'its host is not known', 'correct the host in its url, or check the network of this machine'],
  [/^EAI_AGAIN$/, 'the name server does not answer', 'check the network and the name server of this machine'],
  [
    /^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    'the connection was not answered in time',
    'check host and port in its url, and what stands between: firewall, VPN, proxy',
  ],
  [
    /^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/,
    'no way leads there',
    'check the network of this machine, VPN and firewall',
  ],
  [
    /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    'it closed the connection',
    'look into its log, or check that its url is right',
  ],
  [
    /^(?:ERR_SSL_WRONG_VERSION_NUMBER|EPROTO)$/,
    'no TLS is spoken there',
    'write http:// instead of https:// in its url, or correct the port',
  ],
  [/^CERT_HAS_EXPIRED$/, 'its certificate has expired', 'renew the certificate of the server'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another host', 'use the host that the certificate names'],
  [
    /CERT|SELF_SIGNED|ISSUER/,
    'its certificate is not trusted here',
    'name the certificate of its authority in NODE_EXTRA_CA_CERTS=FILE, where the gateway is started',
  ],
]

function reasonOf(code: string, message: string): { readonly words: string; readonly next?: string } {
  if (message === 'bad port')
    return { words: 'fetch refuses to call this port', next: 'serve it at another port: this one is reserved' }
  const [, words, next] = REASONS.find(([codes]) => codes.test(code)) ?? []
  const said = plainTls(message)
  const withCode = code === '' || said.includes(code) ? said : said === '' ? code : `${said} (${code})`
  return words === undefined || next === undefined ? { words: withCode } : { words: `${words}: ${withCode}`, next }
}

/** Of `80:error:0A0:SSL routines:ssl3_get_record:wrong version number:../deps/x.c:350:` what people can read. */
function plainTls(message: string): string {
  return /^[0-9A-F]+:error:[^:]*:[^:]*:[^:]*:([^:]+)/.exec(message)?.[1] ?? message.trim()
}

/** The innermost cause that has a code; of several tries for one name the first. */
function causeOf(thrown: unknown): Cause {
  let found: Cause = { code: '', message: messageOf(thrown), syscall: '' }
  let inner: unknown = thrown
  for (let depth = 0; depth < 8 && isRecord(inner); depth++) {
    const { code, syscall, errors, cause } = inner
    const tries = Array.isArray(errors) ? (errors as unknown[]) : []
    const message = messageOf(inner) || tries.map(messageOf).join(', ')
    if (typeof code === 'string') found = { code, message, syscall: typeof syscall === 'string' ? syscall : '' }
    else if (found.code === '' && message !== '') found = { ...found, message }
    inner = cause ?? tries[0]
  }
  return found
}
