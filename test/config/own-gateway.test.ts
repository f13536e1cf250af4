import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadConfig, type LoadOptions } from '../../src/config/load.ts'
import { isOurselves } from '../../src/config/own-gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const folder = temporaryFolder()
symlinkSync(cli, join(folder, 'gateway'))
mkdirSync(join(folder, 'fork/dist'), { recursive: true })
writeFileSync(join(folder, 'fork/dist/cli.js'), '')
writeFileSync(join(folder, 'fork/package.json'), '{"name":"another"}')
const own = { host: '127.0.0.1', port: 7_331 }

const stdio = (line: readonly string[]): { type: 'stdio'; command: string; args: readonly string[] } => {
  const [command = '', ...args] = line
  return { type: 'stdio', command, args }
}

describe('a command that starts this gateway', () => {
  it.each<[readonly string[]]>([
    [['mcp-optimizer']],
    [['mcp-optimizer', 'serve']],
    [['/usr/local/bin/mcp-optimizer', 'serve']],
    [['C:\\tools\\mcp-optimizer.CMD']],
    [['node', cli, 'serve']],
    [[process.execPath, '--max-old-space-size=200', '--import', 'x.mjs', cli, 'serve']],
    [['node', '/opt/lib/node_modules/mcp-optimizer/dist/cli.js', 'serve']],
    [[join(folder, 'gateway'), 'serve']],
    [['npx', 'mcp-optimizer']],
    [['npx', '-y', 'mcp-optimizer@0.1.0', 'serve']],
    [['npx', '--yes', '--package', 'mcp-optimizer@latest', 'mcp-optimizer', 'serve']],
    [['npx', '-p', 'x', '-c', 'mcp-optimizer serve']],
    [['npx', '-y', './mcp-optimizer-0.1.0.tgz', 'serve']],
    [['npx', '-y', 'github:someone/mcp-optimizer#main']],
    [['C:\\Program Files\\nodejs\\npx.cmd', '-y', 'mcp-optimizer']],
    [['npm', 'exec', '--yes', '--', 'mcp-optimizer', 'serve']],
    [['npm', 'x', 'mcp-optimizer']],
    [['pnpm', 'dlx', 'mcp-optimizer']],
    [['yarn', 'dlx', '-q', 'mcp-optimizer']],
    [['bunx', 'mcp-optimizer@1', 'serve']],
    [['bun', 'x', 'mcp-optimizer']],
    [['bun', 'run', cli]],
    [['deno', 'run', '-A', 'npm:mcp-optimizer', 'serve']],
    [['cmd', '/c', 'npx', '-y', 'mcp-optimizer@0.1.0', 'serve']],
    [['cmd.exe', '/d', '/s', '/c', 'npx -y mcp-optimizer serve']],
    [['powershell', '-NoProfile', '-Command', 'npx mcp-optimizer serve']],
    [['sh', '-c', 'exec npx -y mcp-optimizer serve']],
    [['bash', '-lc', 'cd /tmp && A=1 mcp-optimizer serve 2>/dev/null']],
    [['env', 'A=1', '-u', 'B', 'npx', 'mcp-optimizer']],
    [['timeout', '60', 'mcp-optimizer', 'serve']],
    [['docker', 'run', '-i', '--rm', '-e', 'A=1', '-v', '/home/me:/work', 'mcp-optimizer:0.1', 'serve']],
    [['podman', 'run', '--rm', '-i', 'ghcr.io/someone/mcp-optimizer@sha256:abc']],
    [['docker', 'run', '-i', 'node:24', 'npx', '-y', 'mcp-optimizer']],
    [['docker', 'exec', '-i', 'box', 'mcp-optimizer', 'serve']],
    [['npx', '-y', 'mcp-remote', 'http://localhost:7331/mcp']],
    [['npx', 'supergateway', '--streamableHttp', 'http://127.0.0.1:7331/mcp/']],
  ])('%j', (line) => {
    expect(isOurselves(stdio(line), own)).toBe(true)
  })

  it.each<[readonly string[]]>([
    [['npx', '-y', '@modelcontextprotocol/server-filesystem', '/home/me/mcp-optimizer']],
    [['npx', '-y', '@someone/mcp-optimizer']],
    [['npx', '-y', 'mcp-optimizer-extra']],
    [['node', '/home/me/mcp-optimizer/demo/server.js']],
    [['node', join(folder, 'fork/dist/cli.js')]],
    [['node', '-e', 'console.log(1)', 'mcp-optimizer']],
    [['docker', 'run', '--name', 'mcp-optimizer', '-i', 'mcp/fetch']],
    [['docker', 'run', '-i', '-v', '/home/me/mcp-optimizer:/work', 'mcp/filesystem', '/work']],
    [['uvx', 'mcp-server-git', '--repository', '/home/me/mcp-optimizer']],
    [['sh', '-c', 'cd mcp-optimizer && ./server']],
    [['npx', '-y', 'mcp-remote', 'http://localhost:9000/mcp']],
    [['npx', '-y', 'mcp-remote', 'https://example.com:7331/mcp']],
    [['cmd', '/c', 'npx', '-y', 'other', 'mcp-optimizer']],
  ])('%j is another', (line) => {
    expect(isOurselves(stdio(line), own)).toBe(false)
  })
})

describe('an address of this gateway', () => {
  const at = (url: string, host = '127.0.0.1'): boolean => isOurselves({ type: 'http', url }, { host, port: 7_331 })

  it.each([
    'http://127.0.0.1:7331/mcp',
    'http://localhost:7331/mcp/',
    'HTTP://LOCALHOST.:7331/mcp?x=1',
    'http://[::1]:7331/mcp',
    'http://127.1:7331/mcp',
    'http://2130706433:7331/mcp',
    'http://app.localhost:7331/mcp',
    'http://0.0.0.0:7331/mcp',
    'http://[::ffff:127.0.0.1]:7331/mcp',
    'http://user:pw@127.8.8.8:7331/mcp',
  ])('%s', (url) => {
    expect(at(url)).toBe(true)
    expect(at(url, '0.0.0.0')).toBe(true)
    expect(at(url, '192.168.7.7')).toBe(false)
  })

  it.each([
    'http://127.0.0.1:7332/mcp',
    'http://127.0.0.1:7331/other',
    'http://example.com:7331/mcp',
    'http://127.0.0.1.example.com:7331/mcp',
    'not an address',
  ])('%s is another', (url) => {
    expect(at(url)).toBe(false)
  })
})

function place(files: Readonly<Record<string, unknown>>): LoadOptions {
  const root = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), JSON.stringify(content))
  }
  mkdirSync(join(root, 'work'), { recursive: true })
  return { cwd: join(root, 'work'), env: {}, home: root, platform: 'linux', userFolder: join(root, 'user') }
}

describe('the configuration', () => {
  it('leaves this gateway out by the address that it is served at', async () => {
    const options = place({
      '.cursor/mcp.json': { mcpServers: { gateway: { url: 'http://localhost:9000/mcp' }, other: { command: 'x' } } },
    })
    const { config, skipped, problems } = await loadConfig({ ...options, flags: { http: '9000' } })
    expect([Object.keys(config.servers), problems]).toEqual([['other'], []])
    expect(skipped).toMatchObject([{ name: 'gateway', path: 'mcpServers.gateway', why: 'ourselves' }])
    expect(Object.keys((await loadConfig(options)).config.servers)).toEqual(['gateway', 'other'])
  })

  it('says so where its own file names it', async () => {
    const servers = { me: { command: 'npx', args: ['mcp-optimizer'] }, a: { url: 'http://127.0.0.1:8123/mcp' } }
    const options = place({ 'user/mcp-optimizer.json': { http: { port: 8_123 }, servers } })
    const { config, problems } = await loadConfig(options)
    expect(config.servers).toEqual({})
    expect(problems.map(({ path, message }) => [path, message])).toEqual([
      ['servers.me', 'is this gateway itself'],
      ['servers.a', 'is this gateway itself'],
    ])
  })
})

describe('the same server in several clients', () => {
  const github = { command: 'npx', args: ['-y', 'server-github'], env: { T: '1' } }

  it('is one, by its first name, whatever the others are called', async () => {
    const web = { url: 'https://x.example/mcp', headers: { Authorization: 'a' } }
    const options = place({
      '.cursor/mcp.json': { mcpServers: { github, web } },
      '.kiro/settings/mcp.json': { mcpServers: { gh: { ...github, args: ['server-github'], timeout: 1 } } },
      '.copilot/mcp-config.json': {
        mcpServers: { site: { type: 'http', url: 'https://X.example/mcp', headers: { authorization: 'a' } } },
      },
    })
    const { config, skipped, problems } = await loadConfig(options)
    expect([Object.keys(config.servers).toSorted(), problems]).toEqual([['github', 'web'], []])
    expect(skipped.map(({ name, as, why }) => [name, as, why]).toSorted()).toEqual([
      ['gh', 'github', 'same'],
      ['site', 'web', 'same'],
    ])
  })

  it.each<[string, object]>([
    ['another environment', { ...github, env: { T: '2' } }],
    ['other arguments', { ...github, args: ['-y', 'server-github', '--x'] }],
    ['another folder', { ...github, cwd: '/x' }],
    ['other tools', { ...github, disabledTools: ['delete'] }],
  ])('with %s stays two', async (_what, other) => {
    const options = place({
      '.cursor/mcp.json': { mcpServers: { github } },
      '.kiro/settings/mcp.json': { mcpServers: { gh: other } },
    })
    expect(Object.keys((await loadConfig(options)).config.servers)).toEqual(['github', 'gh'])
  })

  it('is not taken away by one that is switched off', async () => {
    const options = place({
      '.cursor/mcp.json': { mcpServers: { github: { ...github, disabled: true } } },
      '.kiro/settings/mcp.json': { mcpServers: { gh: github } },
    })
    expect((await loadConfig(options)).config.servers).toMatchObject({ github: { disabled: true }, gh: github })
  })

  it('stays two where one file names it twice, and under one name two servers are a problem', async () => {
    const twice = place({ '.cursor/mcp.json': { mcpServers: { a: github, b: github } } })
    expect(Object.keys((await loadConfig(twice)).config.servers)).toEqual(['a', 'b'])
    const clash = place({
      '.cursor/mcp.json': { mcpServers: { github } },
      '.kiro/settings/mcp.json': { mcpServers: { github: { command: 'other' } } },
    })
    expect((await loadConfig(clash)).problems).toMatchObject([{ path: 'mcpServers.github' }])
  })
})
