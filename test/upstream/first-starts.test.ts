import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createUpstream, type UpstreamEnvironment } from '../../src/upstream/create.ts'
import { createFirstStarts } from '../../src/upstream/launch/first-starts.ts'
import { readLaunch } from '../../src/upstream/launch/launch.ts'
import { npxEntry } from '../../src/upstream/launch/npx-cache.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'
import { demoGateway } from '../support/gateway.ts'
import { npmRegistry, type NpmRegistry } from '../support/npm-registry.ts'
import { serverPackage, WORDS } from '../support/npx-servers.ts'
import { temporaryFolder } from '../support/servers.ts'

const NAMES = ['notes', 'files', 'clock', 'shop']

let registry: NpmRegistry
let stalled: NpmRegistry
beforeAll(async () => {
  const packages = [WORDS, ...NAMES.map(serverPackage)]
  registry = await npmRegistry(packages)
  stalled = await npmRegistry(packages, { isStalled: true })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await stalled[Symbol.asyncDispose]()
})

interface Home {
  readonly env: Record<string, string>
  /** The same, before a registry that sends nothing. */
  readonly stalled: { readonly env: Record<string, string> }
  readonly cacheDir: string
  readonly entries: () => string[]
}

/** A home folder in which npx was never used. */
function coldHome(): Home {
  const home = temporaryFolder()
  const env = {
    HOME: home,
    npm_config_registry: registry.url,
    npm_config_cache: join(home, '.npm'),
    npm_config_update_notifier: 'false',
    // Whatever npm is told on this machine.
    npm_config_userconfig: join(home, '.npmrc'),
    npm_config_globalconfig: join(home, 'npmrc'),
    npm_config_omit_lockfile_registry_resolved: 'false',
  }
  const folder = join(home, '.npm', '_npx')
  return {
    env,
    stalled: { env: { ...env, npm_config_registry: stalled.url } },
    cacheDir: join(home, 'cache'),
    entries: () => readdirSync(folder).map((name) => join(folder, name)),
  }
}

function npx(home: Home, name: string, more: object = {}, environment: UpstreamEnvironment = {}): Upstream {
  const options = { type: 'stdio', command: 'npx', args: ['-y', `@fixture/${name}`], env: home.env, ...more } as const
  return createUpstream(name, options, environment)
}

/** How fast a busy machine starts a process is not what is tested. */
const PATIENT = { timeout: 60_000 }

const signal = (): AbortSignal => new AbortController().signal
const toolsOf = async (upstream: Upstream): Promise<string[]> =>
  (await upstream.listTools(signal())).map(({ name }) => name)

describe.concurrent('servers of npx in a cold home', { timeout: 120_000 }, () => {
  it('all start, and each package is installed once, whoever else starts it', async () => {
    await using counted = await npmRegistry([WORDS, ...NAMES.map(serverPackage)])
    const home = coldHome()
    const more = { env: { ...home.env, npm_config_registry: counted.url } }
    // As two gateways do it, each with servers of its own.
    const gateways = [1, 2].map(() => {
      const firstStarts = createFirstStarts({ folder: join(home.cacheDir, 'first-starts') })
      return ['notes', 'files', 'notes', 'clock', 'shop'].map((name) => npx(home, name, more, { firstStarts }))
    })
    const upstreams = gateways.flat()
    const awaited = new Set<string>()
    const looks = setInterval(() => {
      for (const upstream of upstreams) awaited.add(upstream.status().phase ?? '')
    }, 50)
    const tools = await Promise.all(upstreams.map(toolsOf))
    clearInterval(looks)
    expect(tools).toEqual(upstreams.map(() => ['act']))
    const asked = counted.asked.filter((file) => !file.includes('words'))
    expect(asked.toSorted()).toEqual(NAMES.map((name) => `fixture-${name}-1.0.0.tgz`).toSorted())
    expect(home.entries()).toHaveLength(NAMES.length)
    expect([...awaited]).toEqual(expect.arrayContaining(['npx is installing @fixture/notes']))
    await Promise.all(upstreams.map(async (upstream) => await upstream[Symbol.asyncDispose]()))
  })

  it('that are there already wait for nobody', async () => {
    const home = coldHome()
    const folder = join(home.cacheDir, 'first-starts')
    {
      await using first = npx(home, 'notes', {}, { firstStarts: createFirstStarts({ folder }) })
      await toolsOf(first)
    }
    const firstStarts = createFirstStarts({ folder, atOnce: 1 })
    // A server of another package that never comes.
    await using slow = npx(home, 'files', home.stalled, { firstStarts })
    const never = slow.listTools(signal()).catch(() => [])
    await vi.waitFor(() => expect(slow.status().phase).toBe('npx is installing @fixture/files'), PATIENT)
    await using queued = npx(home, 'clock', home.stalled, { firstStarts })
    const later = queued.listTools(signal()).catch(() => [])
    await vi.waitFor(
      () => expect(queued.status().phase).toBe('@fixture/clock is to be installed after others'),
      PATIENT,
    )
    await using warm = npx(home, 'notes', {}, { firstStarts })
    expect(await toolsOf(warm)).toEqual(['act'])
    await slow[Symbol.asyncDispose]()
    await queued[Symbol.asyncDispose]()
    await Promise.all([never, later])
  })

  it('are said to be downloading when time is over, and leave a folder that the next start can use', async () => {
    const home = coldHome()
    {
      await using slow = npx(home, 'notes', home.stalled, { firstStarts: createFirstStarts({ timeoutMs: 3_000 }) })
      await expect(slow.listTools(signal())).rejects.toMatchObject({
        code: 'UPSTREAM_TIMEOUT',
        message: expect.stringMatching(
          /^notes did not start within 3000 ms: npx was still downloading @fixture\/notes/,
        ),
      })
    }
    await using again = npx(home, 'notes')
    expect(await toolsOf(again)).toEqual(['act'])
  })

  it('have the time that the configuration gives them', async () => {
    const home = coldHome()
    await using slow = npx(home, 'notes', { ...home.stalled, startTimeoutMs: 1_500 })
    await expect(slow.listTools(signal())).rejects.toThrow('notes did not start within 1500 ms')
  })

  it('of which search tells what is awaited', async () => {
    const home = coldHome()
    const server = { type: 'stdio', command: 'npx', args: ['@fixture/notes'], ...home.stalled } as const
    await using gateway = demoGateway({ cacheDir: home.cacheDir, servers: { notes: server } })
    await vi.waitFor(
      () => expect(gateway.servers().get('notes')?.phase).toBe('npx is installing @fixture/notes'),
      PATIENT,
    )
    const answer = await gateway.search({ query: 'write a note' })
    expect(JSON.stringify(answer)).toContain('notes is still starting: npx is installing @fixture/notes')
  })
})

describe.concurrent('an install that is not whole', { timeout: 60_000 }, () => {
  it.each([
    ['lacks a file', (entry: string) => rmSync(join(entry, 'node_modules/@fixture/words/index.js'))],
    ['lacks its program', (entry: string) => rmSync(join(entry, 'node_modules/@fixture/notes/server.js'))],
  ])('because it %s: the error names its folder and how to remove it', async (_what, spoil) => {
    const home = coldHome()
    {
      await using first = npx(home, 'notes')
      await toolsOf(first)
    }
    const [entry = ''] = home.entries()
    // npm looks at times of folders alone, as they are after an install that was ended half-way.
    const folders = ['notes', 'words'].map((name) => join(entry, 'node_modules/@fixture', name))
    const times = folders.map((folder) => statSync(folder).mtime)
    spoil(entry)
    for (const [index, folder] of folders.entries()) utimesSync(folder, new Date(), times[index] ?? 0)
    await using broken = npx(home, 'notes')
    const fix = `its install by npx is not whole: rm -rf ${entry}, then start it again`
    await expect(broken.listTools(signal())).rejects.toMatchObject({ suggestion: expect.stringContaining(fix) })
    // Whoever asks before the pause is over hears it too.
    await expect(broken.listTools(signal())).rejects.toMatchObject({ suggestion: expect.stringContaining(fix) })
  })

  it('is not taken for one that is', async () => {
    const home = coldHome()
    const launch = readLaunch('npx', ['@fixture/notes'])
    if (launch === undefined) throw new Error('no launch')
    const entry = await npxEntry(launch, home.env, false)
    mkdirSync(join(entry, 'node_modules/@fixture/notes'), { recursive: true })
    await using half = npx(home, 'notes')
    const tools = toolsOf(half)
    await vi.waitFor(() => expect(half.status().phase).toBe('npx is installing @fixture/notes'), PATIENT)
    expect(await tools).toEqual(['act'])
    expect(home.entries()).toEqual([entry])
  })
})

describe.concurrent('a package that npm refuses', { timeout: 60_000 }, () => {
  it.each([
    ['@fixture/nowhere', 'code E404', 'there is no @fixture/nowhere in the registry'],
    ['@fixture/notes@9.9.9', 'code ETARGET', 'there is no such version of @fixture/notes@9.9.9'],
  ])('%s: its code and its reason, and what to do', async (name, code, fix) => {
    const home = coldHome()
    await using upstream = npx(home, 'x', { args: ['-y', name] })
    const error = await upstream.listTools(signal()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      message: expect.stringContaining(code),
      suggestion: expect.stringContaining(fix),
    })
    expect(String(error)).not.toContain('complete log')
  })
})

describe.concurrent('two gateways in processes of their own', { timeout: 120_000 }, () => {
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

  function doctor(home: Home, url: string): { readonly child: ChildProcess; readonly text: Promise<string> } {
    const file = join(home.env['HOME'] ?? '', 'team.json')
    const names = ['notes', 'files', 'notes']
    const servers = names.map((name, index) => [`s${index}`, { command: 'npx', args: ['-y', `@fixture/${name}`] }])
    writeFileSync(file, JSON.stringify({ cacheDir: home.cacheDir, servers: Object.fromEntries(servers) as unknown }))
    const env = { ...process.env, ...home.env, npm_config_registry: url }
    const child = spawn(process.execPath, [cli, 'doctor', '--config', file, '--json'], { env })
    return { child, text: text(child.stdout) }
  }

  it('install each package once, also where one before them was killed half-way', async () => {
    const packages = [WORDS, ...NAMES.map(serverPackage)]
    await using slow = await npmRegistry(packages, { isStalled: true })
    await using counted = await npmRegistry(packages)
    const home = coldHome()
    const killed = doctor(home, slow.url)
    await vi.waitFor(() => expect(slow.asked.length).toBeGreaterThan(1), PATIENT)
    killed.child.kill('SIGKILL')
    for (const report of await Promise.all([1, 2].map(async () => await doctor(home, counted.url).text))) {
      const findings = JSON.parse(report) as { what: string; ok: boolean }[]
      const servers = findings.filter(({ what }) => what.startsWith('server'))
      expect(servers.map(({ ok }) => ok)).toEqual([true, true, true])
    }
    const asked = counted.asked.filter((file) => !file.includes('words'))
    expect(asked.toSorted()).toEqual(['fixture-files-1.0.0.tgz', 'fixture-notes-1.0.0.tgz'])
  })
})
