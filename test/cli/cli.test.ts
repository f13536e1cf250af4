import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { everything, filesystem, isAlive, memory, temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const folder = temporaryFolder()
const env = {
  ...process.env,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, '.config'),
  XDG_CACHE_HOME: join(folder, '.cache'),
  NODE_NO_WARNINGS: '1',
}

beforeAll(() => {
  writeFileSync(join(folder, 'note.txt'), 'hello')
  writeFileSync(
    join(folder, 'mcp-optimizer.json'),
    JSON.stringify({ servers: { filesystem: filesystem(folder), memory: memory(folder) }, cacheDir: './cache' }),
  )
})

/** A folder whose server tells what it received. */
const exact = temporaryFolder()
const exactServer = fileURLToPath(new URL('../support/exact-server.mjs', import.meta.url))
writeFileSync(
  join(exact, 'mcp-optimizer.json'),
  JSON.stringify({
    servers: { exact: { type: 'stdio', command: process.execPath, args: [exactServer] } },
    cacheDir: './cache',
  }),
)

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** In a folder of its own a test names the configuration there, if there is one, as a user does who trusts it. */
async function run(args: readonly string[], input = '', cwd = folder, more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const file = join(cwd, 'mcp-optimizer.json')
  const named = cwd === folder || !existsSync(file) ? {} : { MCP_OPTIMIZER_CONFIG: file }
  const child = spawn(process.execPath, [cli, ...args], { cwd, env: { ...env, ...named, ...more } })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

describe('the command line', () => {
  it('helps', async () => {
    const general = await run(['--help'])
    expect(general.code).toBe(0)
    for (const command of [
      'serve',
      'call',
      'run',
      'search',
      'intents',
      'audit',
      'dashboard',
      'doctor',
      'setup',
      'import',
    ]) {
      expect(general.stdout).toContain(command)
      const { code, stdout } = await run([command, '--help'])
      expect([code, stdout]).toEqual([0, expect.stringContaining('Examples:')])
    }
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [['serch'], 'did you mean "search"'],
    [['call', 'x', '--parms', '1'], 'did you mean "--params"'],
    [['call'], 'which intent'],
    [['call', 'x', '--params', '{'], 'is not JSON'],
    [['call', 'x', 'novalue'], 'is not key=value'],
    [['run', 'missing.ts'], 'no such file'],
    [['import'], 'which clients'],
    [['setup'], 'which clients'],
    [['setup', '--http', 'x'], 'wanted PORT'],
    [['search', 'x', '--limit', 'abc'], '"abc"'],
    [['--serve'], 'write mcp-optimizer serve'],
  ])('%j: exit code 2 and what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
  })

  it('exit code 3 for a wrong configuration', async () => {
    expect(await run(['call', 'x', '--config', 'nope.json'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no such file'),
    })
    expect(await run(['serve', '--http', '0.0.0.0:0'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('without a token'),
    })
  })

  it('gives parameters as the schema wants them (27, 44)', async () => {
    const sent = async (...pairs: readonly string[]): Promise<string> => {
      const answer = await run(['call', 'exact.take_all', ...pairs], '', exact)
      return answer.stdout.trim() || answer.stderr
    }
    const id = '1541815603606036481'
    expect(await sent(`id=${id}`)).toBe(`: {"id":${id}}`)
    expect(await sent('--params', `{"id":${id}}`)).toBe(`: {"id":${id}}`)
    expect(await sent('title=42', 'any=42')).toBe(': {"title":"42","any":42}')
    expect(await sent('title={"a": 5.20}', 'maybe=5.20', 'any={"a":1}')).toBe(
      ': {"title":"{\\"a\\": 5.20}","maybe":"5.20","any":{"a":1}}',
    )
    expect(await sent('price:=5.25', 'title=a=b', 'price2=x')).toBe(': {"price":5.25,"title":"a=b","price2":"x"}')
    expect(await sent('price:=5,2')).toContain('price:= 5,2 is not JSON')
  })

  it('calls a tool, with pairs or JSON; exit code 1 and a suggestion when it fails', async () => {
    const ok = await run(['call', 'filesystem.read_text_file', `path=${join(folder, 'note.txt')}`, '--json'])
    expect(ok.code).toBe(0)
    expect(JSON.parse(ok.stdout)).toMatchObject({ status: 'ok', data: { content: 'hello' } })
    const failed = await run(['call', 'filesystem.read_texxt_file', '--params', '{}'])
    expect(failed).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('nearest: filesystem.read_text_file'),
    })
  })

  it('runs code from a file and from standard input', async () => {
    writeFileSync(join(folder, 'two.ts'), 'const n: number = params.n\nreturn n * 2')
    expect(await run(['run', 'two.ts', '--params', '{"n": 21}'])).toMatchObject({ code: 0, stdout: '42\n' })
    expect(await run(['run', '-', '--timeout', '0.1'], 'for (;;);')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--timeout SECONDS'),
    })
    expect(await run(['run', '-', '--timeout', 'soon'])).toMatchObject({ code: 2 })
    expect(await run(['run', '-'], 'return Object.keys(tools)')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"memory"'),
    })
  })

  it('searches, lists intents, and tells what servers cost', async () => {
    expect((await run(['search', 'read', 'graph'])).stdout.split('\n')[0]).toContain('memory.read_graph')
    expect(JSON.parse((await run(['intents', '--tools', '--json'])).stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'save_intent' }),
        expect.objectContaining({ name: 'memory.read_graph' }),
      ]),
    )
    const report = JSON.parse((await run(['audit', '--json'])).stdout)
    expect(report).toMatchObject({
      tools: 23,
      tokenizer: 'cl100k_base',
      provenance: 'measured',
      servers: [
        { name: 'filesystem', tools: 14 },
        { name: 'memory', tools: 9 },
      ],
    })
    expect(report.today).toBeGreaterThan(report.withUs * 5)
    expect((await run(['audit'])).stdout).toContain('with mcp-optimizer')
    // The page says the same, to the token.
    const { summary } = JSON.parse((await run(['report', '--json'])).stdout) as { summary: string }
    expect(summary).toContain(`are ${report.today.toLocaleString('en')} tokens`)
    expect(summary).toContain(`surface it carries ${report.withUs.toLocaleString('en')}:`)
  })

  it('gives advice where no server is configured', async () => {
    const empty = temporaryFolder()
    for (const args of [['audit'], ['search', 'anything'], ['intents']]) {
      const { code, stdout, stderr } = await run(args, '', empty)
      expect([code, stderr]).toEqual([
        0,
        expect.stringMatching(/no server is configured.*next: run mcp-optimizer setup/),
      ])
      expect(stdout).not.toContain('100 %')
    }
    expect((await run(['doctor'], '', empty)).stdout).toContain('no server (no configuration was found)')
    // What waits for approval is not missing.
    writeFileSync(join(empty, '.mcp.json'), JSON.stringify({ mcpServers: { one: { command: 'never-started' } } }))
    const { stderr } = await run(['audit'], '', empty)
    expect(stderr).toContain('left out until you approve')
    expect(stderr).not.toContain('no server is configured')
  })

  it('shows what was learned of results, in this run and the ones before, and forgets it', async () => {
    const own = temporaryFolder()
    writeFileSync(join(own, 'mcp-optimizer.json'), JSON.stringify({ servers: { everything }, cacheDir: './cache' }))
    for (const message of ['one', 'two'])
      expect((await run(['call', 'everything.echo', `message=${message}`], '', own)).code).toBe(0)
    expect(JSON.parse((await run(['audit', '--json'], '', own)).stdout).outputs).toEqual([
      { tool: 'everything.echo', samples: 2, type: 'string' },
    ])
    expect((await run(['audit'], '', own)).stdout).toContain('everything.echo: string (2 results)')
    expect(JSON.parse((await run(['audit', '--json', '--forget-types'], '', own)).stdout).outputs).toEqual([])
    expect(JSON.parse((await run(['audit', '--json'], '', own)).stdout).outputs).toEqual([])
  })

  it('examines servers and says how to mend what is wrong', async () => {
    const broken = temporaryFolder()
    writeFileSync(
      join(broken, 'mcp-optimizer.json'),
      JSON.stringify({ servers: { dead: { command: 'no-such-command' }, memory: memory(broken) }, fetures: {} }),
    )
    const { code, stdout } = await run(['doctor', '--json'], '', broken)
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ what: 'sandbox (wasm)', ok: true }),
        expect.objectContaining({ what: 'server memory', ok: true }),
        expect.objectContaining({
          what: 'server dead',
          ok: false,
          fix: 'install "no-such-command" or give its full path',
        }),
        expect.objectContaining({ what: 'configuration', ok: false, detail: expect.stringContaining('fetures') }),
      ]),
    )
  })

  it('shows no secret of the configuration in what people paste into reports (41)', async () => {
    const told = temporaryFolder()
    const servers = {
      web: { url: 'http://127.0.0.1:1/mcp', headers: { Authorization: 'Bearer sekret-abc123\nx' } },
      keyed: {
        command: process.execPath,
        args: ['-e', 'console.error(`bad key ${process.argv[1]}`); process.exit(1)', '--token', 'sekret-def456'],
      },
    }
    writeFileSync(join(told, 'mcp-optimizer.json'), JSON.stringify({ servers }))
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await run(['doctor', ...options], '', told)
      expect(stdout).toContain('its header Authorization holds a line break')
      expect(stdout + stderr).not.toContain('sekret')
    }
  })

  it("writes our entry into a client's configuration and takes it back", async () => {
    const home = temporaryFolder()
    const fresh = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') }
    const imported = async (...more: string[]): Promise<Ended> =>
      await run(['import', '--client', 'cursor', ...more], '', home, fresh)
    expect((await imported()).code).toBe(0)
    expect((await imported('--dry-run')).stdout).toContain('set up already')
    expect((await imported('--undo')).code).toBe(0)
    expect(await run(['import', '--client', 'cursr'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nearest: cursor'),
    })
  })
})

describe('serve over stdio', () => {
  const initialize = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } } })}\n`
  const call = `${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'execute_intent', arguments: { intent: 'memory.read_graph' } } })}\n`

  /** Process ids of the servers of this test, by their memory file. */
  async function serversOf(): Promise<number[]> {
    const { readdirSync, readFileSync } = await import('node:fs')
    return readdirSync('/proc').flatMap((name) => {
      try {
        const ours =
          /^\d+$/.test(name) &&
          readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('server-memory') &&
          readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder)
        return ours ? [Number(name)] : []
      } catch {
        return []
      }
    })
  }

  it('answers, and when its input closes ends with 0 within 2 s and leaves nothing', async () => {
    const child = spawn(process.execPath, [cli, 'serve'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stdin.write(initialize + call)
    await vi.waitFor(() => expect(stdout).toContain('"id":2'), { timeout: 15_000 })
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
    const started = performance.now()
    child.stdin.end()
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0)
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(await serversOf()).toEqual([])
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('leaves no server behind after %s', async (signal) => {
    const child = spawn(process.execPath, [cli, 'serve'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stdin.write(initialize + call)
    await vi.waitFor(() => expect(stdout).toContain('"id":2'), { timeout: 15_000 })
    const pids = await serversOf()
    expect(pids.length).toBeGreaterThan(0)
    child.kill(signal)
    await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 4_000 })
  })

  it('survives lines that are no messages', async () => {
    const { code, stdout } = await run(['serve'], `garbage\n{"jsonrpc":"2.0"\n[]\n5\n${initialize}`)
    expect(code).toBe(0)
    const messages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { error?: { code: number }; result?: object })
    expect(messages.filter(({ error }) => error?.code === -32_700)).toHaveLength(2)
    expect(messages.at(-1)?.result).toMatchObject({ serverInfo: { name: 'mcp-optimizer' } })
  })
})
