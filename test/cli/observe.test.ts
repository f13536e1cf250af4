import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesystem, temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const folder = temporaryFolder()
const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, '.config'), NODE_NO_WARNINGS: '1' }
const secret = 'token-of-the-test-12345'

beforeAll(() => {
  writeFileSync(join(folder, 'note.txt'), 'hello')
  const files = { ...filesystem(folder), env: { SOME_KEY: 'env-value-98765' } }
  writeFileSync(
    join(folder, 'mcp-optimizer.json'),
    JSON.stringify({ servers: { filesystem: files }, cacheDir: './cache', audit: { enabled: true } }),
  )
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command; its input ends once so many lines were answered. */
async function run(args: readonly string[], input = '', answers = 0): Promise<Ended> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (stdout.split('\n').length > answers) child.stdin.end()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.write(input)
  if (answers === 0) child.stdin.end()
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

/** A gateway over HTTP; its log lines are JSON, and the first one tells the address. */
async function serve(...args: string[]): Promise<{ child: ChildProcess; address: string; lines: string[] }> {
  const child = spawn(process.execPath, [cli, 'serve', '--http', '127.0.0.1:0', ...args], { cwd: folder, env })
  const lines: string[] = []
  const reader = createInterface({ input: child.stderr })
  const address = await new Promise<string>((resolve) => {
    reader.on('line', (line) => {
      lines.push(line)
      const { mcp } = JSON.parse(line) as { mcp?: string }
      if (mcp !== undefined) resolve(new URL(mcp).host)
    })
  })
  return { child, address, lines }
}

const message = (id: number, method: string, params: object): string =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`

describe('operators at the command line', () => {
  it('status shows a running gateway, and says how where none runs', async () => {
    const { child, address, lines } = await serve('--token', secret, '--log-level', 'debug')
    const call = await fetch(`http://${address}/rpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: message(1, 'execute_intent', {
        intent: 'filesystem.read_text_file',
        params: { path: join(folder, 'note.txt') },
      }),
    })
    expect(await call.text()).toContain('hello')
    const refused = await run(['status', '--http', address])
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('wants its bearer token')])
    const text = await run(['status', '--http', address, '--token', secret])
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(
      /0 operations in flight.*\n[^]*filesystem │ ready[^]*1 operation \(0 searches, 0 failed\), 1 call/,
    )
    const json = JSON.parse((await run(['status', '--http', address, '--token', secret, '--json'])).stdout) as object
    expect(json).toMatchObject({ servers: [{ name: 'filesystem', state: 'ready' }], audit: { entries: 3 } })
    child.kill('SIGTERM')
    await once(child, 'close')
    const log = lines.join('\n')
    expect(log).toContain('"msg":"closing"')
    expect(log).toContain('"tool":"filesystem.read_text_file"')
    expect(log).not.toMatch(/token-of-the-test|env-value|hello/)
    const gone = await run(['status', '--http', address])
    expect(gone.code).toBe(1)
    expect(gone.stderr).toMatch(/no gateway answers there\n\s+next: start one with "mcp-optimizer serve --http PORT"/)
  })

  it('serve has a dashboard when asked; without a token a link is logged that logs in once, with one none is', async () => {
    const open = await serve('--dashboard')
    const link = await new Promise<string>((resolve) => {
      const look = (): void => {
        const found = open.lines.map((line) => (JSON.parse(line) as { link?: string }).link).find((text) => text)
        if (found === undefined) setImmediate(look)
        else resolve(found)
      }
      look()
    })
    expect(link.startsWith(`http://${open.address}/ui/login?once=`)).toBe(true)
    expect((await fetch(link)).headers.get('set-cookie')).toContain('HttpOnly')
    const closed = await serve('--dashboard', '--token', secret)
    const asked = await fetch(`http://${closed.address}/ui/login`, {
      method: 'POST',
      body: new URLSearchParams({ link: 'new' }),
    })
    expect([asked.status, await asked.text()]).toEqual([401, expect.stringContaining('name="token"')])
    const off = await serve()
    expect((await fetch(`http://${off.address}/ui`)).status).toBe(404)
    for (const { child } of [open, closed, off]) {
      child.kill('SIGTERM')
      await once(child, 'close')
    }
    expect(closed.lines.join()).toContain(`"dashboard":"http://${closed.address}/ui"`)
    expect(closed.lines.join()).not.toContain('once=')
  })

  it('over stdio nothing but messages is on stdout, and logs are on stderr', async () => {
    const { code, stdout, stderr } = await run(
      ['serve', '--log-level', 'debug'],
      message(1, 'initialize', {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      }) +
        message(2, 'tools/call', {
          name: 'execute_code',
          arguments: { code: 'return 7' },
          _meta: { 'mcp-optimizer/metadata': true },
        }),
      2,
    )
    expect(code).toBe(0)
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
    const { result } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      result: { _meta: Record<string, { id: string; receipt: { ours: { surface: number } } }> }
    }
    const metadata = result._meta['mcp-optimizer/metadata']
    expect(metadata?.receipt).toMatchObject({ operations: 1 })
    expect(metadata?.receipt.ours.surface).toBeGreaterThan(200)
    const logged = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'operation', kind: 'code', id: metadata?.id }))
    const quiet = await run(['serve'], message(1, 'ping', {}), 1)
    expect(quiet.stderr).toBe('')
  })

  it('receipt prints what the last session cost, by model, as text and JSON', async () => {
    const text = await run(['receipt'])
    expect(text.stdout).toMatch(/session \S+: 1 operation[^]*definitions in each request[^]*GPT-4o/)
    const [first] = JSON.parse((await run(['receipt', '--json', '--last', '5'])).stdout) as {
      costs: { model: string }[]
    }[]
    expect(first).toMatchObject({ session: expect.any(String), provenance: 'estimated', saved: expect.any(Number) })
    expect(first?.costs.map(({ model }) => model)).toContain('gpt-4o')
    expect((await run(['receipt', '--session', 'nobody'])).stderr).toMatch(
      /no receipt yet of this session; there are \S+/,
    )
    expect((await run(['receipt', '--last', '0'])).code).toBe(2)
  })

  it('audit-log finds, exports and verifies; a change is shown', async () => {
    const found = JSON.parse(
      (await run(['audit-log', '--tool', 'filesystem.*', '--kind', 'call', '--since', '1h', '--json'])).stdout,
    ) as unknown[]
    expect(found).toMatchObject([{ kind: 'call', tool: 'filesystem.read_text_file', outcome: 'ok' }])
    const csv = (await run(['audit-log', '--csv'])).stdout.split('\n')
    expect(csv[0]).toBe('time,kind,id,parent,principal,session,tool,outcome,code,ms,tokens,cached,digest,seq,hash')
    expect((await run(['audit-log'])).stdout).toContain('filesystem.read_text_file')
    const verified = await run(['audit-log', '--verify'])
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/^intact chain-0: \d+ entries/)])
    const head = /head ([\da-f]{64})/.exec(verified.stdout)?.[1] ?? ''
    expect((await run(['audit-log', '--verify', '--head', head])).code).toBe(0)
    const file = join(folder, 'cache', 'audit', 'chain-0', 'audit.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"outcome":"ok"', '"outcome":"no"'))
    const broken = await run(['audit-log', '--verify'])
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringMatching(/^BROKEN chain-0[^]*entry 1 was changed/)])
    expect(JSON.parse((await run(['audit-log', '--verify', '--json', '--head', 'f'.repeat(64)])).stdout)).toMatchObject(
      {
        intact: false,
        headFound: false,
      },
    )
  })

  it.each([
    [['audit-log', '--since', 'yesterday'], 'wanted a time such as'],
    [['audit-log', '--outcome', 'maybe'], 'wanted one of ok, error'],
    [['audit-log', '--kind', 'x'], 'wanted one of intent'],
    [['audit-log', '--limit', 'many'], 'wanted a whole number'],
  ])('%j: exit code 2 and what is wrong', async (args, text) => {
    const { code, stderr } = await run(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)])
  })
})
