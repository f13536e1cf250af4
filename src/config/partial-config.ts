import type {
  AuditConfig,
  CacheConfig,
  FirstStartsConfig,
  HttpConfig,
  HttpServerConfig,
  OptimizerConfig,
  ResultsConfig,
  SandboxConfig,
  SearchConfig,
  SessionsConfig,
  StdioServerConfig,
  TelemetryConfig,
} from './config.ts'
import type { ListLimits } from '../upstream/list-budget.ts'
import type { FeatureFlags } from './features.ts'

/** A server whose `type` its `command` or `url` tells. */
export type PartialServer =
  | (Omit<StdioServerConfig, 'type'> & Partial<Pick<StdioServerConfig, 'type'>>)
  | (Omit<HttpServerConfig, 'type'> & Partial<Pick<HttpServerConfig, 'type'>>)

/** A configuration in which everything may be left out. */
export interface PartialConfig extends Partial<
  Omit<
    OptimizerConfig,
    | 'servers'
    | 'features'
    | 'firstStarts'
    | 'sandbox'
    | 'cache'
    | 'http'
    | 'search'
    | 'sessions'
    | 'results'
    | 'toolLists'
    | 'audit'
    | 'telemetry'
    | 'logins'
  >
> {
  /** By the name that comes first in the ids of their tools. */
  readonly servers?: Readonly<Record<string, PartialServer>>
  readonly features?: Partial<FeatureFlags>
  readonly firstStarts?: Partial<FirstStartsConfig>
  readonly sandbox?: Partial<SandboxConfig>
  readonly cache?: Partial<CacheConfig>
  readonly http?: Partial<HttpConfig>
  readonly search?: Partial<SearchConfig>
  readonly sessions?: Partial<SessionsConfig>
  readonly results?: Partial<ResultsConfig>
  readonly toolLists?: Partial<ListLimits>
  readonly audit?: Partial<AuditConfig>
  readonly telemetry?: Partial<TelemetryConfig>
  readonly logins?: Partial<OptimizerConfig['logins']>
}
