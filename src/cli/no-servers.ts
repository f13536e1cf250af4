import type { LoadedConfig } from '../config/config.ts'
import type { CommandContext } from './command.ts'

/** What to do where nothing is configured. */
export const NO_SERVERS_ADVICE =
  'run mcp-optimizer setup, which finds the servers of the MCP clients on this machine, or write them into mcp-optimizer.json'

/** True where no server is configured, which is then said on stderr: an empty answer explains nothing. */
export function saysNoServers(
  { stderr }: Pick<CommandContext, 'stderr'>,
  { config, sources, leftOut }: LoadedConfig,
): boolean {
  if (Object.keys(config.servers).length > 0) return false
  // That they wait for approval was said where the configuration was read.
  if (leftOut.length > 0) return true
  stderr.write(`no server is configured (${filesRead(sources)}); next: ${NO_SERVERS_ADVICE}\n`)
  return true
}

/** Which files were read, for people. */
export function filesRead(sources: readonly string[]): string {
  const files = [...new Set(sources)]
  return files.length === 0 ? 'no configuration was found' : `read: ${files.join(', ')}`
}
