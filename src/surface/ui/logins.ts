import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../internal/clock.ts'

/** One browser that is logged in. */
export interface Login {
  readonly principal: string
  /** Stands in every form of this browser's pages. */
  readonly csrf: string
  readonly expiresAt: number
}

/** Who is logged in, and the code of the one link that logs in once. */
export interface Logins {
  /** Logs in; the secret for the browser's cookie. */
  open(principal: string): string
  of(secret: string): Login | undefined
  close(secret: string): void
  /** The code of a link that logs in once, within ten minutes; codes before it are worth nothing any more. */
  issueCode(): string
  /** True for the code, once. */
  redeem(code: string): boolean
}

/** Milliseconds that a browser stays logged in. */
export const LOGIN_MS: number = 8 * 3_600_000
const CODE_MS = 10 * 60_000
const MAX_LOGINS = 100

export function createLogins(clock: Clock): Logins {
  // By digest: nobody learns a secret from how long a comparison takes.
  const logins = new LRUCache<string, Login>({ max: MAX_LOGINS })
  let code: { readonly digest: Buffer; readonly expiresAt: number } | undefined
  return {
    open(principal) {
      const secret = randomText()
      logins.set(keyOf(secret), { principal, csrf: randomText(), expiresAt: clock.wall() + LOGIN_MS })
      return secret
    },
    of(secret) {
      const login = logins.get(keyOf(secret))
      return login === undefined || login.expiresAt <= clock.wall() ? undefined : login
    },
    close: (secret) => void logins.delete(keyOf(secret)),
    issueCode() {
      const text = randomText()
      code = { digest: digest(text), expiresAt: clock.wall() + CODE_MS }
      return text
    },
    redeem(text) {
      const isIt = code !== undefined && code.expiresAt > clock.wall() && timingSafeEqual(digest(text), code.digest)
      if (isIt) code = undefined
      return isIt
    },
  }
}

/** True when both are the same text; takes the same time wherever they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function keyOf(secret: string): string {
  return digest(secret).toString('base64url')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function randomText(): string {
  return randomBytes(32).toString('base64url')
}
