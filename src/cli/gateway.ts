import type { ConfigProblem, LoadedConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { createOptimizer, type Optimizer } from '../optimizer.ts'
import type { Command, CommandContext } from './command.ts'

/** Options of all commands that use the configuration. */
export const GATEWAY_OPTIONS: Command['options'] = {
  config: { type: 'string' },
  'cache-dir': { type: 'string' },
  'execution-mode': { type: 'string' },
  'enable-sandbox': { type: 'string' },
  'enable-caching': { type: 'string' },
  'cache-ttl-seconds': { type: 'string' },
  'compact-answers': { type: 'string' },
  'learn-output-types': { type: 'string' },
  'enable-metrics': { type: 'string' },
  'enable-telemetry': { type: 'string' },
  'max-tokens-per-request': { type: 'string' },
}

export const GATEWAY_HELP: Command['help'] = {
  config: 'configuration file (default: mcp-optimizer.json here or above, then the clients on this machine)',
  'cache-dir': 'folder for tool lists and saved intents',
  'execution-mode': 'code_execution, traditional, lazy_loading, server_side or auto',
  'enable-sandbox': 'true or false: whether programs run',
  'enable-caching': 'true or false: tool lists on disk, results of trusted servers in memory',
  'cache-ttl-seconds': 'seconds a cached result is served',
  'compact-answers': 'true or false: lists of records as tables where that saves tokens',
  'learn-output-types': 'true or false: return types from the structure of results',
  'enable-metrics': 'true or false',
  'enable-telemetry': 'true or false',
  'max-tokens-per-request': 'tokens of one answer; more is kept behind a handle',
}

/** Loads the configuration as the command's options say; problems go to stderr, one line each. */
export async function loadFor(context: CommandContext): Promise<LoadedConfig> {
  const { cwd, env, values, stderr } = context
  const loaded = await loadConfig({ cwd, env, flags: values })
  for (const problem of loaded.problems) stderr.write(`mcp-optimizer: ${problemLine(problem)}\n`)
  return loaded
}

/** The gateway for one command; dispose it. */
export async function openGateway(
  context: CommandContext,
): Promise<{ readonly optimizer: Optimizer; readonly loaded: LoadedConfig }> {
  const loaded = await loadFor(context)
  return { optimizer: createOptimizer(loaded.config), loaded }
}

export function problemLine({ file, path, message, expected }: ConfigProblem): string {
  return `${file}${path === '' ? '' : `: ${path}`}: ${message}; expected ${expected}`
}
