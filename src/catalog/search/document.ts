/** What the index knows of a tool or an intent. */
export interface SearchDocument {
  /** `server.tool`, or the name of an intent. Unique in its kind. */
  readonly id: string
  readonly kind: DocumentKind
  /** Key of the server; of an intent: the key of the only server it needs, else empty. */
  readonly serverKey: string
  readonly serverName: string
  readonly name: string
  readonly description: string
  /** The server's instructions or configured description; may be empty. */
  readonly serverDescription: string
  /** JSON Schema of the input; anything else counts as no parameters. */
  readonly inputSchema: unknown
}

export type DocumentKind = 'tool' | 'intent'
