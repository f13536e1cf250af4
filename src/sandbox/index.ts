// `mcp-optimizer/sandbox`: programs that nobody has to trust, without the gateway. The public names, one by one.
export { ERROR_CODES, type ErrorBody, type ErrorCode, OptimizerError } from '../errors.ts'
export { createSandboxBackend, type DockerSettings, type SandboxSettings } from './create.ts'
export {
  defineTool,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type TypedTool,
} from './define-tool.ts'
export type { ExecuteOptions, Execution, ExecutionCost, HostTool, SecureSandboxOptions } from './execution.ts'
export {
  type CreateOptions,
  DEFAULT_LIMITS,
  type GuestAlias,
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
} from './sandbox.ts'
export { SecureSandbox } from './secure-sandbox.ts'
export type { Wall } from './walls.ts'
