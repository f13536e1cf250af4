const PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const
const SETTABLE: ReadonlySet<unknown> = new Set(PARTS.filter((part) => part !== 'origin'))

type Settable = Exclude<(typeof PARTS)[number], 'origin'>

/** The parts of a URL: `[url, base or null]`, and with `name, value` behind them after one part is set. */
export function parseUrl(request: unknown): Record<string, string> {
  const [text, base, name, value] = listOf(request)
  const url = typeof base === 'string' ? new URL(textOf(text), base) : new URL(textOf(text))
  if (SETTABLE.has(name)) url[name as Settable] = textOf(value)
  return Object.fromEntries(PARTS.map((part) => [part, url[part]]))
}

/** Names and values of a query, one after the other. */
export function readQuery(request: unknown): string[] {
  return [...new URLSearchParams(textOf(request))].flat()
}

/** The query of names and values, one after the other. */
export function writeQuery(request: unknown): string {
  const query = new URLSearchParams()
  const list = listOf(request)
  for (let i = 0; i + 1 < list.length; i += 2) query.append(textOf(list[i]), textOf(list[i + 1]))
  return query.toString()
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
