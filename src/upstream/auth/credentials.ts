/** Who we are to one server: the one place that all requests to it get their token from. */
export interface Credentials {
  /** The token to send now, renewed ahead of its expiry; undefined: there is none. */
  token(signal?: AbortSignal): Promise<string | undefined>
  /**
   * After a 401 to `refused`: a token that may do. Undefined where only a person can go on. Throws where the issuer
   * cannot be reached now.
   */
  renewed(refused: string | undefined, challenge: Challenge, signal?: AbortSignal): Promise<string | undefined>
  /** After a 403 that asks for more scopes: a token that has them; undefined where only a person can give it. */
  widened(refused: string, scope: string, signal?: AbortSignal): Promise<string | undefined>
  /** Advice for a person after a refusal: the command, and the reason. */
  advice(challenge: Challenge): Advice | undefined
  /** Takes our tokens out of a text. */
  scrub(text: string): string
}

/** A refusal of who we are, with what its `WWW-Authenticate` says. */
export interface Challenge {
  readonly status: number
  /** The scopes that it asks for. */
  readonly scope?: string
  /** The metadata that a login begins with. */
  readonly resourceMetadataUrl?: URL
}

export interface Advice {
  /** True: the server offers a login, or there was one. False: it may be that headers are wrong. */
  readonly isLogin: boolean
  readonly command: string
  /** Why the login that was there is none any more. */
  readonly reason?: string
}

/** Advice for a response that refuses who we are; undefined for any other. */
export type Advise = (refusal: { readonly status: number; readonly headers: Headers }) => Advice | undefined
