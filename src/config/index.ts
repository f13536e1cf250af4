// `mcp-optimizer/config`: configurations made, found and checked. The public names, one by one.
export { ERROR_CODES, type ErrorBody, type ErrorCode, OptimizerError } from '../errors.ts'
export type {
  ConfigProblem,
  HttpServerConfig,
  LoadedConfig,
  OptimizerConfig,
  ServerConfig,
  SkippedServer,
  StdioServerConfig,
} from './config.ts'
export { defineConfig } from './defaults.ts'
export { type ExecutionMode, FeatureFlags } from './features.ts'
export { loadConfig, type LoadOptions } from './load.ts'
export type { PartialConfig, PartialServer } from './partial-config.ts'
