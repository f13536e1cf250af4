import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { knownSecrets, ownSecrets } from '../../src/config/secrets.ts'
import { createUpstream } from '../../src/upstream/create.ts'
import { childEnvironment, OWN_VARIABLES } from '../../src/upstream/child-environment.ts'
import { demoGateway } from '../support/gateway.ts'
import { oddServer } from '../support/odd-server.ts'

const options = { scope: 'all', secrets: [], added: {}, isWindows: false } as const

describe('the environment of a server', () => {
  it.each([
    ['all', { HOME: '/h', AWS_PROFILE: 'dev', HTTPS_PROXY: 'http://proxy:3128', NODE_EXTRA_CA_CERTS: '/ca.pem' }],
    ['minimal', { HOME: '/h' }],
  ] as const)('%s', (scope, wanted) => {
    const own = { HOME: '/h', AWS_PROFILE: 'dev', HTTPS_PROXY: 'http://proxy:3128', NODE_EXTRA_CA_CERTS: '/ca.pem' }
    expect(childEnvironment({ ...options, own, scope })).toEqual(wanted)
  })

  it('never holds what is the gateway’s own, whatever the variable is called', () => {
    const own = {
      MCP_OPTIMIZER_HTTP_TOKEN: 'bearer-of-the-gateway',
      MCP_OPTIMIZER_INPUT_KEY: 'input-of-another-server',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=abc',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=abc',
      TEAM_TOKEN: 'bearer-of-the-gateway',
      CACHE_URL: 'redis://user:redis-password@host',
      GITHUB_TOKEN: 'of-the-user',
      BASH_FUNC_which: '() { eval; }',
    }
    const secrets = ['bearer-of-the-gateway', 'redis-password', 'abc']
    expect(childEnvironment({ ...options, own, secrets })).toEqual({ GITHUB_TOKEN: 'of-the-user' })
  })

  it('holds what the configuration gives this server, also where it is withheld from others', () => {
    const own = { OPENAI_API_KEY: 'sk-of-the-embedder' }
    const withheld = { ...options, own, secrets: ['sk-of-the-embedder'] }
    expect(childEnvironment(withheld)).toEqual({})
    expect(childEnvironment({ ...withheld, added: { OPENAI_API_KEY: 'sk-of-the-embedder' } })).toEqual(own)
  })

  it('keeps Windows variables, and takes Path and PATH for one', () => {
    const own = { Path: 'C:\\Windows', ProgramData: 'C:\\ProgramData', SystemRoot: 'C:\\Windows', COMPUTERNAME: 'pc' }
    const windows = { ...options, own, isWindows: true }
    expect(childEnvironment(windows)).toEqual(own)
    expect(childEnvironment({ ...windows, scope: 'minimal' })).toEqual({
      Path: 'C:\\Windows',
      SystemRoot: 'C:\\Windows',
    })
    expect(Object.keys(childEnvironment({ ...windows, added: { PATH: 'D:\\bin' } }))).not.toContain('Path')
  })

  it('holds nothing of the npx that runs the gateway, but the user’s settings of npm', () => {
    const own = {
      npm_command: 'exec',
      npm_config_package: 'mcp-optimizer',
      npm_package_name: 'x',
      npm_config_registry: 'https://registry.example',
    }
    expect(childEnvironment({ ...options, own })).toEqual({ npm_config_registry: 'https://registry.example' })
  })
})

describe('a server of a gateway', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })
  const tells = (): ReturnType<typeof oddServer> =>
    oddServer({
      before:
        'globalThis.answer = (id, method) => method === "tools/call" && (send(JSON.stringify({ jsonrpc: "2.0", id, result: { structuredContent: process.env, content: [] } })), true)',
    })

  it('has the user’s variables, and none of a gateway’s secrets', async () => {
    vi.stubEnv('COMPANY_PROXY', 'http://proxy.example:3128')
    vi.stubEnv('GATEWAY_TOKEN', 'tok-of-the-gateway-1')
    vi.stubEnv('MCP_OPTIMIZER_HTTP_TOKEN', 'tok-of-the-gateway-1')
    await using gateway = demoGateway({
      http: { token: 'tok-of-the-gateway-1' },
      servers: { all: tells(), few: { ...tells(), environment: 'minimal' } },
    })
    const { data: all } = (await gateway.executeIntent({ intent: 'all.act' })) as { data: Record<string, string> }
    expect(all).toMatchObject({ COMPANY_PROXY: 'http://proxy.example:3128', SEEN: expect.any(String) })
    expect(JSON.stringify(all)).not.toContain('tok-of-the-gateway-1')
    const { data: few } = (await gateway.executeIntent({ intent: 'few.act' })) as { data: Record<string, string> }
    expect(few).not.toHaveProperty('COMPANY_PROXY')
    expect(few).toMatchObject({ SEEN: expect.any(String), PATH: process.env['PATH'] })
  })

  it('gets as little as the configuration says for all of them', () => {
    const server = { type: 'stdio', command: 'x' } as const
    const { servers } = defineConfig({
      environment: 'minimal',
      servers: { a: server, b: { ...server, environment: 'all' } },
    })
    expect(servers).toMatchObject({ a: { environment: 'minimal' }, b: { environment: 'all' } })
  })

  it('may say a secret of the environment in an error: no agent reads it', async () => {
    vi.stubEnv('SHOP_API_TOKEN', 'shp_a81Q77Zk2m')
    vi.stubEnv('DESKTOP_SESSION', 'ubuntu')
    const secrets = knownSecrets(defineConfig({ servers: { a: { type: 'stdio', command: 'x' } } }))
    expect(secrets).toContain('shp_a81Q77Zk2m')
    expect(secrets).not.toContain('ubuntu')
    const call = '{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"shp_a81Q77Zk2m is not valid on ubuntu"}}'
    await using gateway = demoGateway({ servers: { shop: oddServer({ call }) } })
    expect(await gateway.executeIntent({ intent: 'shop.act' })).toMatchObject({
      error: { message: expect.stringContaining('[redacted] is not valid on ubuntu') },
    })
  })
})

describe('secrets of the gateway', () => {
  it('are all that its configuration holds', () => {
    const config = defineConfig({
      http: { token: 'token-1' },
      search: { embedder: { type: 'openai', url: 'https://e.example/v1', model: 'm', apiKey: 'key-2' } },
      cache: { redis: { url: 'redis://u:pass-3@h:6379', password: 'pass-4' } },
      sessions: { key: 'key-5-key-5-key-5', redis: ['redis://u:pass-6@h'] },
    })
    expect(ownSecrets(config).toSorted()).toEqual(
      ['key-2', 'key-5-key-5-key-5', 'pass-3', 'pass-4', 'pass-6', 'token-1'].toSorted(),
    )
  })

  /** Variables that src reads and servers may have: places and settings, no secrets. */
  const HARMLESS = new Set([
    'APPDATA',
    'CODEX_HOME',
    'HOME',
    'LOCALAPPDATA',
    'NODE_USE_ENV_PROXY',
    'NPM_CONFIG_USERCONFIG',
    'PATH',
    'USERPROFILE',
    'UV_CACHE_DIR',
    'XDG_CACHE_HOME',
    'XDG_CONFIG_HOME',
    'npm_command',
    'npm_config_userconfig',
    'npm_lifecycle_event',
  ])

  it('are in no variable that src reads and hands on', () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url))
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const names = files.flatMap((name) => {
      const text = readFileSync(`${src}/${name}`, 'utf8')
      return [...text.matchAll(/\b(?:env|own|environment)\[['"]([A-Z][A-Z_]+|npm_\w+)['"]\]/g)].map(
        ([, read = '']) => read,
      )
    })
    const handedOn = [...new Set(names)].filter((name) => !OWN_VARIABLES.some((pattern) => pattern.test(name)))
    expect(handedOn.filter((name) => !HARMLESS.has(name))).toEqual([])
    expect(names).toContain('MCP_OPTIMIZER_HTTP_TOKEN')
  })
})

describe('a server that nobody uses', () => {
  it.each([
    ['whose tools were called is kept', true, 'ready'],
    ['that has only listed its tools is stopped', false, 'idle'],
  ])('%s', async (_what, isCalled, state) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await using upstream = createUpstream(
        'odd',
        oddServer({ call: '{"jsonrpc":"2.0","id":ID,"result":{"content":[]}}' }),
      )
      const { signal } = new AbortController()
      await upstream.listTools(signal)
      if (isCalled) await upstream.callTool('act', {}, { signal })
      vi.advanceTimersByTime(3_600_000)
      expect(upstream.status().state).toBe(state)
      vi.advanceTimersByTime(24 * 3_600_000)
      expect(upstream.status().state).toBe('idle')
      vi.useRealTimers()
    } finally {
      vi.useRealTimers()
    }
  })
})
