import { defineConfig } from './config/defaults.ts'
import type { PartialConfig } from './config/partial-config.ts'
import type { Answer, CodeRequest, IntentRequest, Manifest, RequestContext, Settled } from './engine/engine.ts'
import { createOptimizer, type Optimizer, type OptimizerParts } from './optimizer.ts'

/** A configuration in which everything may be left out, and in-memory servers beside the configured ones. */
export interface CodeExecutorOptions extends PartialConfig {
  /** Servers beside the configured ones, e.g. `createMemoryUpstream(…)`. */
  readonly upstreams?: OptimizerParts['upstreams']
}

/**
 * The gateway as the project's specification names it; a thin face of {@link createOptimizer}.
 *
 * @example
 * await using executor = new CodeExecutor({
 *   servers: { files: { type: 'stdio', command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '.'] } },
 *   features: { maxTokensPerRequest: 2_000 },
 * })
 * const answer = await executor.executeIntent('files.list_directory', { path: '.' })
 */
export class CodeExecutor implements AsyncDisposable {
  /** The gateway behind it. */
  readonly optimizer: Optimizer

  /** `parts` are those of `createOptimizer`; upstreams of both are there. Throws `CONFIG_INVALID`. */
  constructor(options: CodeExecutorOptions = {}, parts: OptimizerParts = {}) {
    const { upstreams = [], ...config } = options
    const all = [...upstreams, ...(parts.upstreams ?? [])]
    this.optimizer = createOptimizer(defineConfig(config), { ...parts, upstreams: all })
  }

  /** Runs an intent, or a tool by its id `server.tool`. Never rejects: see `status` of the answer. */
  async executeIntent<T = unknown>(
    intent: string,
    params: Readonly<Record<string, unknown>> = {},
    context: RequestContext = {},
  ): Promise<Answer<T>> {
    return await this.optimizer.executeIntent<T>({ intent, params }, context)
  }

  /** Runs several intents in one sandbox; `data` holds one settled result each, in order. */
  async executeBatch(
    requests: readonly IntentRequest[],
    context: RequestContext = {},
  ): Promise<Answer<readonly Settled[]>> {
    return await this.optimizer.executeBatch({ requests }, context)
  }

  /** Runs TypeScript: the body of an async function that sees `tools`, `intents`, `results`, `params`, `console`. */
  async execute<T = unknown>(
    code: string,
    options: Omit<CodeRequest, 'code'> = {},
    context: RequestContext = {},
  ): Promise<Answer<T>> {
    return await this.optimizer.execute<T>({ code, ...options }, context)
  }

  /** The specification's manifest; complete once the intents were read. */
  async discover(): Promise<Manifest> {
    await this.optimizer.ready()
    return this.optimizer.discover()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.optimizer[Symbol.asyncDispose]()
  }
}
