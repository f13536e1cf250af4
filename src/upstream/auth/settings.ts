/** How a server reached over HTTP is logged in to. */
export type AuthSettings =
  /** A person logs in with `mcp-optimizer login`; this is also what a server without `auth` gets when it asks for a login. */
  | OAuthSettings
  | ClientCredentialsSettings
  | { readonly type: 'bearer'; readonly token: string }
  /** A 401 is told as it is; no login is looked for. */
  | { readonly type: 'none' }

export interface OAuthSettings {
  readonly type: 'oauth'
  /** Of a client that was registered by hand. @default registered by the login itself */
  readonly clientId?: string
  readonly clientSecret?: string
  /** Address of a client metadata document, used where the authorization server takes one. */
  readonly clientMetadataUrl?: string
  /** @default what the server asks for */
  readonly scopes?: readonly string[]
  /** Loopback address that the browser comes back to. @default http://127.0.0.1 with a free port, path /callback */
  readonly redirectUri?: string
  /** Which of several authorization servers. @default the first that the server names */
  readonly issuer?: string
}

/** The gateway itself is the client: no person is asked. */
export interface ClientCredentialsSettings {
  readonly type: 'client_credentials'
  readonly clientId: string
  readonly clientSecret?: string
  /** PEM (PKCS 8); signs the client's assertion in place of a secret. */
  readonly privateKey?: string
  /** Of the assertion. @default 'RS256' */
  readonly algorithm?: string
  /** @default what the server asks for */
  readonly scopes?: readonly string[]
  /** @default the first that the server names */
  readonly issuer?: string
}
