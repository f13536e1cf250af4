import { stableJson } from '../internal/hash.ts'
import type { ServerConfig } from './config.ts'

/** Equal for entries that reach the same server and show the same tools of it, whatever they are called. */
export function serverIdentity(server: ServerConfig): string {
  const { include = [], exclude = [] } = server
  const shown = [include.toSorted(), exclude.toSorted()]
  if (server.type !== 'stdio')
    return stableJson([address(server.url), lowerCased(server.headers), server.auth ?? null, ...shown])
  const { command, args = [], env = {}, cwd, environment } = server
  return stableJson([command, withoutConsent(command, args), env, cwd ?? null, environment ?? null, ...shown])
}

function address(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The flag that lets npx install without asking is no part of what runs. */
function withoutConsent(command: string, args: readonly string[]): readonly string[] {
  return /(?:^|[\\/])npx(?:\.cmd)?$/.test(command) ? args.filter((word) => word !== '-y' && word !== '--yes') : args
}
