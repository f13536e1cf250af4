import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createUpstream } from '../../src/upstream/create.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { upstreamContract } from '../contracts/upstream.ts'
import { everything, filesystem, hostile, hostileHttp, memory, temporaryFolder } from '../support/servers.ts'

const signal = (): AbortSignal => new AbortController().signal

describe('memory upstream', () => {
  upstreamContract({
    echo: 'echo',
    slow: 'slow',
    create: () =>
      createMemoryUpstream('memory', [
        { name: 'echo', run: ({ text }) => String(text) },
        {
          name: 'slow',
          run: async (_input, { signal: leaving }) =>
            await new Promise((_resolve, reject) =>
              leaving.addEventListener('abort', () => reject(leaving.reason as Error)),
            ),
        },
      ]),
  })

  it('makes a failed result of what a tool throws', async () => {
    await using upstream = createMemoryUpstream('m', [{ name: 'bad', run: () => Promise.reject(new Error('no')) }])
    expect(await upstream.callTool('bad', {}, { signal: signal() })).toEqual({
      content: [{ type: 'text', text: 'no' }],
      isError: true,
    })
  })

  it('tells when its tools were replaced', async () => {
    await using upstream = createMemoryUpstream('m', [])
    const told = vi.fn<() => void>()
    upstream.onToolsChanged(told)
    upstream.replace([{ name: 'x', run: () => 1 }])
    expect(told).toHaveBeenCalledOnce()
    expect(await upstream.listTools(signal())).toHaveLength(1)
  })
})

describe('stdio upstream', () => {
  upstreamContract({ echo: 'echo', slow: 'wait', create: () => createUpstream('h', hostile('healthy')) })
})

describe.each(['modern', 'legacy'] as const)('HTTP upstream of the %s era', (era) => {
  upstreamContract({
    echo: 'echo',
    slow: 'wait',
    create: async () => {
      const { url, process: server } = await hostileHttp('healthy', era)
      const upstream = createUpstream('h', { type: 'http', url })
      return Object.assign(Object.create(upstream) as typeof upstream, {
        name: 'h',
        listTools: upstream.listTools.bind(upstream),
        callTool: upstream.callTool.bind(upstream),
        onToolsChanged: upstream.onToolsChanged.bind(upstream),
        status: upstream.status.bind(upstream),
        [Symbol.asyncDispose]: async () => {
          await upstream[Symbol.asyncDispose]()
          server.kill('SIGKILL')
        },
      })
    },
  })
})

describe('real servers', () => {
  it('filesystem, memory and everything answer', async () => {
    const folder = temporaryFolder()
    await using files = createUpstream('filesystem', filesystem(folder))
    await using notes = createUpstream('memory', memory(folder))
    await using all = createUpstream('everything', everything)
    const lists = await Promise.all([files, notes, all].map(async (upstream) => await upstream.listTools(signal())))
    expect(lists.map((tools) => tools.length)).toEqual([14, 9, 13])
    await notes.callTool(
      'create_entities',
      { entities: [{ name: 'a', entityType: 't', observations: [] }] },
      { signal: signal() },
    )
    expect(JSON.stringify(await notes.callTool('read_graph', {}, { signal: signal() }))).toContain('"a"')
    expect(all.status()).toMatchObject({ state: 'ready', listSource: 'server', instructions: expect.any(String) })
  })

  it('reports progress, and waits for a call that shows some', async () => {
    await using all = createUpstream('everything', { ...everything, timeoutMs: 600 })
    const seen: number[] = []
    const call = all.callTool(
      'trigger-long-running-operation',
      { duration: 1.2, steps: 4 },
      { signal: signal(), onProgress: ({ progress }) => seen.push(progress) },
    )
    expect(JSON.stringify(await call)).toContain('completed')
    expect(seen).toEqual([1, 2, 3, 4])
  })
})

describe('lazy and remembered', () => {
  it('answers the list of a server it has met before without starting it', async () => {
    const cacheDir = temporaryFolder()
    {
      await using first = createUpstream('everything', everything, { cacheDir })
      await first.listTools(signal())
    }
    await using second = createUpstream('everything', everything, { cacheDir })
    expect(await second.listTools(signal())).toHaveLength(13)
    expect(second.status()).toMatchObject({ state: 'idle', listSource: 'cache' })
  })

  it.each([
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['foreign', () => '{"tools":[{"name":"evil"}]}'],
    ['changed', (text: string) => text.replace('echo', 'evil')],
  ])('does not serve a %s file', async (_what, spoil) => {
    const { readdirSync, writeFileSync } = await import('node:fs')
    const cacheDir = temporaryFolder()
    {
      await using first = createUpstream('everything', everything, { cacheDir })
      await first.listTools(signal())
    }
    const [name = ''] = readdirSync(join(cacheDir, 'tools'))
    const file = join(cacheDir, 'tools', name)
    writeFileSync(file, spoil(readFileSync(file, 'utf8')))
    await using second = createUpstream('everything', everything, { cacheDir })
    expect((await second.listTools(signal())).map((tool) => tool.name)).toContain('echo')
    expect(second.status().listSource).toBe('server')
  })

  it('stops when idle and starts again', async () => {
    await using upstream = createUpstream('everything', { ...everything, idleMs: 50 })
    await upstream.callTool('echo', { message: 'a' }, { signal: signal() })
    await vi.waitFor(() => expect(upstream.status().state).toBe('idle'), { timeout: 10_000 })
    expect(JSON.stringify(await upstream.callTool('echo', { message: 'again' }, { signal: signal() }))).toContain(
      'again',
    )
    expect(upstream.status().restarts).toBe(1)
  })

  it('says why a server ended before it was ready', async () => {
    const script = 'throw new TypeError("no token was given")'
    await using upstream = createUpstream('dead', { type: 'stdio', command: process.execPath, args: ['-e', script] })
    await expect(upstream.listTools(signal())).rejects.toThrow('it last said: TypeError: no token was given')
  })

  it('says what command was not found', async () => {
    await using upstream = createUpstream('dead', { type: 'stdio', command: 'no-such-command-anywhere' })
    await expect(upstream.listTools(signal())).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      message: expect.stringContaining('was not found'),
    })
    expect(upstream.status().state).toBe('failed')
  })
})
