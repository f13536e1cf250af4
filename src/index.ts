// The public names, one by one: adding one is a decision.
export type { Catalog, CatalogProblem, CatalogServer, CatalogTool, Intent } from './catalog/catalog.ts'
export type { CacheStats } from './cache/cache.ts'
export { CodeExecutor, type CodeExecutorOptions } from './code-executor.ts'
export { defineConfig } from './config/defaults.ts'
export type { PartialConfig, PartialServer } from './config/partial-config.ts'
export { type ExecutionMode, FeatureFlags } from './config/features.ts'
export type { LoadOptions } from './config/load.ts'
export type {
  ConfigProblem,
  HttpServerConfig,
  LoadedConfig,
  OptimizerConfig,
  ServerConfig,
  StdioServerConfig,
} from './config/config.ts'
export type {
  Answer,
  AnswerMetadata,
  AnswerWithData,
  BatchRequest,
  CodeRequest,
  Definition,
  DescribeRequest,
  Engine,
  ErrorAnswer,
  IntentRequest,
  ListRequest,
  Manifest,
  Preview,
  PreviewAnswer,
  RequestContext,
  SearchRequest,
  Settled,
  ToolRequest,
  UnknownName,
  WholeAnswer,
} from './engine/engine.ts'
export { isPreview } from './engine/is-preview.ts'
export type { Embedder } from './embed/embedder.ts'
export type { Logger, LogLevel } from './internal/logger.ts'
export { ERROR_CODES, type ErrorBody, type ErrorCode, OptimizerError } from './errors.ts'
export type { Receipt, SessionReceipt } from './context/receipts.ts'
export { loadConfig, openDashboard, openMonitor, openSurface, serveHttp, serveStdio } from './library/doors.ts'
export { MetricsCollector } from './metrics/collector.ts'
export type { MetricsSink, OperationRecord } from './metrics/metrics.ts'
export { createOptimizer, type Optimizer, type OptimizerParts } from './optimizer.ts'
export type { DockerSettings, SandboxSettings } from './sandbox/create.ts'
export {
  DEFAULT_LIMITS,
  type CreateOptions,
  type GuestError,
  type GuestFunction,
  type GuestModule,
  type HostCall,
  type Layer,
  type Outcome,
  type OutcomeStatus,
  type Program,
  type Replay,
  type Sandbox,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
  type SandboxStats,
  type StandingWall,
} from './sandbox/sandbox.ts'
export {
  defineTool,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type TypedTool,
} from './sandbox/define-tool.ts'
export type { ExecuteOptions, Execution, ExecutionCost, HostTool, SecureSandboxOptions } from './sandbox/execution.ts'
export { SecureSandbox } from './sandbox/secure-sandbox.ts'
export type { HttpMonitor } from './surface/http/monitor-endpoints.ts'
export type { Pages } from './surface/http/pages.ts'
export type { HttpServerOptions, HttpService } from './surface/http/server.ts'
export type { StdioOptions } from './surface/stdio.ts'
export { createSurface, type Surface, type SurfaceMode, type SurfaceOptions } from './surface/surface.ts'
export { createMemoryUpstream, type MemoryTool } from './upstream/memory.ts'
export type { CallOptions, ToolDefinition, ToolResult, Upstream, UpstreamStatus } from './upstream/upstream.ts'

// What public types refer to.
export type { Access, AccessRule, Effects } from './access/access.ts'
export type { JwtOptions } from './access/jwt.ts'
export type { NameIndex } from './catalog/resolve-name.ts'
export type { OutputReport } from './catalog/output-types.ts'
export type { OutputOf } from './catalog/search/answer-text.ts'
export type {
  AuditConfig,
  CacheConfig,
  FirstStartsConfig,
  HttpConfig,
  ProjectIntents,
  ResultsConfig,
  SandboxConfig,
  SearchConfig,
  SessionsConfig,
  SkippedServer,
  TelemetryConfig,
} from './config/config.ts'
export type { LeftOut } from './config/trust/gate.ts'
export type { ResultOwner, StoredResult } from './context/results.ts'
export type { TextKind } from './embed/embedder.ts'
export type { Offers } from './engine/offers/offers.ts'
export type { ErrorOptions } from './errors.ts'
export type { JsonObject } from './internal/json.ts'
export type { LoopDelayReading } from './metrics/loop-delay.ts'
export type { Stage } from './metrics/metrics.ts'
export type { Prometheus } from './metrics/prometheus.ts'
export type { Observation } from './observation.ts'
export type { GuestAlias } from './sandbox/sandbox.ts'
export type { Wall } from './sandbox/walls.ts'
export type { Dashboard, DashboardOptions } from './surface/ui/dashboard.ts'
export type { EngineSource } from './surface/dispatch.ts'
export type { HttpFrontOptions } from './surface/http/front.ts'
export type { OwnTool } from './surface/own-tools.ts'
export type { ShownTools } from './surface/shown-tools.ts'
export type { ExactCounter } from './tokens/exact-counter.ts'
export type { AuthSettings } from './upstream/auth/settings.ts'
export type { StorePlace } from './upstream/auth/token-store.ts'
export type { EnvironmentScope } from './upstream/child-environment.ts'
export type { ServerOffers } from './upstream/offers.ts'
export type { ContentBlock, Progress, ToolAnnotations, UpstreamState } from './upstream/upstream.ts'
