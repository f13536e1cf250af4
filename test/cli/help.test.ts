import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { countOperands } from '../../src/cli/command-line.ts'
import { COMMANDS, commandNamed } from '../../src/cli/commands.ts'
import { GATEWAY_OPTIONS } from '../../src/cli/gateway-options.ts'
import { commandHelp, generalHelp, topicHelp, topicNames } from '../../src/cli/help.ts'
import { hintFor, hintForFlag } from '../../src/cli/hints.ts'
import { createPalette } from '../../src/cli/palette.ts'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const plain = { ...createPalette({}, {}), width: Number.POSITIVE_INFINITY }
const names = Object.keys(COMMANDS)

function run(...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const cwd = temporaryFolder()
  const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_CACHE_HOME: cwd }
  const { status: code, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { cwd, env, encoding: 'utf8' })
  return { code, stdout, stderr }
}

describe('help', () => {
  it('names every command and every topic', async () => {
    const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => await load()))
    const text = generalHelp(commands, plain)
    for (const name of names) expect(text).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
    for (const topic of topicNames()) expect(text).toContain(`help ${topic}`)
  })

  it.each(names)('of %s has its own flags, each described, and none of the shared ones', async (name) => {
    const command = await commandNamed(name)
    if (command === undefined) throw new TypeError('listed above')
    const text = commandHelp(command, plain)
    expect(command.name).toBe(name)
    expect(text).toContain('Examples:\n  mcp-optimizer')
    for (const option of Object.keys(command.options))
      if (option in GATEWAY_OPTIONS) expect(text).not.toMatch(new RegExp(`^  --${option}\\b`, 'm'))
      else expect(text).toMatch(new RegExp(`^  --${option}( \\S+)? +\\S`, 'm'))
  })

  it('fits the terminal', async () => {
    for (const name of names) {
      const command = await commandNamed(name)
      if (command === undefined) throw new TypeError('listed above')
      for (const width of [60, 80, 120]) {
        const [described = ''] = commandHelp(command, { ...plain, width }).split('Examples:')
        const lines = described.split('\n').filter((line) => !line.startsWith('Usage:'))
        for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(Math.max(width, 72))
      }
    }
  })

  it('has topics for what belongs to no single command', () => {
    for (const option of Object.keys(GATEWAY_OPTIONS)) expect(topicHelp('flags', plain)).toContain(`--${option}`)
    expect(topicHelp('exit-codes', plain)).toContain('wrong configuration')
    expect(topicHelp('environment', plain)).toContain('NO_COLOR')
    expect(topicHelp('modes', plain)).toContain('lazy_loading')
    expect(topicHelp('nothing', plain)).toBeUndefined()
  })

  it('is asked for in every usual way', () => {
    const serve = run('serve', '--help').stdout
    expect(serve).toContain('Usage: mcp-optimizer serve')
    for (const args of [
      ['help', 'serve'],
      ['--help', 'serve'],
      ['serve', '-h'],
    ])
      expect(run(...args)).toEqual({ code: 0, stdout: serve, stderr: '' })
    for (const args of [['--version'], ['-V'], ['-v'], ['version']])
      expect(run(...args)).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  })
})

describe('a word too many or unknown', () => {
  it.each([
    [['serve', 'extra'], '"extra" is one word too many: serve takes no words'],
    [['run', 'a.ts', 'b.ts'], '"b.ts" is one word too many: run takes FILE|-'],
    [['doctor', 'help'], 'mcp-optimizer help doctor'],
    [['help', 'nothing'], 'unknown command "nothing"'],
    [['search', 'x', '--detail', 'all'], 'wanted one of name, signature, full'],
    [['--json', 'doctor'], 'mcp-optimizer COMMAND --json'],
  ])('%j is refused', (args, message) => {
    const { code, stdout, stderr } = run(...args)
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)])
  })

  it.each([
    ['list', 'intents --tools'],
    ['ls', 'intents --tools'],
    ['tools', 'intents --tools'],
    ['add', '"servers"'],
    ['remove', '"servers"'],
    ['enable', 'without "disabled": true'],
    ['auth', 'mcp-optimizer login SERVER'],
    ['init', 'mcp-optimizer setup'],
    ['install', 'mcp-optimizer setup'],
    ['start', 'serve'],
    ['stop', 'Ctrl-C'],
    ['logs', '--log-level debug'],
    ['ui', 'dashboard'],
    ['config', 'mcp-optimizer.json'],
    ['exec', 'run FILE'],
    ['LIST', 'intents --tools'],
    ['github.list_issues', 'mcp-optimizer call github.list_issues'],
    ['report.ts', 'mcp-optimizer run report.ts'],
    ['serch', 'did you mean "search"'],
    ['Serve', 'did you mean "serve"'],
    ['doc', 'mcp-optimizer help'],
    ['dash', 'did you mean "dashboard"'],
    ['audi', 'did you mean'],
    ['complete', 'mcp-optimizer completion bash'],
  ])('%s: says what does it', (word, expected) => {
    expect(hintFor(word, [], names)).toContain(expected)
  })

  it.each(['foo', 'xyz', 'zebra', 'a', 'banana', 'zzzzzzzz'])('%s: proposes nothing at random', (word) => {
    expect(hintFor(word, [], names)).toBe(`unknown command "${word}"; mcp-optimizer help lists the commands`)
  })

  it.each([
    ['--limt', ['limit', 'json'], '', '--limit'],
    ['--verbose', ['log-level'], '', '--log-level debug'],
    ['--port', ['http'], '', '--http [HOST:]PORT'],
    ['--path', ['params'], 'INTENT [key=value ...]', 'path=value'],
    ['--port', ['json'], '', ''],
    ['--foo', ['json', 'http'], '', ''],
  ])('%s', (flag, options, usage, expected) => {
    const hint = hintForFlag(flag, options, usage)
    if (expected === '') expect(hint).toBe('')
    else expect(hint).toContain(expected)
  })

  it('counts the words of a usage, not the values of its flags', () => {
    expect(countOperands('')).toBe(0)
    expect(countOperands('[--http [HOST:]PORT]')).toBe(0)
    expect(countOperands('--client NAME [--dry-run | --undo]')).toBe(0)
    expect(countOperands('FILE|- [--params JSON]')).toBe(1)
    expect(countOperands('[FOLDER]')).toBe(1)
    expect(countOperands('bash|zsh|fish')).toBe(1)
    expect(countOperands('QUERY... [--server NAME] [--detail name|signature|full]')).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('colours', () => {
  const terminal = { isTTY: true }
  it.each([
    [terminal, {}, true],
    [{}, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [terminal, { CI: 'true' }, true],
    [{}, { CI: 'true' }, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('on %j with %j: %s', (stream, env, isColoured) => {
    expect(createPalette(stream, env).wrong('WRONG') !== 'WRONG').toBe(isColoured)
  })
})
