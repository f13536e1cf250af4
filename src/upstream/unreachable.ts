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
  const words = serverText(shown(code, message), 500, scrub)
  const isSent = !NEVER_SENT.test(code) && syscall !== 'connect' && code !== ''
  if (method === 'tools/call' && isSent)
    return new OptimizerError('OUTCOME_UNKNOWN', `${name} went away during ${method}: ${words}`, { cause: thrown })
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot reach ${name}: ${words}`, { cause: thrown })
}

function shown(code: string, message: string): string {
  if (code === 'ECONNREFUSED') return `nothing listens there: ${message}`
  if (code === 'ENOTFOUND') return `its host is not known: ${message}`
  return code === '' || message.includes(code) ? message : `${message} (${code})`
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
