import { createRequire } from 'node:module'
import type * as zod from 'zod'
import { LOG_LEVELS } from '../internal/logger.ts'
import { WALLS } from '../sandbox/walls.ts'

// As CommonJS: `defineConfig` loads this file at once, also while others are still importing zod.
const { z } = createRequire(import.meta.url)('zod') as typeof zod

/** Shapes of `mcp-optimizer.json`; the JSON Schema that ships is made from them. */
const common = {
  description: z.string().optional().describe('One line for people and for search'),
  disabled: z.boolean().optional().describe('Not started and not shown'),
  timeoutMs: z.int().min(1).optional().describe('Milliseconds without an answer or progress; default 30000'),
  startTimeoutMs: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Milliseconds to start and answer the handshake; default 30000, firstStarts.timeoutMs where it has to be fetched first',
    ),
  idleMs: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Milliseconds without a call after which the server is stopped; 0 = never; default a day after its last call, 300000 where none of its tools was called',
    ),
  include: z.array(z.string()).optional().describe('Tools to show; * matches any text'),
  exclude: z.array(z.string()).optional().describe('Tools to hide'),
  trustHints: z
    .boolean()
    .optional()
    .describe('Believe readOnlyHint of this server: such calls are cached, and repeated after a fault'),
}

const environmentSchema = z.enum(['all', 'minimal'])

export const stdioServerSchema: zod.ZodObject = z
  .strictObject({
    type: z.literal('stdio').optional(),
    command: z.string().min(1).describe('Program to start'),
    args: z.array(z.string()).optional(),
    env: z
      .record(z.string(), z.string())
      .optional()
      .describe("Added to what the server gets of the gateway's environment; ${VAR} and ${VAR:-default} are expanded"),
    cwd: z.string().optional(),
    environment: environmentSchema.optional().describe('Instead of that of all servers'),
    ...common,
  })
  .describe('A server started as a child process')

const scopes = z.array(z.string().min(1)).optional().describe('Scopes to ask for; default those that the server names')
const issuer = z
  .url({ protocol: /^https?$/ })
  .optional()
  .describe('The authorization server; default the first that the server names')
const clientSecret = z.string().min(1).optional().describe('${VAR} and ${file:PATH} are expanded')

const authSchemas = [
  z
    .strictObject({
      type: z.literal('oauth'),
      clientId: z.string().min(1).optional().describe('A client registered by hand; default: the login registers one'),
      clientSecret,
      clientMetadataUrl: z
        .url({ protocol: /^https$/ })
        .optional()
        .describe('Client metadata document, where the authorization server takes one in place of a registration'),
      scopes,
      redirectUri: z
        .url({ protocol: /^http$/, hostname: /^(?:127\.0\.0\.1|localhost|\[::1\])$/ })
        .optional()
        .describe('Where the browser comes back to; default http://127.0.0.1:PORT/callback with a free port'),
      issuer,
    })
    .describe('A person logs in once with mcp-optimizer login'),
  z
    .strictObject({
      type: z.literal('client_credentials'),
      clientId: z.string().min(1),
      clientSecret,
      privateKey: z.string().min(1).optional().describe('PEM (PKCS 8) in place of a secret; ${file:PATH} is expanded'),
      algorithm: z.string().min(1).optional().describe('Of its signature; default RS256'),
      scopes,
      issuer,
    })
    .describe('The gateway itself is the client; nobody is asked'),
  z
    .strictObject({
      type: z.literal('bearer'),
      token: z.string().min(1).describe('${VAR} and ${file:PATH} are expanded'),
    })
    .describe('A token that was made elsewhere'),
  z.strictObject({ type: z.literal('none') }).describe('No login is looked for'),
] as const

export const httpServerSchema: zod.ZodObject = z
  .strictObject({
    type: z.enum(['http', 'sse']).optional().describe('http (default): streamable HTTP, then SSE; sse: SSE alone'),
    url: z.url({ protocol: /^https?$/ }).describe('Address of the server'),
    headers: z.record(z.string(), z.string()).optional(),
    auth: z
      .discriminatedUnion('type', authSchemas)
      .optional()
      .describe('How it is logged in to; default: as it asks, unless headers have an Authorization'),
    ...common,
  })
  .describe('A server reached over HTTP')

const firstStartsSchema = z
  .strictObject({
    atOnce: z.int().min(1).max(16).optional().describe('Packages that are installed at once; default 2'),
    timeoutMs: z.int().min(1).optional().describe('Milliseconds of such a start; default 180000'),
  })
  .describe('Starts for which npx, uvx, docker run or the like has to fetch the server')

const featuresSchema = z.strictObject({
  executionMode: z
    .enum(['code_execution', 'traditional', 'lazy_loading', 'server_side', 'auto'])
    .optional()
    .describe('How agents get at tools; default code_execution'),
  enableSandbox: z.boolean().optional().describe('false: no program runs; default true'),
  enableCaching: z
    .boolean()
    .optional()
    .describe('Tool lists on disk, results of read-only tools as section cache says; default true'),
  cacheTtlSeconds: z.number().min(0).optional().describe('Seconds a cached result is served; default 300'),
  compactAnswers: z
    .boolean()
    .optional()
    .describe('Lists of records in answers for models as tables where that saves tokens; default true'),
  learnOutputTypes: z
    .boolean()
    .optional()
    .describe('Return types of tools without an output schema, from the structure of their results; default true'),
  enableMetrics: z.boolean().optional(),
  enableTelemetry: z.boolean().optional().describe('OpenTelemetry over OTLP; default false'),
  exactTokens: z
    .boolean()
    .optional()
    .describe(
      'Tokens in metadata counted exactly (cl100k_base), on a thread of its own; needs gpt-tokenizer; default false',
    ),
  maxTokensPerRequest: z
    .int()
    .min(100)
    .optional()
    .describe('Tokens of one answer; more is kept behind a handle; default 4000'),
})

// What this section may not hold any more is refused where the backend is made: a section that is dropped here would
// leave programs behind the weakest wall.
const processSchema = z.looseObject({
  engine: z.string().optional().describe('quickjs, the only engine: leave it out'),
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
    .describe('Worker threads, default the number of cores, 2 to 8; containers, default 2'),
  poolMin: z
    .int()
    .min(0)
    .max(64)
    .optional()
    .describe('Of them started with the gateway and kept warm; default 0: they start with the first program'),
  require: z
    .enum(WALLS)
    .optional()
    .describe(
      'The least wall around programs, else they are refused: engine, permissions, user, namespaces, container; default none',
    ),
  process: processSchema.optional(),
  docker: dockerSchema.optional(),
  timeoutMs: z.int().min(1).optional().describe('Milliseconds of a program; default 30000'),
  maxTimeoutMs: z.int().min(1).optional().describe('Milliseconds a request may ask for; default 300000'),
  memoryMb: z.int().min(8).max(2048).optional().describe('Memory of a program; default 64'),
  typeCheck: z
    .enum(['off', 'saved', 'all'])
    .optional()
    .describe(
      'Check types before: saved (default) = code is kept as an intent; all = any code runs. Needs the package typescript',
    ),
})

const prefixes = {
  queryPrefix: z.string().optional().describe('Put before each query, as some models want'),
  documentPrefix: z.string().optional().describe('Put before each tool, as some models want'),
}
const serviceUrl = z.url({ protocol: /^https?$/ })

const embedderSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('openai'),
      url: serviceUrl.describe('Base of the API, e.g. https://api.openai.com/v1'),
      model: z.string().min(1),
      apiKey: z.string().optional().describe('${VAR} is expanded'),
      dimensions: z.int().min(1).optional().describe('For models that can shorten their vectors'),
      ...prefixes,
    })
    .describe("A service with OpenAI's POST /embeddings"),
  z
    .strictObject({
      type: z.literal('tei'),
      url: serviceUrl,
      apiKey: z.string().optional().describe('${VAR} is expanded'),
      model: z.string().optional().describe('Names the model, so that its vectors are kept apart'),
      ...prefixes,
    })
    .describe('text-embeddings-inference'),
  z
    .strictObject({
      type: z.literal('transformers'),
      model: z.string().min(1).describe('A feature-extraction model with ONNX weights'),
      dtype: z.string().optional(),
      device: z.string().optional(),
      ...prefixes,
    })
    .describe('In this process; needs the package @huggingface/transformers'),
])

const searchSchema = z.strictObject({
  learn: z
    .boolean()
    .optional()
    .describe('Tools that were executed after a search rank higher for queries alike; default true'),
  embedder: embedderSchema.optional().describe('Mixes in what a model of meaning says'),
  waitMs: z.int().min(0).max(10_000).optional().describe('Milliseconds a search waits for the embedder; default 500'),
})

const redisSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^rediss?$/ })
      .optional()
      .describe('redis://host:6379; rediss:// with TLS'),
    nodes: z
      .array(z.string().regex(/^(\[[\da-fA-F:]+\]|[^:\s]+):\d{1,5}$/))
      .min(1)
      .optional()
      .describe('host:port of some nodes of a cluster'),
    username: z.string().optional(),
    password: z.string().optional().describe('${VAR} is expanded'),
    tls: z
      .union([
        z.boolean(),
        z.strictObject({
          caFile: z.string().optional(),
          certFile: z.string().optional(),
          keyFile: z.string().optional(),
        }),
      ])
      .optional()
      .describe('true, or PEM files'),
    tenant: z
      .string()
      .regex(/^[\w.-]{1,64}$/)
      .optional()
      .describe('Gateways of one tenant share answers and must have the same servers; default mcp-optimizer'),
  })
  .refine(({ url, nodes }) => (url === undefined) !== (nodes === undefined), 'found url and nodes, or none of them')

const cacheSchema = z.strictObject({
  memoryBytes: z.int().min(1_048_576).optional().describe('Bytes of results in memory; default 33554432'),
  disk: z.boolean().optional().describe('Keep results under cacheDir too; default true'),
  diskBytes: z.int().min(1_048_576).optional().describe('Bytes of results on disk; default 268435456'),
  redis: redisSchema.optional().describe('Shared with other gateways; needs the package ioredis'),
  cacheable: z
    .array(z.string())
    .optional()
    .describe('Tools (server.tool) that only read, beside those of servers with trustHints; * matches any text'),
  ttlSeconds: z
    .record(z.string(), z.number().min(0))
    .optional()
    .describe('Seconds by pattern of tools, instead of cacheTtlSeconds; 0 = never kept'),
  idempotencySeconds: z
    .number()
    .min(1)
    .optional()
    .describe('Seconds that the answer to a request with an idempotency key is kept; default 86400'),
})

const sessionsSchema = z.strictObject({
  store: z
    .enum(['memory', 'disk', 'redis'])
    .optional()
    .describe('memory (default); disk survives restarts; redis is for several gateways'),
  redis: z
    .array(z.string().regex(/^rediss?:\/\//, 'wanted redis:// or rediss://'))
    .optional()
    .describe('Address of Redis; several: nodes of a Cluster; default: that of section cache'),
  key: z
    .string()
    .min(16)
    .optional()
    .describe('Signs the handles of sessions; default: made once and kept in the store'),
  ttlSeconds: z.int().min(1).optional().describe('Seconds a session is kept after its last use; default 86400'),
  maxBytes: z.int().min(1_024).optional().describe("Bytes of one session's state; default 262144"),
})

const resultsSchema = z.strictObject({
  ttlSeconds: z.int().min(1).optional().describe('Seconds a stored result is kept after its last use; default 3600'),
  maxSessionBytes: z.int().min(1_024).optional().describe('Bytes of the results of one session; default 33554432'),
  maxPrincipalBytes: z
    .int()
    .min(1_024)
    .optional()
    .describe('Bytes of the results of all sessions of one principal; default 268435456'),
  maxMemoryBytes: z.int().min(1_024).optional().describe('Bytes of results and state in memory; default 67108864'),
  maxInFlightBytes: z
    .int()
    .min(1_048_576)
    .optional()
    .describe('Bytes of large answers of servers that are read at once; default 134217728'),
  maxDiskBytes: z.int().min(1_024).optional().describe('Bytes of results and state on disk; default 1073741824'),
  exportDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The only folder that results.export writes into; default: exports in cacheDir, for the local user alone',
    ),
})

const toolListsSchema = z.strictObject({
  maxTools: z.int().min(1).optional().describe('Tools of one server; default 10000'),
  maxToolChars: z.int().min(1_000).optional().describe('Characters of the definition of one tool; default 1000000'),
  maxChars: z.int().min(1_000).optional().describe("Characters of one server's list; default 12000000"),
  maxAllChars: z.int().min(1_000).optional().describe('Characters of the lists of all servers; default 48000000'),
})

const jwtSchema = z
  .strictObject({
    issuer: serviceUrl.describe('iss of its tokens; its metadata is below this address'),
    audience: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe('aud of tokens for this gateway: of those for others none is taken'),
    jwksUri: serviceUrl.optional().describe('Address of its keys; default the one that its metadata names'),
    scopes: z
      .record(z.string().min(1), z.enum(['read', 'write', 'destructive']))
      .optional()
      .describe('What a scope allows; default mcp:read, mcp:write, mcp:destructive'),
    askFor: z
      .array(z.string().min(1))
      .optional()
      .describe('Scopes that clients are told to ask for; default none: the authorization server decides'),
    clockSkewSeconds: z.int().min(0).max(300).optional().describe('Seconds its clock may be off; default 60'),
  })
  .describe('An authorization server whose tokens (JWT) are taken')

const httpSchema = z.strictObject({
  host: z.string().optional().describe('default 127.0.0.1'),
  port: z.int().min(0).max(65_535).optional().describe('default 7331'),
  token: z.string().min(1).optional().describe('Bearer token; required unless the host is loopback'),
  tokens: z
    .string()
    .min(1)
    .optional()
    .describe('File of the tokens that mcp-optimizer token makes; default tokens.json in the configuration folder'),
  jwt: jwtSchema.optional(),
  publicUrl: serviceUrl.optional().describe('Where clients reach this front; told to those that log in'),
  allowedHosts: z.array(z.string()).optional(),
  allowedOrigins: z.array(z.string()).optional(),
  maxBodyBytes: z.int().min(1_024).optional().describe('Bytes of one request; default 4194304'),
  maxBodyValues: z
    .int()
    .min(1_000)
    .optional()
    .describe('Values in the JSON of one request, those inside of others too; default 1000000'),
  openMetrics: z.boolean().optional().describe('Answer /metrics without the token; default false'),
  dashboard: z.boolean().optional().describe('Pages for people at /ui, behind a login; default false'),
  maxLoopDelayMs: z.int().min(1).optional().describe('Event-loop delay above which /readyz says no; default 500'),
})

const profileSchema = z.strictObject({
  servers: z.array(z.string().min(1)).optional().describe('Only these servers; * matches any text'),
  tools: z
    .array(z.string().min(1))
    .optional()
    .describe('Only these tools (server.tool) and intents; * matches any text'),
  effects: z
    .enum(['read', 'write', 'destructive'])
    .optional()
    .describe('read: only tools that say they read; write: none that destroys; default destructive'),
})

const auditSchema = z
  .strictObject({
    enabled: z.boolean().optional().describe('default false'),
    required: z
      .boolean()
      .optional()
      .describe('A call that may act is refused unless the trail has a line of it before; default false'),
    folder: z.string().min(1).optional().describe('default "audit" in the cache folder'),
    maxFileBytes: z.int().min(65_536).optional().describe('Size at which the next file is begun; default 16777216'),
    maxFiles: z.int().min(2).max(10_000).optional().describe('Files kept; default 10'),
    arguments: z
      .enum(['digest', 'redacted'])
      .optional()
      .describe('redacted: arguments too, without secrets; default digest'),
    redact: z.array(z.string().min(1)).optional().describe('Further keys to redact; * matches any text'),
  })
  .describe('The audit trail: a line for each operation and each call of a tool')

const telemetrySchema = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('OTLP/HTTP collector; default http://localhost:4318'),
    maxTracesPerSecond: z
      .number()
      .min(0)
      .optional()
      .describe('New traces that are recorded, a second at most; default 10'),
    metricIntervalMs: z.int().min(100).optional().describe('Between two exports of metrics; default 60000'),
  })
  .describe('OpenTelemetry, where features.enableTelemetry is on')

const loginsSchema = z
  .strictObject({
    folder: z.string().min(1).optional().describe("Folder that they are kept in; default: in the user's data folder"),
    keychain: z
      .boolean()
      .optional()
      .describe('Encrypt them with a key of the OS keychain where @napi-rs/keyring is installed; default true'),
  })
  .describe('Logins to servers (mcp-optimizer login)')

export const fileSchema: zod.ZodObject = z.strictObject({
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
  environment: environmentSchema
    .optional()
    .describe(
      "What started servers get of the gateway's environment: all of it (default) or a minimal set (HOME, PATH, …); never secrets of the gateway itself",
    ),
  firstStarts: firstStartsSchema.optional(),
  intents: z.array(z.string()).optional().describe('Folders or files with intents'),
  packs: z
    .record(z.string(), z.union([z.string(), z.literal(false)]))
    .optional()
    .describe('Pack → name of the server it uses; false switches it off'),
  sandbox: sandboxSchema.optional(),
  cache: cacheSchema.optional().describe('Results of tools that only read'),
  audit: auditSchema.optional(),
  telemetry: telemetrySchema.optional(),
  logLevel: z.enum(LOG_LEVELS).optional().describe('What goes to stderr; default info over HTTP, warn over stdio'),
  http: httpSchema.optional(),
  search: searchSchema.optional(),
  sessions: sessionsSchema.optional().describe('What is kept for agents between their calls'),
  results: resultsSchema.optional().describe('Results that are too large to answer'),
  toolLists: toolListsSchema.optional().describe('What the tool lists of servers may have at most'),
  compact: z.boolean().optional().describe('Offer search and execute_code alone'),
  pinned: z
    .array(z.string())
    .optional()
    .describe('Tools (server.tool, * matches any text) that are offered as tools of their own in every mode'),
  logins: loginsSchema.optional(),
  profiles: z
    .record(z.string().regex(/^[\w.-]{1,60}$/), profileSchema)
    .optional()
    .describe('Parts of the catalog by name, for /mcp/p/NAME, token create --profile NAME and --profile NAME'),
  cacheDir: z
    .string()
    .optional()
    .describe('Folder for tool lists, results, vectors, what search has learned, and saved intents'),
})

/** Keys that section `auth` of a server may have. */
export function authKeys(): string[] {
  return [...new Set(authSchemas.flatMap(({ shape }) => Object.keys(shape)))]
}

/** The JSON Schema of the configuration file. */
export function configJsonSchema(): object {
  return { title: 'mcp-optimizer configuration', ...z.toJSONSchema(fileSchema) }
}
