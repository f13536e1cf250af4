import type { StdioOptions } from './stdio.ts'
import type { HttpOptions } from './http.ts'

const SECRET_NAME =
  /auth|token|secret|passw|passphrase|pwd|credential|cookie|signature|api.?key|access.?key|private.?key|(?:^|[_.-])(?:key|pat|pass|dsn|session)(?:$|[_.-])/i
/** Names that speak of a secret without being one. */
const HARMLESS_NAME =
  /(?:url|uri|host|port|file|path|dir|folder|type|mode|method|scheme|name|limit|count|ttl|seconds)s?$|(?:^|_)max|expir/i
/** Within a connection string or JSON. */
const INNER = /(?:password|pwd|secret|key|token)"?\s*[=:]\s*"?([^;"\s&,}]+)/gi
/** What people write in clear all over their configuration: taken out of a message it would only take its meaning. */
const PLAIN =
  /^(?:[\d.,:+-]+|[a-z]+\/[\w.+*-]+|[A-Za-z]+(?:[ _.,-][A-Za-z]+|[_-]\d{1,4})*|(?:~|\.{0,2})\/[^\s:]*(?:[:,]\/[^\s:]*)*|[A-Za-z]:\\[^:]*|[\w-]+(?:\.[\w-]+)+(?::\d+)?)$/
const TOKEN_PREFIX =
  /^(?:sk|pk|rk|ghp|gho|ghu|ghs|github_pat|glpat|xox[a-z]|npm|pypi|hf|lin_api|ntn|secret|figd|AKIA|AIza|eyJ)[-_.A-Za-z0-9]{12,}$/

/** The values in a server's options that no message may show: by their name, or by their look. */
export function serverSecrets(server: (StdioOptions & { readonly type: 'stdio' }) | HttpOptions): string[] {
  if (server.type !== 'stdio')
    return [
      ...named(server.headers),
      ...secretsInUrl(server.url),
      ...loginIn(server.url),
      ...secretsOfAuth(server.auth),
    ]
  // Some write the whole line of a shell as the command.
  const words = server.command.split(/\s+/).slice(1)
  return [...named(server.env), ...secretsInArguments(words), ...secretsInArguments(server.args ?? [])]
}

function secretsOfAuth(auth: HttpOptions['auth']): string[] {
  const { clientSecret, privateKey, token } = { ...auth } as Readonly<Record<string, unknown>>
  return [clientSecret, privateKey, token].filter((secret) => typeof secret === 'string')
}

/** Values of an environment that are secrets by their name and their look: half of its names speak of sessions and keys. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const isNamed = SECRET_NAME.test(name) && !HARMLESS_NAME.test(name) && !PLAIN.test(value.trim())
    return isNamed || isToken(value) ? [value, ...secretsInUrl(value)] : secretsInUrl(value)
  })
}

/** The header that a login in an address stands for; undefined where it has none. */
export function basicOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

/** The login of an address as its server is sent it. */
function loginIn(text: string): string[] {
  const basic = isAddress(text) && URL.canParse(text) ? basicOf(new URL(text)) : undefined
  return basic === undefined ? [] : [basic.slice('Basic '.length)]
}

/** Of an address: its password, what its query names so, and parts of it that are tokens. */
export function secretsInUrl(text: string): string[] {
  if (!isAddress(text) || !URL.canParse(text)) return []
  const { username, password, pathname, searchParams } = new URL(text)
  const parts = [decoded(username), ...pathname.split('/').map(decoded)].filter(isToken)
  const queries = [...searchParams].flatMap(([name, value]) => (isSecret(name, value) ? [value] : []))
  // With its user a short password is long enough to be known again.
  const isShort = password !== '' && password.length < 6
  const login = isShort ? [`${decoded(username)}:${decoded(password)}@`, `${username}:${password}@`] : []
  return [decoded(password), ...login, ...parts, ...queries].filter((part) => part !== '')
}

function named(values: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const inner = [
      ...secretsInUrl(value),
      ...basicPassword(value),
      ...[...value.matchAll(INNER)].map(([, part = '']) => part),
    ]
    return isSecret(name, value) ? [value, ...inner] : inner
  })
}

/** `--token value`, `--token=value`, `NAME=value`, `Header: value`, and what looks like a token wherever it stands. */
function secretsInArguments(args: readonly string[]): string[] {
  return args.flatMap((argument, index) => {
    const [, name = '', value = ''] = /^-{0,2}([\w.-]+)(?:=|:\s*)(.+)$/s.exec(argument) ?? []
    const before = args[index - 1] ?? ''
    const isNamed = value !== '' ? SECRET_NAME.test(name) : /^--?[\w-]+$/.test(before) && SECRET_NAME.test(before)
    const own = value === '' || isAddress(argument) ? argument : value
    // `--env=API_KEY=abc`, `--header=Authorization: Bearer abc`
    if (!isNamed && own !== argument && INNER_NAME.test(own)) return secretsInArguments([own])
    if (isNamed && !own.startsWith('-')) return [own, ...secretsInUrl(own)]
    return isToken(own) ? [own] : secretsInUrl(own)
  })
}

const INNER_NAME = /^[\w.-]+(?:=|:\s+)\S/

function isSecret(name: string, value: string): boolean {
  if (SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)) return true
  return !PLAIN.test(value.trim()) && !isAddress(value)
}

/** `Authorization: x` and `C:\\x` can be parsed as addresses too. */
function isAddress(text: string): boolean {
  return /^[a-z][\w+.-]*:\/\//i.test(text)
}

function isToken(text: string): boolean {
  if (TOKEN_PREFIX.test(text)) return true
  if (!/^[\w+=.~-]{20,}$/.test(text)) return false
  return /^[0-9a-f]{32,}$/i.test(text) || (/\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text))
}

function basicPassword(value: string): string[] {
  const [, base64] = /^Basic\s+(\S+)$/i.exec(value) ?? []
  if (base64 === undefined) return []
  const text = Buffer.from(base64, 'base64').toString('utf8')
  return [text, text.slice(text.indexOf(':') + 1)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
