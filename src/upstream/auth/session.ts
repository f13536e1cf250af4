type Input = Parameters<typeof fetch>[0]

/** The session of a streamable connection is in a header, that of one by SSE in its address. */
export function hasSession(input: Input, init: RequestInit | undefined): boolean {
  if (new Headers(init?.headers).has('mcp-session-id')) return true
  const address = input instanceof Request ? input.url : String(input)
  return /[?&/]session_?id=/i.test(address)
}
