import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../src/engine/engine.ts'
import type { ErrorBody } from '../../src/errors.ts'
import type { Optimizer } from '../../src/optimizer.ts'
import { demoGateway } from '../support/gateway.ts'
import { json, oddHttpServer, type OddHttpServer } from '../support/odd-http-server.ts'
import { oddServer } from '../support/odd-server.ts'

function errorOf(answer: Answer): ErrorBody {
  if (answer.status !== 'error') throw new Error(`no error: ${JSON.stringify(answer)}`)
  return answer.error
}

function dataOf(answer: Answer): unknown {
  if (answer.status !== 'ok') throw new Error(JSON.stringify(answer))
  return answer.data
}

const never = 'globalThis.answer = (id, method) => method === "initialize"'
const noRoots = '{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"No roots: give it a folder"}}'

describe('a server that is not there is named wherever its tools are asked for (35, 36, F5)', () => {
  let login: OddHttpServer
  let gateway: Optimizer

  beforeAll(async () => {
    login = await oddHttpServer((_asked, response) => {
      json(response, { error: 'invalid_token' }, 401)
      return true
    })
    gateway = demoGateway({
      servers: {
        linear: { type: 'http', url: login.url },
        'no-roots': oddServer({ list: noRoots }),
        dead: { type: 'stdio', command: 'no-such-command-at-all' },
        off: { type: 'stdio', command: 'off', disabled: true },
      },
    })
    await gateway.ready()
  })
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await login[Symbol.asyncDispose]()
  })

  const SERVERS: readonly (readonly [name: string, code: string, words: string])[] = [
    ['linear.list_issues', 'UNAUTHORIZED', 'linear needs a login'],
    ['no-roots.read', 'UPSTREAM_UNAVAILABLE', 'No roots: give it a folder'],
    ['no_roots.read', 'UPSTREAM_UNAVAILABLE', 'No roots: give it a folder'],
    ['mcp__dead__read', 'UPSTREAM_UNAVAILABLE', 'no-such-command-at-all'],
    ['off.read', 'UPSTREAM_UNAVAILABLE', 'off is disabled in the configuration'],
  ]

  it.each(SERVERS)('an intent: %s', async (name, code, words) => {
    const error = errorOf(await gateway.executeIntent({ intent: name }))
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(errorOf(await gateway.callTool({ tool: name }))).toMatchObject({ code })
    expect(errorOf(await gateway.describe({ names: [name] }))).toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })

  it.each([
    ['return await tools.linear.list_issues({})', 'linear needs a login'],
    ["return await tools['no-roots'].read({})", 'No roots: give it a folder'],
    ['const { read } = tools.dead\nreturn await read({})', 'no-such-command-at-all'],
    ['return await tools.off.read({})', 'off is disabled'],
  ])('a program: %s', async (code, words) => {
    const error = errorOf(await gateway.execute({ code }))
    expect(error).toMatchObject({ code: 'PROGRAM_ERROR', message: expect.stringContaining(words) })
  })

  it('a search and a list', async () => {
    const found = String(dataOf(await gateway.search({ query: 'zebra crossing' })))
    expect(found).toContain('linear needs authorization')
    expect(found).toContain('no_roots does not list its tools: No roots: give it a folder')
    expect(found).toContain('dead did not start')
    expect(found).toContain('off is disabled')
    const listed = String(dataOf(await gateway.listNames({})))
    expect(listed).toContain('No roots: give it a folder')
  })

  it('an unknown name says which servers are missing, and why', async () => {
    expect(errorOf(await gateway.executeIntent({ intent: 'zebra' }))).toMatchObject({
      code: 'UNKNOWN_INTENT',
      details: { servers: expect.arrayContaining([expect.stringContaining('No roots: give it a folder')]) },
    })
  })
})

describe('a server that is still starting (35)', () => {
  it('is said to be so, to an intent and to a program', async () => {
    await using gateway = demoGateway({
      servers: { slow: { ...oddServer({ before: never }), startTimeoutMs: 60_000 } },
    })
    const [intent, program] = await Promise.all([
      gateway.executeIntent({ intent: 'slow.read' }),
      gateway.execute({ code: 'return await tools.slow.read({})' }),
    ])
    expect(errorOf(intent)).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('slow is still starting'),
    })
    expect(errorOf(program).message).toContain('slow is still starting')
  }, 30_000)
})

describe('tools that were announced as changed (34)', () => {
  const changing = `let tools = ['enable']
globalThis.answer = (id, method) => {
  if (method === 'tools/call') {
    tools = ['enable', 'added' + tools.length, ...tools.slice(1)]
    send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }))
    send(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: tools.join() }] } }))
    return true
  }
  if (method !== 'tools/list') return false
  send(JSON.stringify({ jsonrpc: '2.0', id, result: { tools: tools.map((name) => ({ name })) } }))
  return true
}`

  it('are there for the next call, the next program and the next search', async () => {
    await using gateway = demoGateway({ servers: { changing: oddServer({ before: changing }) } })
    await gateway.executeIntent({ intent: 'changing.enable' })
    expect(dataOf(await gateway.executeIntent({ intent: 'changing.added1' }))).toContain('added2')
    expect(dataOf(await gateway.execute({ code: 'return await tools.changing.added2({})' }))).toContain('added3')
    expect(dataOf(await gateway.search({ query: 'added3' }))).toContain('changing.added3')
  })

  it('says so where a program meets one that came while it ran', async () => {
    await using gateway = demoGateway({ servers: { changing: oddServer({ before: changing }) } })
    const code = 'await tools.changing.enable({})\nreturn await tools.changing.added1({})'
    expect(errorOf(await gateway.execute({ code })).message).toContain('added1')
  })
})

describe('an error on its way from a server to an agent (30, 31)', () => {
  const reason = 'Access denied - path outside allowed directories: /etc/hostname not in /home/x/files, /srv/a b'
  const trace = `Traceback:\n${'  File "/usr/lib/x.py", line 3\n'.repeat(2_000)}RuntimeError: THE REAL REASON at https://api.example/v1/users/5`
  const failing = (text: string): ReturnType<typeof oddServer> =>
    oddServer({
      call: JSON.stringify({
        jsonrpc: '2.0',
        id: 'X',
        result: {
          isError: true,
          content: [{ type: 'text', text }],
          structuredContent: { code: 'E42', retryable: true },
        },
      }).replace('"X"', 'ID'),
    })

  it('keeps its words and its data, as it is thrown, caught and thrown again', async () => {
    await using gateway = demoGateway({ servers: { files: failing(reason), trace: failing(trace) } })
    const direct = errorOf(await gateway.executeIntent({ intent: 'files.act' }))
    expect(direct.message).toBe(`files.act failed: ${reason}`)
    expect(direct.details).toMatchObject({ data: { code: 'E42', retryable: true } })
    const caught = 'try { await tools.files.act({}) } catch (error) { return [error.message, error.details.data.code] }'
    expect(dataOf(await gateway.execute({ code: caught }))).toEqual([`files.act failed: ${reason}`, 'E42'])
    for (const code of ['await tools.trace.act({})', 'try { await tools.trace.act({}) } catch (error) { throw error }'])
      expect(errorOf(await gateway.execute({ code })).message).toContain(
        'RuntimeError: THE REAL REASON at https://api.example/v1/users/5',
      )
    const own = "throw new Error('cannot read /home/x/a.txt, https://x.example/tmp/a')"
    expect(errorOf(await gateway.execute({ code: own })).message).toContain(
      'cannot read /home/x/a.txt, https://x.example/tmp/a',
    )
  })

  it('shows no secret of the configuration, in errors of tools too', async () => {
    const server = failing('key tok-8361-zz-XYZ is not valid in /srv/files')
    await using gateway = demoGateway({
      servers: { files: { ...server, env: { ...server.env, FILES_TOKEN: 'tok-8361-zz-XYZ' } } },
    })
    expect(errorOf(await gateway.executeIntent({ intent: 'files.act' })).message).toBe(
      'files.act failed: key [redacted] is not valid in /srv/files',
    )
  })
})
