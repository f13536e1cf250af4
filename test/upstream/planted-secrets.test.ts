// Values that the gateway knows, said by servers in every way we could think of, and looked for in all that leaves it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { statusOf } from '../../src/surface/status.ts'
import { json, oddHttpServer } from '../support/odd-http-server.ts'
import { oddServer } from '../support/odd-server.ts'
import { temporaryFolder } from '../support/servers.ts'
import { openFront } from '../surface/ui/visitor.ts'

const IN_ENV = 'Plänted&"env"/value+1=x'
const IN_ARGS = 'planted-args-7g8h9'
const IN_HEADER = 'planted-header-5d6f7'
const IN_URL = 'planted/url+pw-3k4'
const IN_QUERY = 'planted-query-2m3n4'
const ALL = [IN_ENV, IN_ARGS, IN_HEADER, IN_URL, IN_QUERY]

/** The value as it stands in all that may be said of it. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(value),
    encodeURIComponent(value).replaceAll(/%[\dA-F]{2}/g, (text) => text.toLowerCase()),
    new URLSearchParams({ x: value }).toString().slice(2),
    ...['', 'u', 'ann:'].map((before) => Buffer.from(before + value).toString('base64')),
    Buffer.from(`me:${value}`).toString('base64url'),
    Buffer.from(value).toString('hex'),
    `\u001b[31m${value.slice(0, 5)}\u001b[0m${value.slice(5)}`,
    value.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  ]
}

/** The longest of a form's inner parts: of base64, the letters at its ends depend on what stands beside it. */
function seenIn(text: string): string[] {
  return ALL.flatMap(formsOf).filter((form) => text.includes(form.slice(4, -4)))
}

const said = (what: string): string => `${what}: ${ALL.flatMap(formsOf).join(' ; ')} ; the rest stays`

/** A server that says what it knows, on stderr in two parts, before it dies. */
const dying = oddServer({
  call: '',
  before: `const words = ${JSON.stringify(`FATAL: ${said('refused')}\n`)}
globalThis.answer = (id, method) => {
  if (method !== 'tools/call') return false
  process.stderr.write(words.slice(0, 15))
  setImmediate(() => process.stderr.write(words.slice(15), () => process.exit(3)))
  return true
}`,
})
const failed = (text: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 'ID',
    result: { isError: true, content: [{ type: 'text', text }], structuredContent: { why: text } },
  }).replace('"ID"', 'ID')
const failing = oddServer({ call: failed(said('failed')) })
const refusing = oddServer({
  call: JSON.stringify({
    jsonrpc: '2.0',
    id: 'ID',
    error: { code: -1, message: said('no'), data: [said('x')] },
  }).replace('"ID"', 'ID'),
})
const silent = oddServer({
  before: `process.stderr.write(${JSON.stringify(said('Error: cannot start'))}, () => process.exit(1))`,
})

const planted = (server: { args: string[]; env: Record<string, string>; command: string }): object => ({
  type: 'stdio',
  command: server.command,
  args: [...server.args, '--', '--api-key', IN_ARGS],
  env: { ...server.env, SERVICE_TOKEN: IN_ENV, ON: 'true', COUNT_KEY: '1' },
})

async function httpServer(): Promise<AsyncDisposable & { readonly url: string }> {
  return await oddHttpServer(({ id, method }, response) => {
    if (method !== 'tools/call') return false
    json(response, { jsonrpc: '2.0', id, error: { code: 5, message: said('no') } }, 500)
    return true
  })
}

function serversWith(url: string): Record<string, never> {
  const reached = new URL(url)
  reached.username = 'ann'
  reached.password = encodeURIComponent(IN_URL)
  reached.searchParams.set('api_key', IN_QUERY)
  const http = { type: 'http', url: reached.href, headers: { 'X-Api-Key': IN_HEADER } }
  const stdio = Object.entries({ dying, failing, refusing, silent }).map(([name, one]) => [name, planted(one)])
  return Object.fromEntries([...stdio, ['remote', http]]) as Record<string, never>
}

const TOOLS = ['dying.act', 'failing.act', 'refusing.act', 'silent.act', 'remote.act']

/** All that agents get: of calls, programs, whole results, searches. */
async function answersOf(gateway: Optimizer): Promise<string> {
  const answers: unknown[] = []
  for (const intent of TOOLS) {
    answers.push(await gateway.executeIntent({ intent }), await gateway.callTool({ tool: intent }))
    const code = `try { return await tools.${intent}({}) } catch (e) { console.log(e.message, e.details); return String(e) }`
    answers.push(await gateway.execute({ code }), await gateway.execute({ code: `return await tools.${intent}({})` }))
  }
  answers.push(await gateway.search({ query: 'act' }), await gateway.listNames({}))
  return JSON.stringify(answers)
}

describe('secrets that the gateway knows', () => {
  it('are in no answer, no status and no line of the audit trail; the other words are', async () => {
    await using remote = await httpServer()
    const cacheDir = temporaryFolder()
    await using gateway = createOptimizer(
      defineConfig({ cacheDir, servers: serversWith(remote.url), audit: { enabled: true, arguments: 'redacted' } }),
    )
    const text = await answersOf(gateway)
    await gateway.execute({ code: `const a = ${JSON.stringify(IN_ARGS)}, b = 'redis://u:pw-1x@h/'\nreturn 1` })
    expect(seenIn(text)).toEqual([])
    for (const words of ['it last said: FATAL: refused', 'failed: failed', 'no: ', 'cannot start', 'the rest stays'])
      expect(text).toContain(words)
    const status = JSON.stringify(statusOf(gateway, 0))
    expect(seenIn(status)).toEqual([])
    expect(status).toContain('cannot start')
    gateway.observation.audit()
    const files = readdirSync(join(cacheDir, 'audit'), { recursive: true, encoding: 'utf8' })
    const trail = files.find((name) => name.endsWith('.jsonl')) ?? ''
    const lines = readFileSync(join(cacheDir, 'audit', trail), 'utf8')
    expect(lines).toContain('const a =')
    expect(seenIn(lines)).toEqual([])
    expect(lines).not.toContain('pw-1x')
  }, 30_000)

  it('are on no page', async () => {
    await using remote = await httpServer()
    await using front = await openFront({ config: { servers: serversWith(remote.url) } })
    const person = await front.logIn()
    await answersOf(front.gateway)
    const pages = ['/ui', '/ui/servers', '/ui/tools', '/ui/code', '/ui/results', '/ui/audit', '/ui/gateway']
    const detail = Object.keys(serversWith(remote.url)).map((name) => `/ui/servers?name=${name}`)
    for (const path of [...pages, ...detail]) expect([path, seenIn(await person.page(path))]).toEqual([path, []])
    expect((await person.page('/ui/servers')).includes('the rest stays')).toBe(true)
  }, 30_000)

  it('are in the output of no command', async () => {
    await using remote = await httpServer()
    const home = temporaryFolder()
    const file = join(home, 'mcp-optimizer.json')
    writeFileSync(file, JSON.stringify({ servers: serversWith(remote.url), cacheDir: join(home, 'cache') }))
    const commands = [
      ['doctor', '--json'],
      ['call', 'dying.act'],
      ['call', 'failing.act', '--json'],
      ['search', 'act'],
    ]
    for (const args of commands) {
      const { text } = await run([...args, '--config', file, '--log-level', 'debug'], home)
      expect([args, seenIn(text)]).toEqual([args, []])
    }
  }, 60_000)

  it('that are too short to tell from words blank nothing', async () => {
    await using gateway = createOptimizer(
      defineConfig({
        cacheDir: temporaryFolder(),
        servers: {
          one: {
            type: 'stdio',
            command: process.execPath,
            args: oddServer({ call: failed('page 1 is true, and enabled') }).args,
            env: { SEEN: '/dev/null', TOKEN: '1', SECRET: 'true', AUTH: 'enabled', PASSWORD: '' },
          },
        },
      }),
    )
    expect(await gateway.executeIntent({ intent: 'one.act' })).toMatchObject({
      error: { message: 'one.act failed: page 1 is true, and enabled' },
    })
  })
})

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

async function run(args: readonly string[], home: string): Promise<{ readonly text: string }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'c'),
    XDG_CACHE_HOME: join(home, 'k'),
  }
  const child = spawn(process.execPath, [cli, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(child, 'close')
  return { text }
}
