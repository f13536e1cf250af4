import type { Probe } from './probe.ts'
import { MCP, refused, status } from './probe.ts'

const kind = 'who may talk'

/** Each of these headers is refused beside a good request. */
function header(name: string, headers: Record<string, string>): Probe {
  return { name, kind, attempt: async (door) => status(await door.post(door.good, headers), 403) }
}

const bytes = (name: string, make: (host: string, path: string) => string): Probe => ({
  name,
  kind,
  attempt: async (door) => refused(await door.raw(make(door.host, door.path))),
})

const TOKENS: readonly (readonly [name: string, value: (token: string) => string | undefined])[] = [
  ['no token', () => undefined],
  ['a wrong token', () => 'Bearer wrong'],
  ['the token without its end', (token) => `Bearer ${token.slice(0, -1)}`],
  ['the token with more behind it', (token) => `Bearer ${token}x`],
  ['the token twice', (token) => `Bearer ${token} ${token}`],
  ['the token in another case', (token) => `Bearer ${token.toUpperCase()}`],
  ['the token of another scheme', (token) => `Basic ${token}`],
  ['the token without a scheme', (token) => token],
  ['an empty token', () => 'Bearer '],
  ['a token of a megabyte less', () => `Bearer ${'t'.repeat(9_000)}`],
  ['a token with NUL', (token) => `Bearer ${token}\u0001`],
]

export const WHO: readonly Probe[] = [
  { name: 'a good request', kind, attempt: async (door) => status(await door.post(door.good), 200) },
  {
    name: 'our own origin',
    kind,
    attempt: async (door) => status(await door.post(door.good, { origin: door.url }), 200),
  },
  header('a foreign origin', { origin: 'https://evil.example' }),
  header('the origin null', { origin: 'null' }),
  header('an empty origin', { origin: '' }),
  header('an origin that begins like ours', { origin: 'http://127.0.0.1.evil.example' }),
  header('an origin with a login', { origin: 'http://localhost@evil.example' }),
  header('an origin of a file', { origin: 'file://' }),
  header('a rebound host', { host: 'evil.example' }),
  header('a host with ours in front', { host: 'localhost.evil.example' }),
  header('a host with a login', { host: 'localhost@evil.example' }),
  header('a host with another port', { host: 'localhost:1' }),
  bytes(
    'two hosts',
    (host, path) => `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
  ),
  bytes('no host', (_host, path) => `POST ${path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`),
  bytes(
    'another address as the target',
    (host, path) =>
      `POST http://evil.example${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  ),
  bytes('a tunnel', (host) => `CONNECT evil.example:443 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
  {
    name: 'a forwarded host',
    kind,
    attempt: async (door) =>
      status(await door.post(door.good, { host: 'evil.example', 'x-forwarded-host': door.host }), 403),
  },
  ...TOKENS.map(([name, value]): Probe => ({
    name,
    kind: 'tokens',
    token: true,
    async attempt(door) {
      const given = value(door.token ?? '')
      const headers = { ...door.headers(door.good), 'content-type': 'application/json' } as Record<string, string>
      delete headers['authorization']
      const authorization = given === undefined ? '' : `authorization: ${given}\r\n`
      const lines = Object.entries(headers).map(([key, text]) => `${key}: ${text}\r\n`)
      const { length } = Buffer.from(door.good)
      const answered = await door.raw(
        `POST ${door.path} HTTP/1.1\r\nHost: ${door.host}\r\n${lines.join('')}${authorization}Connection: close\r\nContent-Length: ${length}\r\n\r\n${door.good}`,
      )
      if (answered.text.includes(door.token ?? '')) return 'the answer holds the token'
      return answered.statuses[0] === 401 || answered.statuses[0] === 400
        ? undefined
        : `answered ${answered.text.slice(0, 120)}`
    },
  })),
  {
    name: 'the token in the address',
    kind: 'tokens',
    token: true,
    async attempt(door) {
      const url = `${door.url}${door.path}?access_token=${door.token}&token=${door.token}`
      return status(await door.post(door.good, { authorization: '' }, { url }), 401)
    },
  },
  {
    name: 'the token in a cookie and other headers',
    kind: 'tokens',
    token: true,
    attempt: async (door) =>
      status(
        await door.post(door.good, { authorization: '', cookie: `token=${door.token}`, 'x-api-key': door.token ?? '' }),
        401,
      ),
  },
  ...['/status', '/metrics', '/ui', '/ui/servers'].map((path): Probe => ({
    name: `${path} without the token`,
    kind: 'tokens',
    token: true,
    ways: ['rpc'],
    async attempt(door) {
      const sent = await door.post('', { authorization: '' }, { url: `${door.url}${path}`, method: 'GET' })
      return status(sent, 401, 403, 404, 302, 303)
    },
  })),
  ...['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'].map((method): Probe => ({
    name: `the method ${method}`,
    kind: 'methods and paths',
    attempt: async (door) => status(await door.post('', {}, { method }), 405),
  })),
  {
    name: 'a method in a header',
    kind: 'methods and paths',
    attempt: async (door) => status(await door.post('', { 'x-http-method-override': 'POST' }, { method: 'GET' }), 405),
  },
  ...['/mcp/', '/%6dcp', '//mcp', '/mcp;x', '/status/../mcp', '/..%2fetc/passwd', '/rpc%00', '/MCP', '/\\mcp'].map(
    (path): Probe => ({
      name: `the path ${path}`,
      kind: 'methods and paths',
      ways: MCP,
      async attempt(door) {
        const head = door.head(door.good, { path })
        const { statuses, text } = await door.raw(
          `${head}Connection: close\r\nContent-Length: ${door.good.length}\r\n\r\n${door.good}`,
        )
        return statuses[0] === 404 || statuses[0] === 400 ? undefined : `answered ${text.slice(0, 120)}`
      },
    }),
  ),
]
