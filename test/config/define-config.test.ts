import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { ConfigProblem, OptimizerConfig } from '../../src/config/config.ts'
import { defineConfig } from '../../src/config/defaults.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { FeatureFlags } from '../../src/config/features.ts'
import { loadConfig } from '../../src/config/load.ts'

const refused = (config: unknown): { message: string; problems: readonly ConfigProblem[] } => {
  try {
    defineConfig(config as PartialConfig)
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID' })
    const { message, details } = thrown as { message: string; details: { problems: ConfigProblem[] } }
    return { message, problems: details.problems }
  }
  return { message: 'taken', problems: [] }
}

const WRONG: [string, object, RegExp][] = [
  ['a time in words', { sandbox: { timeoutMs: 'soon' } }, /sandbox\.timeoutMs found string, wanted number/],
  [
    'a pool of less than nothing',
    { sandbox: { poolSize: -3 } },
    /sandbox\.poolSize is too small, wanted a number of at least 1/,
  ],
  ['a misspelt section', { sandboxx: {} }, /sandboxx is not a known key, wanted "sandbox"/],
  [
    'a backend that is none',
    { sandbox: { backend: 'docker ' } },
    /sandbox\.backend is none of .* wanted one of wasm, process, docker/,
  ],
  ['a misspelt key two levels down', { sandbox: { docker: { usr: '1:1' } } }, /sandbox\.docker\.usr .*wanted "user"/],
  ['the old name of a time', { sandbox: { timeout: 5 } }, /sandbox\.timeout is not a known key, wanted "timeoutMs"/],
  [
    'a server without a command',
    { servers: { a: { type: 'stdio' } } },
    /servers\.a\.command is missing, wanted string/,
  ],
  ['a server with a misspelt command', { servers: { a: { comand: 'x' } } }, /servers\.a\.comand .*wanted "command"/],
  ['a server that is a text', { servers: { a: 'npx x' } }, /servers\.a found string, wanted object/],
  ['servers in a list', { servers: [{ command: 'x' }] }, /servers found array, wanted object/],
  ['a feature that is none', { features: { enableCache: true } }, /features\.enableCache .*wanted "enableCaching"/],
  ['a feature out of range', { features: { maxTokensPerRequest: 5 } }, /features\.maxTokensPerRequest found 5, wanted/],
  ['a port that is none', { http: { port: 70_000 } }, /http\.port is too large, wanted a number of at most 65535/],
  ['null', { cache: null }, /cache found null, wanted object/],
]

describe('defineConfig', () => {
  it.each(WRONG)('refuses %s, and names its place', (_what, config, words) => {
    expect(refused(config).message).toMatch(words)
  })

  it.each(WRONG)('says of %s what loadConfig says', async (_what, config) => {
    const home = mkdtempSync(join(tmpdir(), 'mcp-optimizer-'))
    writeFileSync(join(home, 'x.json'), JSON.stringify(config))
    const { problems } = await loadConfig({ cwd: home, home, userFolder: home, env: {}, flags: { config: 'x.json' } })
    const told = ({ path, message, expected }: ConfigProblem): string => `${path}: ${message}, ${expected}`
    const isListed = 'servers' in config && Array.isArray(config.servers)
    // A file's list of servers has numbers for names.
    if (!isListed) expect(refused(config).problems.map(told)).toEqual(problems.map(told))
  })

  it('names every mistake at once, and says how many there are more', () => {
    const servers = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`s${at}`, { command: 5 }]))
    const { message, problems } = refused({ servers, sandboxx: {} })
    expect(problems).toHaveLength(13)
    expect(message).toMatch(/sandboxx.*servers\.s0\.command found number, wanted string.*; and 3 more$/)
  })

  it.each(['import', 'mcpServers', '$schema'])('refuses %s, which only a file has', (key) => {
    expect(refused({ [key]: true }).message).toContain(`${key} is a key of files`)
  })

  it('leaves the objects of its caller as they are, and itself as it was', () => {
    const args = ['a']
    const servers: Record<string, { command: string; args: string[] }> = { a: { command: 'node', args } }
    const config = defineConfig({ servers })
    args.push('b')
    servers['b'] = { command: 'x', args }
    expect(Object.isFrozen(servers)).toBe(false)
    expect(config.servers).toEqual({ a: { type: 'stdio', command: 'node', args: ['a'], environment: undefined } })
    expect(Object.isFrozen(config.servers['a'])).toBe(true)
    expect(Object.isFrozen(config.servers['a']?.type === 'stdio' && config.servers['a'].args)).toBe(true)
  })

  it('takes undefined for what is missing', () => {
    const loose: object = { sandbox: { timeoutMs: undefined, backend: undefined }, http: undefined }
    expect(defineConfig(loose)).toEqual(defineConfig())
  })

  it('knows a server by its url or command', () => {
    const { servers } = defineConfig({ servers: { near: { command: 'x' }, far: { url: 'https://mcp.example/a' } } })
    expect([servers['near']?.type, servers['far']?.type]).toEqual(['stdio', 'http'])
  })

  it('takes a configuration that it made, and FeatureFlags', () => {
    const config = defineConfig({ features: new FeatureFlags({ cacheTtlSeconds: 5 }), sandbox: { poolSize: 2 } })
    expect(defineConfig(config)).toEqual(config)
    expectTypeOf<OptimizerConfig>().toExtend<PartialConfig>()
  })
})
