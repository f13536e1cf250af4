import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

let home: string
let work: string
let marker: string

beforeEach(() => {
  home = temporaryFolder()
  work = join(home, 'work')
  marker = join(home, 'marker')
  mkdirSync(work)
  writeFileSync(join(work, '.mcp.json'), config('touch'))
})

function config(command: string): string {
  return JSON.stringify({
    mcpServers: { helper: { command, args: [marker], headers: { 'X-Key': '${API_KEY:-none}' } } },
  })
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(args: readonly string[], input = '', cwd = work): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
  }
  const child = spawn(process.execPath, [cli, ...args], { cwd, env })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})

describe('what a project would run', () => {
  it('is run by no command, and each says how to approve it', async () => {
    const line = `left out until you approve: helper of ${join(work, '.mcp.json')}; see what would run: mcp-optimizer trust ${work}`
    const commands = [['intents', '--tools'], ['audit'], ['status', '--http', '1'], ['doctor', '--json']]
    const ended = await Promise.all([
      run(['serve'], `${initialize}\n`),
      ...commands.map(async (args) => await run(args)),
    ])
    for (const { stdout, stderr } of ended) expect(stdout + stderr).toContain(line)
    expect(existsSync(marker)).toBe(false)
  })

  it('is told to an agent that finds nothing, or that names it', async () => {
    const search = await run(['search', 'helper'])
    expect(search.stdout).toContain(
      'Not searched: helper of this project waits for approval\nA person approves with: mcp-optimizer trust',
    )
    const call = await run(['call', 'helper.x'])
    expect(call.stderr).toContain('helper belongs to the project here, and nobody has approved it')
  })

  it('is shown with its command and variables, and approved by nobody without a terminal', async () => {
    const { code, stdout, stderr } = await run(['trust'], 'y\n')
    expect(code).toBe(1)
    expect(stdout).toContain(`helper: touch ${marker}`)
    expect(stdout).toContain('reads the variables API_KEY')
    expect(stderr).toContain('--yes approves')
    expect(existsSync(join(home, '.config'))).toBe(false)
  })

  it('runs once approved, until it changes', async () => {
    expect(await run(['trust', work, '--yes'], '', home)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Approved.'),
    })
    expect(await run(['trust'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Approved already:') })
    expect((await run(['search', 'x'])).stderr).not.toContain('left out')
    expect(existsSync(marker)).toBe(true)
    writeFileSync(join(work, '.mcp.json'), config('rm'))
    expect((await run(['search', 'x'])).stderr).toContain('changed since it was approved')
    expect(existsSync(marker)).toBe(true)
  })

  it('is listed, as JSON too, and taken back', async () => {
    await run(['trust', '--yes'])
    expect((await run(['trust', '--list'])).stdout).toContain(`${work}\n  server helper of ${join(work, '.mcp.json')}`)
    const listed = JSON.parse((await run(['trust', '--list', '--json'])).stdout) as unknown[]
    expect(listed).toMatchObject([{ kind: 'server', folder: work, name: 'helper' }])
    const shown = JSON.parse((await run(['trust', '--json'])).stdout) as object
    expect(shown).toMatchObject({ folder: work, approved: true, parts: [{ name: 'helper', before: 'approved' }] })
    mkdirSync(join(work, 'below'))
    expect((await run(['trust', '--revoke', 'below'])).stdout).toBe(`took back 1 approval in ${work}\n`)
    expect((await run(['trust', '--list'])).stdout).toBe('nothing is approved\n')
    await run(['search', 'x'])
    expect(existsSync(marker)).toBe(false)
  })

  it('shows what a terminal would hide', async () => {
    const command = 'sh\u001b[2K\u202e -c \u200bx'
    writeFileSync(
      join(work, '.mcp.json'),
      JSON.stringify({ mcpServers: { ['a\u001b[31m']: { command: 'sh', args: [command] } } }),
    )
    const { stdout } = await run(['trust'])
    expect(stdout).toContain('"sh\\u001b[2K\\u{202e} -c \\u{200b}x"')
    expect([...stdout].every((character) => character === '\n' || character >= ' ')).toBe(true)
    writeFileSync(join(work, 'mcp-optimizer.json'), '{"\\u001b[2J\\nforged": 1, "\\u001b[2J\\nforged": 2}')
    const { stderr } = await run(['trust'])
    expect(stderr).toContain('stands there twice')
    expect(stderr).not.toMatch(/\u001b|^forged/m)
  })

  it('tells of approvals that are damaged', async () => {
    await run(['trust', '--yes'])
    const folder = join(home, '.config/mcp-optimizer/trust')
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'x')
    expect((await run(['trust'])).stderr).toContain('is damaged and approves nothing')
    await run(['search', 'x'])
    expect(existsSync(marker)).toBe(false)
  })

  it.each([
    [['trust', 'nowhere'], 'is no folder'],
    [['trust', '--list', '--yes'], 'one of --yes, --list and --revoke'],
  ])('%j is wrong usage', async (args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })
})

it('nothing to approve is told', async () => {
  expect(await run(['trust'], '', home)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('No file of a project'),
  })
})

it('an intent of a project is evaluated once it is approved, and one that an agent saved there at once', async () => {
  const source =
    'export const metadata = { name: "hello", description: "Says hello", input: { type: "object" } }\nexport default async () => "hi"\n'
  writeFileSync(join(work, 'mcp-optimizer.json'), JSON.stringify({ intents: ['./intents'] }))
  mkdirSync(join(work, 'intents'))
  await run(['trust', '--yes'])
  writeFileSync(join(work, 'intents/hello.ts'), source)
  expect((await run(['intents'])).stdout).not.toContain('hello')
  await run(['trust', '--yes'])
  expect((await run(['intents'])).stdout).toContain('hello')
  const calls = [
    ['execute_code', { code: 'return 42' }],
    ['execute_intent', { intent: 'save_intent', params: { name: 'kept', description: 'Keeps', code: 'return 42' } }],
  ] as const
  const lines = calls.map(([name, args], index) =>
    JSON.stringify({ jsonrpc: '2.0', id: index + 2, method: 'tools/call', params: { name, arguments: args } }),
  )
  const [first = '', second = ''] = lines
  await serveInTurn([initialize, first, second])
  expect((await run(['intents'])).stdout).toContain('kept')
})

/** Sends each message when the one before was answered. */
async function serveInTurn(messages: readonly string[]): Promise<void> {
  const env = { PATH: process.env['PATH'], HOME: home }
  const child = spawn(process.execPath, [cli, 'serve'], { cwd: work, env, stdio: ['pipe', 'pipe', 'ignore'] })
  const rest = [...messages]
  const next = (): void => {
    const message = rest.shift()
    if (message === undefined) child.stdin.end()
    else child.stdin.write(`${message}\n`)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line.includes('"id":')) next()
  })
  next()
  await new Promise<void>((resolve) => child.on('close', () => resolve()))
}
