import { join } from 'node:path'
import { parse as parseJsonc } from 'jsonc-parser'
import { parse as parseToml } from 'smol-toml'
import type { JsonObject } from '../../src/internal/json.ts'
import { anthropicMessages } from './wires/anthropic-messages.ts'
import { chatCompletions } from './wires/chat-completions.ts'
import { gemini } from './wires/gemini.ts'
import { openaiResponses } from './wires/openai-responses.ts'
import type { ModelCall, Wire } from './wires/wire.ts'

/** A program and its arguments. */
export interface Command {
  readonly command: string
  readonly args: readonly string[]
}

export type Servers = Readonly<Record<string, Command>>

/** A client from its registry, run without a person and without the network. */
export interface StockClient {
  readonly title: string
  /** Folder of its pins, in which it is installed. */
  readonly pins: string
  /** Its name in `setup --client`. */
  readonly client: string
  readonly wire: Wire
  /** Its user-wide file, below the home folder. */
  readonly file: string
  /** The text of that file, with what an own model API needs. */
  readonly config: (servers: Servers, url: string) => string
  readonly entries: (text: string) => unknown
  readonly command: (installed: string, prompt: string) => Command
  readonly env: (url: string) => Readonly<Record<string, string>>
  /** Name under which the model sees a tool. */
  readonly toolName: (server: string, tool: string) => string
  /** A call of the client's own that takes seconds, for a client that asks its model before its servers have started. */
  readonly pause?: ModelCall
  /** The client sends names alone; its own tool gives the model the definitions it asks for. */
  readonly onDemand?: true
}

const SECTION = 'mcpServers'

const claudeCode: Omit<StockClient, 'title' | 'env'> = {
  pins: 'claude-code',
  client: 'claude-code',
  wire: anthropicMessages,
  file: '.claude.json',
  config: (servers) => json({ numStartups: 3, hasCompletedOnboarding: true, [SECTION]: typed(servers, 'stdio') }),
  entries: (text) => section(text, SECTION),
  command: (installed, prompt) => ({
    command: process.execPath,
    args: [
      join(installed, 'node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs'),
      '--print',
      prompt,
      '--model=claude-sonnet-5',
      '--allowedTools=mcp__filesystem,mcp__sentry,mcp__mcp-optimizer',
    ],
  }),
  toolName: (server, tool) => `mcp__${server}__${tool}`,
}

const claudeEnv = (url: string): Record<string, string> => ({
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: 'sk-ant-stand-in',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_ERROR_REPORTING: '1',
  // It asks its model after some seconds, whether or not its servers have started.
  CLAUDE_CODE_MCP_STARTUP_WAIT_MS: '60000',
  MCP_CONNECTION_NONBLOCKING: 'false',
})

const qwenCode: Omit<StockClient, 'title' | 'config'> = {
  pins: 'qwen-code',
  client: 'qwen-code',
  wire: chatCompletions,
  file: '.qwen/settings.json',
  entries: (text) => section(text, SECTION),
  command: (installed, prompt) => ({
    command: process.execPath,
    args: [join(installed, 'node_modules/@qwen-code/qwen-code/cli-entry.js'), '--yolo', '--prompt', prompt],
  }),
  env: (url) => ({
    OPENAI_API_KEY: 'stand-in',
    OPENAI_MODEL: 'stand-in',
    OPENAI_BASE_URL: `${url}/v1`,
    QWEN_CODE_SUPPRESS_YOLO_WARNING: '1',
  }),
  toolName: (server, tool) => `mcp__${server}__${tool}`,
}

const qwenConfig = (servers: Servers, more: JsonObject = {}): string =>
  withComment(
    json({
      security: { auth: { selectedType: 'openai' } },
      privacy: { usageStatisticsEnabled: false },
      general: { enableAutoUpdate: false },
      ...more,
      [SECTION]: servers,
    }),
  )

export const STOCK_CLIENTS: readonly StockClient[] = [
  {
    ...claudeCode,
    title: 'Claude Code, definitions up front',
    env: (url) => ({ ...claudeEnv(url), ENABLE_TOOL_SEARCH: 'false' }),
  },
  { ...claudeCode, title: 'Claude Code, definitions on demand', env: claudeEnv, onDemand: true },
  {
    title: 'Codex',
    pins: 'codex',
    client: 'codex',
    wire: openaiResponses,
    file: '.codex/config.toml',
    config: codexConfig,
    entries: (text) => (parseToml(text) as JsonObject)['mcp_servers'],
    command: (installed, prompt) => ({
      command: process.execPath,
      args: [
        join(installed, 'node_modules/@openai/codex/bin/codex.js'),
        // The pause needs a shell, and a sandbox cannot be had everywhere.
        'exec',
        '--skip-git-repo-check',
        '--sandbox=danger-full-access',
        prompt,
      ],
    }),
    pause: { name: 'exec_command', arguments: { cmd: 'sleep 2', yield_time_ms: 5_000 } },
    env: () => ({ STAND_IN_KEY: 'stand-in' }),
    toolName: (server, tool) => `mcp__${server.replaceAll('-', '_')}.${tool}`,
  },
  {
    title: 'opencode',
    pins: 'opencode',
    client: 'opencode',
    wire: chatCompletions,
    file: '.config/opencode/opencode.json',
    config: opencodeConfig,
    entries: (text) => section(text, 'mcp'),
    command: (installed, prompt) => ({
      command: join(installed, `node_modules/opencode-${process.platform}-${process.arch}/bin/opencode`),
      args: ['run', '--title', 'trial', prompt],
    }),
    env: () => ({
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    }),
    toolName: (server, tool) => `${server}_${tool}`,
  },
  {
    title: 'Gemini CLI',
    pins: 'gemini-cli',
    client: 'gemini-cli',
    wire: gemini,
    file: '.gemini/settings.json',
    config: (servers) =>
      withComment(
        json({
          security: { auth: { selectedType: 'gemini-api-key' } },
          privacy: { usageStatisticsEnabled: false },
          general: { enableAutoUpdate: false },
          [SECTION]: servers,
        }),
      ),
    entries: (text) => section(text, SECTION),
    command: (installed, prompt) => ({
      command: process.execPath,
      args: [
        join(installed, 'node_modules/@google/gemini-cli/bundle/gemini.js'),
        '--model=gemini-2.5-flash',
        '--yolo',
        `--prompt=${prompt}`,
      ],
    }),
    env: (url) => ({
      GEMINI_API_KEY: 'stand-in',
      GOOGLE_GEMINI_BASE_URL: url,
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
    }),
    toolName: (server, tool) => `mcp_${server}_${tool}`,
  },
  {
    title: 'Copilot CLI',
    pins: 'copilot-cli',
    client: 'copilot-cli',
    wire: chatCompletions,
    file: '.copilot/mcp-config.json',
    config: (servers) => json({ [SECTION]: typed(servers, 'local', { tools: ['*'] }) }),
    entries: (text) => section(text, SECTION),
    command: (installed, prompt) => ({
      command: process.execPath,
      args: [join(installed, 'node_modules/@github/copilot/npm-loader.js'), '--allow-all-tools', '--prompt', prompt],
    }),
    env: (url) => ({
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_API_KEY: 'x',
      COPILOT_MODEL: 'gpt-5',
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
    }),
    toolName: (server, tool) => `${server}-${tool}`,
  },
  {
    ...qwenCode,
    title: 'Qwen Code, definitions up front',
    config: (servers) => qwenConfig(servers, { tools: { toolSearch: { enabled: false } } }),
  },
  { ...qwenCode, title: 'Qwen Code, definitions on demand', config: (servers) => qwenConfig(servers), onDemand: true },
]

function codexConfig(servers: Servers, url: string): string {
  const tables = Object.entries(servers).map(
    ([name, { command, args }]) =>
      `[mcp_servers.${name}] # mine\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\n`,
  )
  return [
    '# my settings\nmodel = "stand-in"\nmodel_provider = "local"\n',
    `[model_providers.local]\nname = "local"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "STAND_IN_KEY"\n`,
    ...tables,
  ].join('\n')
}

function opencodeConfig(servers: Servers, url: string): string {
  const local = Object.entries(servers).map(([name, { command, args }]) => [
    name,
    { type: 'local', command: [command, ...args], enabled: true },
  ])
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    name: 'local',
    options: { baseURL: `${url}/v1`, apiKey: 'stand-in' },
    models: { 'stand-in': { name: 'stand-in' } },
  }
  const models = { model: 'local/stand-in', small_model: 'local/stand-in', provider: { local: provider } }
  return withComment(json({ autoupdate: false, share: 'disabled', ...models, mcp: Object.fromEntries(local) }))
}

function typed(servers: Servers, type: string, more: object = {}): object {
  return Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, { type, ...server, ...more }]))
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function withComment(text: string): string {
  return text.replace('{\n', '{\n  // mine\n')
}

function section(text: string, key: string): unknown {
  return (parseJsonc(text) as JsonObject | undefined)?.[key]
}
