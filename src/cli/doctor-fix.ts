import type { ServerConfig, StdioServerConfig } from '../config/config.ts'
import { OptimizerError } from '../errors.ts'
import { messageOf } from '../internal/text.ts'
import { commandName } from '../upstream/stdio.ts'

/** Advice for a server that did not start. */
export function fixFor(thrown: unknown, server: ServerConfig): string {
  if (OptimizerError.is(thrown, 'CONFIG_INVALID')) return thrown.suggestion
  if (OptimizerError.is(thrown, 'LOGIN_REQUIRED')) return thrown.suggestion.replace(/;.*$/s, '')
  if (OptimizerError.is(thrown, 'UNAUTHORIZED') && server.type === 'stdio') return 'set a valid token in its env'
  if (OptimizerError.is(thrown, 'UNAUTHORIZED')) return thrown.suggestion
  return server.type === 'stdio' ? fixForCommand(thrown, server) : fixForAddress(thrown, server.url)
}

function fixForCommand(thrown: unknown, server: StdioServerConfig): string {
  const known = specificFix(thrown)
  if (known !== undefined) return known
  const said = messageOf(thrown)
  if (OptimizerError.is(thrown, 'UPSTREAM_TIMEOUT'))
    return /was still (?:downloading|fetching)/.test(said)
      ? 'run it by hand until it is there, or raise startTimeoutMs of this server (firstStarts.timeoutMs for all)'
      : 'start it by hand to see what it waits for, or raise startTimeoutMs'
  // A server's own words may speak of something that was not found too.
  if (said.includes(`command "${commandName(server.command)}" was not found`))
    return `install "${server.command}" or give its full path`
  if (said.includes('its working folder (cwd) was not found'))
    return `make the folder "${server.cwd ?? ''}", or correct its cwd`
  if (/: spawn .+ EACCES$/.test(said)) return `make "${server.command}" executable, or name the program that runs it`
  return `run it by hand: ${[server.command, ...(server.args ?? [])].map(shellWord).join(' ')}`
}

function fixForAddress(thrown: unknown, url: string): string {
  if (OptimizerError.is(thrown, 'UPSTREAM_TIMEOUT')) return `see why ${url} does not answer, or raise startTimeoutMs`
  if (!OptimizerError.is(thrown)) return `check that ${url} is reachable from here`
  const { reason, status } = thrown.details ?? {}
  const known = specificFix(thrown)
  if (known !== undefined) return reason === undefined ? known : `${known}: ${url}`
  if (typeof status === 'number' && status >= 500)
    return `try again later, or look into the log of ${url}: it failed itself`
  return status === undefined && thrown.code !== 'UPSTREAM_PROTOCOL'
    ? `check that ${url} is reachable from here`
    : `check the path of ${url}: something answers there, but no MCP server`
}

/** Advice that the failure itself holds, where it says more than its code does. */
function specificFix(thrown: unknown): string | undefined {
  if (!OptimizerError.is(thrown)) return undefined
  return thrown.suggestion === new OptimizerError(thrown.code, '').suggestion ? undefined : thrown.suggestion
}

/** A word that can be pasted into a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./~\\-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
