import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { completionsOf } from '../../src/cli/completions.ts'
import { memory, temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const folder = temporaryFolder()
const programs = join(folder, 'bin')
const env = {
  ...process.env,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, '.config'),
  XDG_CACHE_HOME: join(folder, '.cache'),
  PATH: `${programs}:${process.env['PATH'] ?? ''}`,
  MCP_OPTIMIZER_CONFIG: join(folder, 'mcp-optimizer.json'),
}

beforeAll(() => {
  const servers = { memory: memory(folder), never: { command: join(folder, 'starts-nothing') } }
  writeFileSync(join(folder, 'mcp-optimizer.json'), JSON.stringify({ servers, cacheDir: './cache' }))
  mkdirSync(programs)
  writeFileSync(join(programs, 'mcp-optimizer'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`)
  chmodSync(join(programs, 'mcp-optimizer'), 0o755)
  writeFileSync(join(folder, 'starts-nothing'), `#!/bin/sh\ntouch '${join(folder, 'started')}'\n`)
  chmodSync(join(folder, 'starts-nothing'), 0o755)
  // Lists are remembered by whoever reads them first.
  shell('sh', ['-c', 'mcp-optimizer call memory.read_graph'])
})

function shell(program: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' })
  if (error !== undefined) throw error
  return stdout + stderr
}

async function after(...words: readonly string[]): Promise<string[]> {
  return (await completionsOf(words, { cwd: folder, env })).map(({ value }) => value)
}

describe('completion', () => {
  it('knows commands, topics, flags and their values', async () => {
    expect(await after('se')).toEqual(['setup', 'serve', 'search'])
    expect(await after('')).toEqual(expect.arrayContaining(['help', 'completion', 'trust']))
    expect(await after('help', 'm')).toEqual(['modes'])
    expect(await after('search', '--de')).toEqual(['--detail'])
    expect(await after('search', 'x', '--detail', '')).toEqual(['name', 'signature', 'full'])
    expect(await after('serve', '--execution-mode', 'l')).toEqual(['lazy_loading'])
    expect(await after('serve', '--execution-mode=l')).toEqual(['--execution-mode=lazy_loading'])
    expect(await after('serve', '--execution-mode', '=', 'l')).toEqual(['lazy_loading'])
    expect(await after('setup', '--client', 'cur')).toEqual(['cursor'])
    expect(await after('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('knows servers, and tools that are remembered, and starts nothing', async () => {
    expect(await after('search', 'x', '--server', '')).toEqual(['memory', 'never'])
    expect(await after('call', 'memory.read')).toEqual(['memory.read_graph'])
    const asked = after('call', '')
    expect(await asked).toHaveLength(9)
    await expect(after('call', 'never.')).resolves.toEqual([])
    expect(existsSync(join(folder, 'cache', 'tools'))).toBe(true)
  })

  it('leaves files to the shell, and says nothing of what it does not know', async () => {
    for (const words of [
      ['run', ''],
      ['serve', '--config', ''],
      ['nothing', ''],
      ['call', 'memory.read_graph', ''],
      ['doctor', ''],
    ])
      expect(await after(...words)).toEqual([])
  })
})

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined
for (const program of ['bash', 'zsh', 'fish'])
  if (!has(program)) console.log(`skipped: completion in ${program}: it is not installed`)

const bash = (...words: readonly string[]): string[] =>
  shell('bash', [
    '--norc',
    '-c',
    `source <(mcp-optimizer completion bash); source <(mcp-optimizer completion bash)
     COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mcp_optimizer; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    'mcp-optimizer',
    ...words,
  ])
    .trim()
    .split('\n')

describe.skipIf(!has('bash'))('in bash', () => {
  it('completes, evaluates nothing that was typed, and may be loaded twice', () => {
    expect(bash('se')).toEqual(['setup', 'serve', 'search'])
    expect(bash('call', 'memory.open')).toEqual(['memory.open_nodes'])
    expect(bash('search', `$(touch ${join(folder, 'evaluated')})`, '--detail', 'f')).toEqual(['full'])
    expect(existsSync(join(folder, 'evaluated'))).toBe(false)
  })
})

describe.skipIf(!has('zsh'))('in zsh', () => {
  it('completes, and evaluates nothing that was typed', () => {
    const script = `_describe() { print -l -- "\${(@P)2}" }
      _files() { print files }
      source <(mcp-optimizer completion zsh); words=(mcp-optimizer "$@"); CURRENT=$#words; _mcp_optimizer`
    const zsh = (...words: readonly string[]): string => shell('zsh', ['-f', '-c', script, 'zsh', ...words]).trim()
    expect(zsh('se')).toMatch(/^setup:.+\nserve:Serve MCP\\?: over stdio.*\nsearch:/)
    expect(zsh('call', 'memory.open')).toContain('memory.open_nodes')
    expect(zsh('run', '')).toBe('files')
    expect(zsh('search', `$(touch ${join(folder, 'evaluated')})`, '--detail', 'f')).toContain('full')
    expect(existsSync(join(folder, 'evaluated'))).toBe(false)
  })
})

describe.skipIf(!has('fish'))('in fish', () => {
  it('completes, and evaluates nothing that was typed', () => {
    const fish = (line: string): string =>
      shell('fish', ['--no-config', '-c', `mcp-optimizer completion fish | source; complete -C '${line}'`]).trim()
    expect(fish('mcp-optimizer se')).toMatch(/^search\t.*\nserve\t.*\nsetup\t/)
    expect(fish('mcp-optimizer call memory.open')).toContain('memory.open_nodes')
    expect(fish(`mcp-optimizer search (touch ${join(folder, 'evaluated')}) --detail f`)).toContain('full')
    expect(existsSync(join(folder, 'evaluated'))).toBe(false)
  })
})
