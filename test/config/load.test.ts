import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadConfig, type LoadOptions } from '../../src/config/load.ts'
import { configJsonSchema } from '../../src/config/schema.ts'
import { createSandboxBackend } from '../../src/sandbox/create.ts'
import { approveAll } from '../support/approve.ts'
import { temporaryFolder } from '../support/servers.ts'

function place(files: Readonly<Record<string, string>>): { root: string; options: LoadOptions } {
  const root = temporaryFolder()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  mkdirSync(join(root, 'work'), { recursive: true })
  return {
    root,
    options: { cwd: join(root, 'work'), env: {}, home: root, platform: 'linux', userFolder: join(root, 'user') },
  }
}

/** A file that the user names. */
function own(config: unknown): { root: string; options: LoadOptions } {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  const { root, options } = place({ 'work/mcp-optimizer.json': text })
  return { root, options: { ...options, env: { MCP_OPTIMIZER_CONFIG: 'mcp-optimizer.json' } } }
}

describe('our own file', () => {
  it('is read with comments and trailing commas, with defaults for the rest, frozen', async () => {
    const { options } = own('{ // servers\n "servers": { "a": { "command": "run", "args": ["x"], }, }, }')
    const { config, problems } = await loadConfig(options)
    expect(problems).toEqual([])
    expect(config.servers).toEqual({ a: { type: 'stdio', command: 'run', args: ['x'] } })
    expect(config.features).toMatchObject({ executionMode: 'code_execution', maxTokensPerRequest: 4_000 })
    expect(Object.isFrozen(config.servers['a'])).toBe(true)
  })

  it('says how search works, with variables in tokens', async () => {
    const embedder = { type: 'openai', url: 'https://x.example/v1', model: 'm', apiKey: '${KEY}' }
    const { options } = own({ search: { learn: false, embedder } })
    const { config, problems } = await loadConfig({ ...options, env: { ...options.env, KEY: 'hunter2' } })
    expect(problems).toEqual([])
    expect(config.search).toEqual({ learn: false, waitMs: 500, embedder: { ...embedder, apiKey: 'hunter2' } })
    expect((await loadConfig(own({}).options)).config.search).toEqual({ learn: true, waitMs: 500 })
  })

  it.each([
    [{ embedder: { type: 'openai', url: 'https://x.example/v1' } }, 'search.embedder.model'],
    [{ embedder: { type: 'tei', url: 'nope' } }, 'search.embedder.url'],
    [{ embedder: { type: 'word2vec' } }, 'search.embedder'],
    [{ lern: true }, 'search.lern'],
  ])('reports the wrong search settings %j', async (search, path) => {
    const { config, problems } = await loadConfig(own({ search }).options)
    expect(problems.map((problem) => problem.path)).toContainEqual(expect.stringContaining(path))
    expect(config.search).toEqual({ learn: true, waitMs: 500 })
  })

  it('leaves no program behind a weaker wall where it names an engine that is gone', async () => {
    const { config } = await loadConfig(own({ sandbox: { backend: 'process', process: { engine: 'v8' } } }).options)
    expect(() => createSandboxBackend(config.sandbox)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('is found above the working folder, and in the user folder', async () => {
    const above = place({ 'mcp-optimizer.json': '{"servers":{"a":{"command":"x"}}}' })
    expect(Object.keys((await loadConfig(above.options)).config.servers)).toEqual(['a'])
    const user = place({ 'user/mcp-optimizer.jsonc': '{"servers":{"b":{"url":"https://x.example/mcp"}}}' })
    expect((await loadConfig(user.options)).config.servers).toEqual({
      b: { type: 'http', url: 'https://x.example/mcp' },
    })
  })

  it.each([
    ['an unknown key', { fetures: {} }, 'fetures', '"features"'],
    ['an unknown key of a server', { servers: { bad: { command: 'x', agrs: [] } } }, 'servers.bad.agrs', '"args"'],
    ['a wrong type', { servers: { bad: { command: 5 } } }, 'servers.bad.command', 'string'],
    ['an address that is none', { servers: { bad: { url: 'nope' } } }, 'servers.bad.url', undefined],
    ['a missing variable', { servers: { bad: { command: 'x', env: { T: '${NOT_SET}' } } } }, 'servers.bad', undefined],
    ['an unknown client', { import: ['cursr'] }, 'import', 'cursor'],
    ['a wrong feature', { features: { cacheTtlSeconds: 'soon' } }, 'features.cacheTtlSeconds', 'a number ≥ 0'],
    ['an unknown backend', { sandbox: { backend: 'jail' } }, 'sandbox.backend', undefined],
    ['root in containers', { sandbox: { docker: { user: '0:0' } } }, 'sandbox.docker.user', undefined],
  ])('reports %s with file, path and what was expected; the rest works', async (_what, wrong, path, expected) => {
    const servers = { good: { command: 'ok' }, ...(wrong as { servers?: object }).servers }
    const { options, root } = own({ ...wrong, servers })
    const { config, problems } = await loadConfig(options)
    expect(problems).toContainEqual({
      file: join(root, 'work/mcp-optimizer.json'),
      path,
      message: expect.any(String),
      expected: expected ?? expect.any(String),
    })
    expect(config.servers).toHaveProperty('good')
    expect(config.servers).not.toHaveProperty('bad')
  })

  it.each([
    ['a misspelt key', { servers: { bad: { comand: 'x' } } }, 'servers.bad.comand', 'is not a known key', '"command"'],
    ['a missing key', { servers: { bad: { args: ['x'] } } }, 'servers.bad.command', 'is missing', 'string'],
    ['a wrong type', { servers: { bad: { command: 5 } } }, 'servers.bad.command', 'found number', 'string'],
  ])('says %s once, in plain words', async (_what, wrong, path, message, expected) => {
    const { options, root } = own(wrong)
    const { problems } = await loadConfig(options)
    expect(problems).toEqual([{ file: join(root, 'work/mcp-optimizer.json'), path, message, expected }])
  })

  it('reports a name that stands there twice', async () => {
    const { options } = own('{"servers": {"a": {"command": "x"}, "b": {"command": "y"}, "a": {"command": "z"}}}')
    const { config, problems } = await loadConfig(options)
    expect(problems).toMatchObject([{ path: 'servers.a', message: 'stands there twice' }])
    expect(config.servers).toMatchObject({ a: { command: 'z' }, b: { command: 'y' } })
  })

  it('says where it does not parse', async () => {
    const { options } = own('{\n  "servers": {\n')
    await expect(loadConfig(options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/line 3:1/),
    })
    await expect(loadConfig({ ...options, flags: { config: 'nope.json' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  it('expands variables, with defaults, and never shows their values', async () => {
    const { options } = own({
      servers: {
        a: { command: '${BIN:-node}', env: { T: '${TOKEN}', U: '${env:TOKEN}' } },
        b: { url: 'https://x.example', headers: { Authorization: 'Bearer ${TOKEN}' } },
        c: { command: '${MISSING}', env: { T: '${TOKEN}' } },
      },
    })
    const { config, problems } = await loadConfig({ ...options, env: { ...options.env, TOKEN: 'hunter2' } })
    expect(config.servers['a']).toMatchObject({ command: 'node', env: { T: 'hunter2', U: 'hunter2' } })
    expect(config.servers['b']).toMatchObject({ headers: { Authorization: 'Bearer hunter2' } })
    expect(JSON.stringify(problems)).toContain('MISSING')
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('reads the cache section, its password from the environment, and says what is wrong with it', async () => {
    const { options } = own({
      cache: { redis: { nodes: ['a:7000', '[::1]:7001'], password: '${SECRET}' }, cacheable: ['x.*'] },
    })
    const { config, problems } = await loadConfig({ ...options, env: { ...options.env, SECRET: 's3' } })
    expect(problems).toEqual([])
    expect(config.cache).toMatchObject({
      disk: true,
      redis: { nodes: ['a:7000', '[::1]:7001'], password: 's3' },
      cacheable: ['x.*'],
    })
    for (const cache of [
      { redis: {} },
      { redis: { url: 'redis://a', nodes: ['a:1'] } },
      { redis: { url: 'http://a' } },
      { redis: { url: 'redis://a', tenant: '{x}' } },
      { memoryBytes: 1 },
      { ttlSeconds: { a: -1 } },
      { discs: true },
    ]) {
      const wrong = await loadConfig(own({ cache }).options)
      expect(wrong.problems.map(({ path }) => path)).toEqual([expect.stringMatching(/^cache/)])
      expect(wrong.config.cache).toMatchObject({ memoryBytes: 33_554_432 })
    }
  })

  it('takes what is watched from file, environment and flags; relative folders count from the file', async () => {
    const { options, root } = own({
      audit: { folder: './trail', maxFiles: 3 },
      telemetry: { endpoint: 'http://collector:4318', maxTracesPerSecond: 5 },
      logLevel: 'debug',
      http: { openMetrics: true },
    })
    const { config, problems } = await loadConfig(options)
    expect(problems).toEqual([])
    expect(config).toMatchObject({
      audit: { enabled: false, folder: join(root, 'work', 'trail'), maxFiles: 3, arguments: 'digest' },
      telemetry: { endpoint: 'http://collector:4318', maxTracesPerSecond: 5, metricIntervalMs: 60_000 },
      logLevel: 'debug',
      http: { openMetrics: true, maxLoopDelayMs: 500 },
    })
    const flagged = await loadConfig({
      ...options,
      env: { ...options.env, MCP_OPTIMIZER_LOG_LEVEL: 'warn' },
      flags: { 'log-level': 'loud', 'audit-folder': 'elsewhere' },
    })
    expect(flagged.config.audit).toMatchObject({ enabled: true, folder: join(options.cwd, 'elsewhere'), maxFiles: 3 })
    expect(flagged.config.logLevel).toBe('debug')
    expect(flagged.problems).toMatchObject([{ file: 'flags', path: '--log-level', message: 'found "loud"' }])
  })

  it('ships a JSON Schema that is current', () => {
    const file = fileURLToPath(new URL('../../schema/mcp-optimizer.schema.json', import.meta.url))
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
  })
})

describe('the dashboard', () => {
  it('is off, and on by file, environment or flag', async () => {
    const { options } = own({})
    const isOn = async (more: Partial<LoadOptions> = {}): Promise<boolean> =>
      (await loadConfig({ ...options, ...more })).config.http.dashboard
    expect(await isOn()).toBe(false)
    expect(await isOn({ env: { ...options.env, MCP_OPTIMIZER_DASHBOARD: 'true' } })).toBe(true)
    expect(await isOn({ flags: { dashboard: true } })).toBe(true)
    expect((await loadConfig(own({ http: { dashboard: true } }).options)).config.http.dashboard).toBe(true)
  })
})

describe('features', () => {
  it('come from file, then environment, then flags', async () => {
    const { options } = own({ features: { maxTokensPerRequest: 1_000, enableCaching: false, cacheTtlSeconds: 5 } })
    const env = { ...options.env, MCP_OPTIMIZER_MAX_TOKENS_PER_REQUEST: '2000', MCP_OPTIMIZER_CACHE_TTL_SECONDS: '7' }
    const { config } = await loadConfig({ ...options, env, flags: { 'max-tokens-per-request': '3000' } })
    expect(config.features).toMatchObject({ maxTokensPerRequest: 3_000, enableCaching: false, cacheTtlSeconds: 7 })
  })

  it('of the environment are checked too', async () => {
    const { problems } = await loadConfig({ ...own({}).options, env: { MCP_OPTIMIZER_ENABLE_SANDBOX: 'maybe' } })
    expect(problems).toEqual([
      {
        file: 'environment',
        path: 'MCP_OPTIMIZER_ENABLE_SANDBOX',
        message: 'found "maybe"',
        expected: 'true or false',
      },
    ])
  })

  it.each([
    ['8080', { port: 8_080 }],
    ['0.0.0.0:9000', { host: '0.0.0.0', port: 9_000 }],
    ['[::1]:9000', { host: '::1', port: 9_000 }],
  ])('--http %s', async (http, wanted) => {
    expect((await loadConfig({ ...own({}).options, flags: { http } })).config.http).toMatchObject(wanted)
  })

  it.each(['x', '99999', 'a:b:c'])('refuses --http %s', async (http) => {
    await expect(loadConfig({ ...own({}).options, flags: { http } })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

const json = (key: string, entry: object): string => JSON.stringify({ [key]: { s: entry } })
const standard = { command: 'run', args: ['x'], env: { A: 'b' } }
const wanted = { type: 'stdio', command: 'run', args: ['x'], env: { A: 'b' } }

/** File of each client in a home folder on Linux, and what the one server in it must be read as. */
const FILES: readonly [client: string, file: string, text: string, server: object][] = [
  ['claude-desktop', '.config/Claude/claude_desktop_config.json', json('mcpServers', standard), wanted],
  [
    'claude-code',
    'work/.mcp.json',
    json('mcpServers', { type: 'http', url: 'https://x.example/mcp', headers: { A: 'b' } }),
    { type: 'http', url: 'https://x.example/mcp', headers: { A: 'b' } },
  ],
  ['claude-code', '.claude.json', json('mcpServers', standard), wanted],
  [
    'cursor',
    '.cursor/mcp.json',
    json('mcpServers', { command: '${userHome}/run', args: ['${workspaceFolder}', '${env:A}'] }),
    { type: 'stdio', command: 'HOME/run', args: ['HOME/work', 'value of A'] },
  ],
  ['vscode', '.config/Code/User/mcp.json', json('servers', { type: 'stdio', ...standard }), wanted],
  ['copilot-cli', '.copilot/mcp-config.json', json('mcpServers', { ...standard, tools: ['*'] }), wanted],
  [
    'windsurf',
    '.codeium/windsurf/mcp_config.json',
    json('mcpServers', { serverUrl: 'https://x.example/sse' }),
    { type: 'http', url: 'https://x.example/sse' },
  ],
  [
    'codex',
    '.codex/config.toml',
    '[mcp_servers.s]\nurl = "https://x.example"\nbearer_token_env_var = "A"\n',
    { type: 'http', url: 'https://x.example', headers: { Authorization: 'Bearer value of A' } },
  ],
  [
    'gemini-cli',
    '.gemini/settings.json',
    json('mcpServers', { httpUrl: 'https://x.example', headers: { T: '$A' }, includeTools: ['a'] }),
    { type: 'http', url: 'https://x.example', headers: { T: 'value of A' }, include: ['a'] },
  ],
  [
    'antigravity',
    '.gemini/config/mcp_config.json',
    json('mcpServers', { serverUrl: 'https://x.example' }),
    { type: 'http', url: 'https://x.example' },
  ],
  [
    'zed',
    '.config/zed/settings.json',
    `// settings\n${json('context_servers', { source: 'custom', ...standard })}`,
    wanted,
  ],
  [
    'cline',
    '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    json('mcpServers', { type: 'sse', url: 'https://x.example', disabled: true }),
    { type: 'sse', url: 'https://x.example', disabled: true },
  ],
  [
    'opencode',
    '.config/opencode/opencode.json',
    json('mcp', { type: 'local', command: ['run', 'x'], environment: { A: '{env:A}' }, enabled: true }),
    { type: 'stdio', command: 'run', args: ['x'], env: { A: 'value of A' } },
  ],
  [
    'kilo',
    'work/kilo.json',
    json('mcp', { type: 'remote', url: 'https://x.example' }),
    { type: 'http', url: 'https://x.example' },
  ],
  [
    'goose',
    '.config/goose/config.yaml',
    'extensions:\n  s:\n    name: s\n    type: stdio\n    cmd: run\n    args: [x]\n    envs: {A: b}\n    enabled: true\n  builtin_one:\n    type: builtin\n',
    wanted,
  ],
  ['kiro', '.kiro/settings/mcp.json', json('mcpServers', standard), wanted],
  [
    'grok-build',
    '.grok/config.toml',
    '[mcp_servers.s]\ncommand = "run"\nargs = ["x"]\ntool_timeout_sec = 5\n[mcp_servers.s.env]\nA = "b"\n',
    { ...wanted, timeoutMs: 5_000 },
  ],
  ['junie', '.junie/mcp/mcp.json', json('mcpServers', standard), wanted],
  ['pi', 'work/.pi/mcp.json', json('mcpServers', standard), wanted],
  [
    'kimi',
    'work/.kimi-code/mcp.json',
    json('mcpServers', { ...standard, toolTimeoutMs: 9_000 }),
    { ...wanted, timeoutMs: 9_000 },
  ],
  ['mastra', 'work/.mastracode/mcp.json', json('mcpServers', standard), wanted],
  [
    'mcporter',
    'work/config/mcporter.json',
    json('mcpServers', { command: 'run', env: { T: '$env:A', U: '${B:-c}' } }),
    { type: 'stdio', command: 'run', env: { T: 'value of A', U: 'c' } },
  ],
]

describe('without a file of our own', () => {
  it.each(FILES)('reads the servers of %s from %s', async (_client, file, text, server) => {
    const { root, options } = place({ [file]: text })
    await approveAll({ ...options, env: { A: 'value of A' } })
    const { config, problems } = await loadConfig({ ...options, env: { A: 'value of A' } })
    expect(problems).toEqual([])
    expect(JSON.parse(JSON.stringify(config.servers).replaceAll(root, 'HOME'))).toEqual({ s: server })
  })

  it('knows the folders of macOS and Windows', async () => {
    const mac = place({ 'Library/Application Support/Claude/claude_desktop_config.json': json('mcpServers', standard) })
    expect((await loadConfig({ ...mac.options, platform: 'darwin' })).config.servers).toHaveProperty('s')
    const windows = place({ 'AppData/Roaming/Claude/claude_desktop_config.json': json('mcpServers', standard) })
    expect((await loadConfig({ ...windows.options, platform: 'win32' })).config.servers).toHaveProperty('s')
  })

  it('takes one of equal servers, and reports a name that two differ in', async () => {
    const same = place({
      '.cursor/mcp.json': json('mcpServers', standard),
      '.kiro/settings/mcp.json': json('mcpServers', standard),
    })
    expect((await loadConfig(same.options)).problems).toEqual([])
    const other = place({
      '.cursor/mcp.json': json('mcpServers', standard),
      '.kiro/settings/mcp.json': json('mcpServers', { command: 'other' }),
    })
    const { config, problems } = await loadConfig(other.options)
    expect(config.servers['s']).toMatchObject({ command: 'run' })
    expect(problems).toMatchObject([{ path: 'mcpServers.s', message: expect.stringContaining('"s" already') }])
  })

  it("takes a client's nearer file for its farther one, and tells when a plugin has a name that is taken", async () => {
    const { options, root } = place({
      '.codeium/windsurf/mcp_config.json': json('mcpServers', standard),
      '.codeium/mcp_config.json': json('mcpServers', { command: 'farther' }),
      '.claude.json': json('mcpServers', standard),
      '.claude/plugins/installed_plugins.json': JSON.stringify({ plugins: { 'p@m': [{ installPath: 'PLUGIN' }] } }),
    })
    const plugin = join(root, 'plugin')
    mkdirSync(plugin)
    writeFileSync(join(plugin, '.mcp.json'), json('mcpServers', { command: 'other' }))
    const installed = join(root, '.claude/plugins/installed_plugins.json')
    writeFileSync(installed, readFileSync(installed, 'utf8').replace('PLUGIN', plugin))
    const { problems } = await loadConfig(options)
    expect(problems).toMatchObject([
      { file: join(plugin, '.mcp.json'), message: expect.stringContaining('"s" already') },
    ])
  })

  it('never imports itself', async () => {
    for (const entry of [
      { command: 'npx', args: ['-y', 'mcp-optimizer', 'serve'] },
      { command: 'mcp-optimizer' },
      { command: 'npx', args: ['mcp-optimizer@1.2.3'] },
    ]) {
      expect(
        (await loadConfig(place({ '.cursor/mcp.json': json('mcpServers', entry) }).options)).config.servers,
      ).toEqual({})
    }
  })

  it('goes on when a file is broken', async () => {
    const { options } = place({
      '.cursor/mcp.json': '{"mcpServers": {',
      '.codex/config.toml': '[[[',
      '.kiro/settings/mcp.json': json('mcpServers', standard),
    })
    const { config, problems } = await loadConfig(options)
    expect(config.servers).toHaveProperty('s')
    expect(problems.map(({ message }) => message).toSorted()).toEqual([
      expect.stringMatching(/^line 1:\d+/),
      expect.stringMatching(/^line 1:\d+/),
    ])
  })

  it("reads the file of variables that an entry names; the entry's own take precedence", async () => {
    const entry = { command: 'run', envFile: '${workspaceFolder}/.env', env: { B: 'own' } }
    const files = { 'work/.vscode/mcp.json': json('servers', entry) }
    const { options } = place({ ...files, 'work/.env': 'A="from file"\nB=file\n' })
    await approveAll(options)
    expect((await loadConfig(options)).config.servers['s']).toMatchObject({ env: { A: 'from file', B: 'own' } })
    const without = place(files)
    await approveAll(without.options)
    expect((await loadConfig(without.options)).problems).toMatchObject([{ path: 'servers.s.envFile' }])
  })

  it('asks for VS Code inputs by name', async () => {
    const files = { '.config/Code/User/mcp.json': json('servers', { command: 'x', env: { T: '${input:api-key}' } }) }
    expect((await loadConfig(place(files).options)).problems[0]?.message).toContain('MCP_OPTIMIZER_INPUT_API_KEY')
    const given = await loadConfig({ ...place(files).options, env: { MCP_OPTIMIZER_INPUT_API_KEY: 'k' } })
    expect(given.config.servers['s']).toMatchObject({ env: { T: 'k' } })
  })
})
