/** `all`: the gateway's whole environment, as most clients give it; `minimal`: what the official client hands on. */
export type EnvironmentScope = 'all' | 'minimal'

type Variables = Readonly<Record<string, string | undefined>>

export interface ChildEnvironmentOptions {
  /** The gateway's own environment. */
  readonly own: Variables
  readonly scope: EnvironmentScope
  /** Secrets of the gateway itself: a variable that holds one is withheld. */
  readonly secrets: readonly string[]
  /** What the configuration says for this server: always given, whatever it is called. */
  readonly added: Readonly<Record<string, string>>
  readonly isWindows: boolean
}

/** What the official client hands on: no secrets of other programs. */
const MINIMAL = new Set([
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TERM',
  'TMPDIR',
  'USER',
  'APPDATA',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'USERNAME',
  'USERPROFILE',
])

/**
 * Variables of the gateway itself, which no server gets: its settings (the bearer token and values of `${input:…}` among
 * them), and the headers of its telemetry.
 */
export const OWN_VARIABLES: readonly RegExp[] = [/^MCP_OPTIMIZER_/i, /^OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?HEADERS$/i]

/** What `npx mcp-optimizer` leaves behind for the program it runs: another npx would take it for its own options. */
const OF_NPM_RUN =
  /^(?:npm_(?:command|execpath|node_execpath|lifecycle_.*|package_.*|config_(?:package|call|local_prefix|workspace|workspaces))|INIT_CWD)$/i

/** A shorter secret stands in too many values by chance. */
const MIN_SECRET_CHARS = 6

/** The environment of one server. */
export function childEnvironment({
  own,
  scope,
  secrets,
  added,
  isWindows,
}: ChildEnvironmentOptions): Record<string, string> {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS)
  const isRunByNpm = own['npm_command'] !== undefined || own['npm_lifecycle_event'] !== undefined
  const given = Object.entries(own).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || !isGiven(name, value)) return []
    if (scope === 'minimal') return MINIMAL.has(isWindows ? name.toUpperCase() : name) ? [[name, value]] : []
    if (isRunByNpm && OF_NPM_RUN.test(name)) return []
    return known.some((secret) => value.includes(secret)) ? [] : [[name, value]]
  })
  return withAdded(given, added, isWindows)
}

function isGiven(name: string, value: string): boolean {
  // A value that begins like this is an exported shell function.
  return !value.startsWith('()') && !OWN_VARIABLES.some((pattern) => pattern.test(name))
}

/** On Windows `Path` and `PATH` are one variable: the configured one takes the place of the inherited one. */
function withAdded(
  given: readonly [string, string][],
  added: Readonly<Record<string, string>>,
  isWindows: boolean,
): Record<string, string> {
  if (!isWindows) return { ...Object.fromEntries(given), ...added }
  const names = new Set(Object.keys(added).map((name) => name.toUpperCase()))
  return { ...Object.fromEntries(given.filter(([name]) => !names.has(name.toUpperCase()))), ...added }
}
