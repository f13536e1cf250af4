import { z } from 'zod'

/** Shapes of `mcp-optimizer.json`; the JSON Schema that ships is made from them. */
const common = {
  description: z.string().optional().describe('One line for people and for search'),
  disabled: z.boolean().optional().describe('Not started and not shown'),
  timeoutMs: z.int().min(1).optional().describe('Milliseconds without an answer or progress; default 30000'),
  startTimeoutMs: z.int().min(1).optional().describe('Milliseconds to start and answer the handshake; default 30000'),
  idleMs: z
    .int()
    .min(0)
    .optional()
    .describe('Milliseconds without a call after which the server is stopped; 0 = never; default 300000'),
  include: z.array(z.string()).optional().describe('Tools to show; * matches any text'),
  exclude: z.array(z.string()).optional().describe('Tools to hide'),
  trustHints: z
    .boolean()
    .optional()
    .describe('Believe readOnlyHint and idempotentHint of this server, e.g. for caching'),
}

export const stdioServerSchema: z.ZodObject = z
  .strictObject({
    type: z.literal('stdio').optional(),
    command: z.string().min(1).describe('Program to start'),
    args: z.array(z.string()).optional(),
    env: z
      .record(z.string(), z.string())
      .optional()
      .describe('Added to a small default environment; ${VAR} and ${VAR:-default} are expanded'),
    cwd: z.string().optional(),
    ...common,
  })
  .describe('A server started as a child process')

export const httpServerSchema: z.ZodObject = z
  .strictObject({
    type: z.enum(['http', 'sse']).optional().describe('http (default): streamable HTTP, then SSE; sse: SSE alone'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the server'),
    headers: z.record(z.string(), z.string()).optional(),
    ...common,
  })
  .describe('A server reached over HTTP')

const featuresSchema = z.strictObject({
  executionMode: z.enum(['code_execution', 'traditional', 'lazy_loading', 'server_side', 'auto']).optional(),
  enableSandbox: z.boolean().optional().describe('false: no program runs; default true'),
  enableCaching: z
    .boolean()
    .optional()
    .describe('Tool lists on disk, results of trusted read-only tools in memory; default true'),
  cacheTtlSeconds: z.number().min(0).optional().describe('Seconds a cached result is served; default 300'),
  enableMetrics: z.boolean().optional(),
  enableTelemetry: z.boolean().optional().describe('OpenTelemetry; not available yet'),
  maxTokensPerRequest: z
    .int()
    .min(100)
    .optional()
    .describe('Tokens of one answer; more is kept behind a handle; default 4000'),
})

const processSchema = z.strictObject({
  engine: z
    .enum(['quickjs', 'v8'])
    .optional()
    .describe('quickjs (default): the engine of wasm in a jail; v8: plain Node.js, one process a program'),
  packages: z.array(z.string().min(1)).optional().describe('npm packages that programs may require; v8 only'),
  packagesFolder: z.string().optional().describe('Folder that the packages are looked for in'),
})

const dockerSchema = z.strictObject({
  socketPath: z.string().min(1).optional().describe('Socket of Docker or Podman; default DOCKER_HOST or the usual one'),
  image: z.string().min(1).optional().describe('Made by "mcp-optimizer sandbox-image" or deploy/sandbox.Dockerfile'),
  containerMemoryMb: z.int().min(128).optional().describe('Memory of a container; default 768'),
  cpus: z.number().min(0.1).optional().describe('Cores of a container; default 2'),
  pids: z.int().min(32).optional().describe('Processes and threads of a container; default 64'),
  user: z
    .string()
    .regex(/^[1-9]\d*:\d+$/)
    .optional()
    .describe('uid:gid inside, not root; default 65534:65534'),
  runtime: z.string().min(1).optional().describe('An OCI runtime that the engine knows, e.g. runsc'),
  usesPerContainer: z.int().min(1).optional().describe('Programs after which a container is replaced; default 10000'),
})

const sandboxSchema = z.strictObject({
  backend: z
    .enum(['wasm', 'process', 'docker'])
    .optional()
    .describe('wasm (default): worker threads; process: a jailed subprocess; docker: hardened containers'),
  poolSize: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('Worker threads, default the number of cores, 2 to 8; v8 processes, default 8; containers, default 2'),
  process: processSchema.optional(),
  docker: dockerSchema.optional(),
  timeoutMs: z.int().min(1).optional().describe('Milliseconds of a program; default 30000'),
  maxTimeoutMs: z.int().min(1).optional().describe('Milliseconds a request may ask for; default 300000'),
  memoryMb: z.int().min(8).max(2048).optional().describe('Memory of a program; default 64'),
})

const httpSchema = z.strictObject({
  host: z.string().optional().describe('default 127.0.0.1'),
  port: z.int().min(0).max(65_535).optional().describe('default 7331'),
  token: z.string().min(1).optional().describe('Bearer token; required unless the host is loopback'),
  allowedHosts: z.array(z.string()).optional(),
  allowedOrigins: z.array(z.string()).optional(),
  maxBodyBytes: z.int().min(1_024).optional(),
})

export const fileSchema: z.ZodObject = z.strictObject({
  $schema: z.string().optional(),
  servers: z
    .record(z.string(), z.union([stdioServerSchema, httpServerSchema]))
    .optional()
    .describe('The MCP servers behind the gateway, by name'),
  mcpServers: z
    .record(z.string(), z.union([stdioServerSchema, httpServerSchema]))
    .optional()
    .describe('Another name for servers'),
  import: z
    .union([z.boolean(), z.array(z.string())])
    .optional()
    .describe('true: servers of all clients found on this machine; or names of clients'),
  features: featuresSchema.optional(),
  intents: z.array(z.string()).optional().describe('Folders or files with intents'),
  packs: z
    .record(z.string(), z.union([z.string(), z.literal(false)]))
    .optional()
    .describe('Pack → name of the server it uses; false switches it off'),
  sandbox: sandboxSchema.optional(),
  http: httpSchema.optional(),
  compact: z.boolean().optional().describe('Offer search and execute_code alone'),
  cacheDir: z.string().optional().describe('Folder for tool lists and saved intents'),
})

/** The JSON Schema of the configuration file. */
export function configJsonSchema(): object {
  return { title: 'mcp-optimizer configuration', ...z.toJSONSchema(fileSchema) }
}
