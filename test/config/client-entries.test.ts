import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { LoadedConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { temporaryFolder } from '../support/servers.ts'

async function load(
  file: string,
  content: unknown,
  env: Readonly<Record<string, string>> = {},
): Promise<LoadedConfig & { readonly root: string }> {
  const root = temporaryFolder()
  mkdirSync(dirname(join(root, file)), { recursive: true })
  mkdirSync(join(root, 'work'), { recursive: true })
  writeFileSync(
    join(root, file),
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
  )
  const userFolder = join(root, 'user')
  return { root, ...(await loadConfig({ cwd: join(root, 'work'), env, home: root, platform: 'linux', userFolder })) }
}

const CURSOR = '.cursor/mcp.json'
const one = (entry: object): object => ({ mcpServers: { s: entry } })

describe('a command with its arguments in it (8)', () => {
  it.each([
    ['npx -y @scope/server --flag', { command: 'npx', args: ['-y', '@scope/server', '--flag'] }],
    ['uvx  my-server "two words"', { command: 'uvx', args: ['my-server', 'two words'] }],
    [`${process.execPath} server.js`, { command: process.execPath, args: ['server.js'] }],
    ['/no/such/My App/run', { command: '/no/such/My App/run' }],
    ['plain', { command: 'plain' }],
  ])('%s', async (command, wanted) => {
    const { config, problems } = await load(CURSOR, one({ command }))
    expect(problems).toEqual([])
    expect(config.servers['s']).toEqual({ type: 'stdio', ...wanted })
  })

  it('goes before the arguments of its own', async () => {
    const { config } = await load(CURSOR, one({ command: 'npx -y', args: ['server', 8080] }))
    expect(config.servers['s']).toMatchObject({ command: 'npx', args: ['-y', 'server', '8080'] })
  })
})

describe('arguments that are no list are told, with the list that was meant (8)', () => {
  it.each([
    ['a text', '-y server', '["-y","server"]'],
    ['an object', { port: 80 }, 'a list of texts'],
    ['a list of objects', [{ port: 80 }], 'a list of texts'],
    ['null in a list', ['x', null], 'a list of texts'],
  ])('%s', async (_what, args, expected) => {
    const { config, problems } = await load(CURSOR, one({ command: 'npx', args }))
    expect(problems).toMatchObject([{ path: 'mcpServers.s.args', expected }])
    expect(config.servers).toEqual({})
  })
})

describe('servers that stand where their client does not look are told (9)', () => {
  it.each([
    ['.config/Code/User/mcp.json', { mcpServers: { s: { command: 'x' } } }, 'mcpServers', '"servers"'],
    ['work/.mcp.json', { s: { command: 'x' } }, 's', '"mcpServers"'],
    ['work/.mcp.json', [{ name: 's', command: 'x' }], '(list)', '"mcpServers"'],
    [CURSOR, { mcpServers: [{ name: 's', command: 'x' }] }, 'mcpServers', 'a map of servers by name'],
    [CURSOR, { servers: { s: { url: 'https://x.example' } } }, 'servers', '"mcpServers"'],
  ])('%s %j', async (file, content, path, expected) => {
    const { root, config, problems } = await load(file, content)
    expect(problems).toMatchObject([{ file: join(root, file), path, expected }])
    expect(config.servers).toEqual({})
  })

  it.each([
    ['.gemini/settings.json', { theme: 'x', telemetry: { url: 'https://x.example' } }],
    [CURSOR, {}],
    ['.config/zed/settings.json', { terminal: { command: 'x' } }],
    [CURSOR, { mcpServers: null }],
  ])('nothing is told of %s %j', async (file, content) => {
    expect((await load(file, content)).problems).toEqual([])
  })
})

describe('keys of clients are followed or named (10, 11)', () => {
  it.each<[string, string, unknown, object]>([
    [
      'mcporter baseUrl',
      '.mcporter/mcporter.json',
      one({ baseUrl: 'https://x.example/mcp' }),
      { type: 'http', url: 'https://x.example/mcp' },
    ],
    [
      'mcporter below .config',
      '.config/mcporter/mcporter.jsonc',
      one({ baseUrl: 'https://x.example/mcp' }),
      { url: 'https://x.example/mcp' },
    ],
    [
      'Codex env_http_headers',
      '.codex/config.toml',
      '[mcp_servers.s]\nurl = "https://x.example"\nenv_http_headers = { "X-Org" = "ORG", "X-No" = "UNSET" }\n',
      { headers: { 'X-Org': 'acme' } },
    ],
    [
      'Codex startup_timeout_sec',
      '.codex/config.toml',
      '[mcp_servers.s]\ncommand = "x"\nstartup_timeout_sec = 120\n',
      { startTimeoutMs: 120_000 },
    ],
    [
      'Goose env_keys',
      '.config/goose/config.yaml',
      'extensions:\n  s:\n    type: stdio\n    cmd: x\n    env_keys: [ORG]\n',
      { env: { ORG: 'acme' } },
    ],
    [
      'Copilot tools',
      '.copilot/mcp-config.json',
      one({ command: 'x', tools: ['read_graph'] }),
      { include: ['read_graph'] },
    ],
    [
      'Kiro disabledTools',
      '.kiro/settings/mcp.json',
      one({ command: 'x', disabledTools: ['drop'] }),
      { exclude: ['drop'] },
    ],
    [
      'Zed, as it was once',
      '.config/zed/settings.json',
      { context_servers: { s: { command: { path: 'x', args: ['y'], env: { A: 'b' } } } } },
      { command: 'x', args: ['y'], env: { A: 'b' } },
    ],
  ])('%s', async (_what, file, content, wanted) => {
    const { config, problems } = await load(file, content, { ORG: 'acme' })
    expect(problems).toEqual([])
    expect(config.servers['s']).toMatchObject(wanted)
  })

  it('names what it does not follow, and takes the rest', async () => {
    const { config, problems } = await load(CURSOR, one({ url: 'https://x.example', headersHelper: './token.sh' }))
    expect(problems).toMatchObject([{ path: 'mcpServers.s.headersHelper', message: 'has no effect here' }])
    expect(config.servers).toHaveProperty('s')
  })

  it.each([
    ['.config/goose/config.yaml', 'extensions:\n  s:\n    type: frontend\n    tools: []\n'],
    ['.config/zed/settings.json', { context_servers: { s: { source: 'extension', settings: {} } } }],
    ['.config/opencode/opencode.json', { mcp: { s: { enabled: false } } }],
  ])('leaves out what only the client can start: %s', async (file, content) => {
    const { config, problems } = await load(file, content)
    expect(problems).toEqual([])
    expect(config.servers).toEqual({})
  })
})

describe('variables of clients (7, 12)', () => {
  it('takes what an input gives by itself, and the environment before it', async () => {
    const content = {
      inputs: [
        { id: 'region', type: 'promptString', default: 'eu' },
        { id: 'key', type: 'promptString' },
      ],
      servers: { s: { command: 'x', env: { R: '${input:region}' } }, t: { command: 'x', env: { K: '${input:key}' } } },
    }
    const { config, problems } = await load('.config/Code/User/mcp.json', content)
    expect(config.servers).toEqual({ s: { type: 'stdio', command: 'x', env: { R: 'eu' } } })
    expect(problems).toMatchObject([
      { path: 'servers.t', message: 'MCP_OPTIMIZER_INPUT_KEY is not set: the server "t" is left out' },
    ])
    const given = await load('.config/Code/User/mcp.json', content, { MCP_OPTIMIZER_INPUT_REGION: 'us' })
    expect(given.config.servers['s']).toMatchObject({ env: { R: 'us' } })
  })

  it('knows the names of editors', async () => {
    const { config } = await load(
      CURSOR,
      one({ command: 'x', args: ['${workspaceFolderBasename}', 'a${/}b${pathSeparator}c'] }),
    )
    expect(config.servers['s']).toMatchObject({ args: ['work', 'a/b/c'] })
  })

  it('leaves a dollar sign that names no variable', async () => {
    const { config, problems } = await load(
      '.gemini/settings.json',
      one({ command: 'x', env: { P: 'pa$$word', Q: '$ORG' } }),
      { ORG: 'acme' },
    )
    expect(problems).toEqual([])
    expect(config.servers['s']).toMatchObject({ env: { P: 'pa$$word', Q: 'acme' } })
  })
})

describe('addresses (14)', () => {
  it.each([
    ['localhost:8000/mcp', 'http://localhost:8000/mcp'],
    ['x.example/mcp', 'http://x.example/mcp'],
    ['ftp://x.example', 'http:// or https://'],
  ])('%s: says what is missing', async (url, expected) => {
    const { config, problems } = await load(CURSOR, one({ url }))
    expect(problems).toMatchObject([{ path: 'mcpServers.s.url', expected }])
    expect(config.servers).toEqual({})
  })
})

describe('files as they are (3)', () => {
  it.each(['utf16le', 'utf16be'] as const)('reads %s with its mark', async (encoding) => {
    const bytes = Buffer.from(`\ufeff${JSON.stringify(one({ command: 'x' }))}`, 'utf16le')
    const { config, problems } = await load(CURSOR, encoding === 'utf16le' ? bytes : bytes.swap16())
    expect(problems).toEqual([])
    expect(config.servers).toHaveProperty('s')
  })

  it('tells a problem once where the working folder is the home folder', async () => {
    const root = temporaryFolder()
    mkdirSync(join(root, '.cursor'))
    writeFileSync(join(root, CURSOR), '{')
    const { problems } = await loadConfig({
      cwd: root,
      env: {},
      home: root,
      platform: 'linux',
      userFolder: join(root, 'user'),
    })
    expect(problems).toHaveLength(1)
  })
})

it('never starts itself by the path of its own file (13)', async () => {
  const own = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const { config } = await load(CURSOR, one({ command: 'node', args: [own, 'serve'] }))
  expect(config.servers).toEqual({})
})
