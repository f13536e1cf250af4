import type { ConfigProblem, LoadedConfig, OptimizerConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { knownSecrets } from '../config/secrets.ts'
import type { LogLevel } from '../internal/logger.ts'
import { createLog, type Log } from '../metrics/log.ts'
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
  'exact-tokens': { type: 'string' },
  'max-tokens-per-request': { type: 'string' },
  'audit-folder': { type: 'string' },
  'log-level': { type: 'string' },
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
  'enable-telemetry': 'true or false: OpenTelemetry over OTLP',
  'exact-tokens': 'true or false: tokens in metadata exactly counted, on a thread of its own',
  'max-tokens-per-request': 'tokens of one answer; more is kept behind a handle',
  'audit-folder': 'write an audit trail into this folder',
  'log-level': 'silent, error, warn, info or debug: what goes to stderr',
}

/** Loads the configuration as the command's options say; problems go to stderr, one line each. */
export async function loadFor(context: CommandContext): Promise<LoadedConfig> {
  const { cwd, env, values, stderr } = context
  const loaded = await loadConfig({ cwd, env, flags: values })
  for (const problem of loaded.problems) stderr.write(`mcp-optimizer: ${problemLine(problem)}\n`)
  return loaded
}

export interface OpenGateway {
  readonly optimizer: Optimizer
  readonly loaded: LoadedConfig
  readonly log: Log
}

/** The gateway for one command and its log; dispose the gateway. */
export async function openGateway(context: CommandContext, logLevel: LogLevel = 'error'): Promise<OpenGateway> {
  const loaded = await loadFor(context)
  const { config } = loaded
  const log = createLog({
    level: config.logLevel ?? logLevel,
    pretty: context.stderr.isTTY === true,
    secrets: [...secretsOf(config), ...knownSecrets(config)],
  })
  const optimizer = createOptimizer(config, { logger: log })
  const close = async (): Promise<void> => {
    await optimizer[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
  }
  return { optimizer: { ...optimizer, [Symbol.asyncDispose]: close }, loaded, log }
}

/** Values of the configuration that no log line may hold. */
function secretsOf({ http, servers }: OptimizerConfig): string[] {
  const ofServers = Object.values(servers).flatMap((server) =>
    server.type === 'stdio'
      ? Object.values(server.env ?? {})
      : [...Object.values(server.headers ?? {}), ...secretsInUrl(server.url)],
  )
  return [...(http.token === undefined ? [] : [http.token]), ...ofServers]
}

/** An address that is none holds nothing that could be found again. */
function secretsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { password, searchParams } = new URL(text)
  return [password, ...searchParams.values()]
}

export function problemLine({ file, path, message, expected }: ConfigProblem): string {
  return `${file}${path === '' ? '' : `: ${path}`}: ${message}; expected ${expected}`
}
