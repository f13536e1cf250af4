import type { Command, ValueKind } from './command.ts'

/** Options of all commands that use the configuration. */
export const GATEWAY_OPTIONS: Command['options'] = {
  config: { type: 'string' },
  profile: { type: 'string' },
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
  profile: 'only what this profile of the configuration allows',
  'cache-dir': 'folder for tool lists and saved intents',
  'execution-mode': 'how agents get at tools, told apart by mcp-optimizer help modes',
  'enable-sandbox': 'whether programs run',
  'enable-caching': 'tool lists on disk, results of trusted servers in memory',
  'cache-ttl-seconds': 'seconds a cached result is served',
  'compact-answers': 'lists of records as tables where that saves tokens',
  'learn-output-types': 'return types from the structure of results',
  'enable-metrics': 'figures for Prometheus and the dashboard',
  'enable-telemetry': 'OpenTelemetry over OTLP',
  'exact-tokens': 'tokens in metadata exactly counted, on a thread of its own',
  'max-tokens-per-request': 'tokens of one answer; more is kept behind a handle',
  'audit-folder': 'write an audit trail into this folder',
  'log-level': 'what goes to stderr',
}

const TRUE_OR_FALSE = ['true', 'false']

export const GATEWAY_VALUES: Readonly<Record<string, ValueKind>> = {
  config: 'FILE',
  profile: 'NAME',
  'cache-dir': 'FOLDER',
  'execution-mode': ['code_execution', 'traditional', 'lazy_loading', 'server_side', 'auto'],
  'enable-sandbox': TRUE_OR_FALSE,
  'enable-caching': TRUE_OR_FALSE,
  'cache-ttl-seconds': 'N',
  'compact-answers': TRUE_OR_FALSE,
  'learn-output-types': TRUE_OR_FALSE,
  'enable-metrics': TRUE_OR_FALSE,
  'enable-telemetry': TRUE_OR_FALSE,
  'exact-tokens': TRUE_OR_FALSE,
  'max-tokens-per-request': 'N',
  'audit-folder': 'FOLDER',
  'log-level': ['silent', 'error', 'warn', 'info', 'debug'],
}
