import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createDockerBackend, type DockerBackendOptions } from '../../src/sandbox/docker/backend.ts'
import { LABEL } from '../../src/sandbox/docker/container.ts'
import { runnerFiles } from '../../src/sandbox/remote/runner-files.ts'
import { DEFAULT_LIMITS, type HostCall, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { gate } from '../contracts/engine.ts'
import { answer, body, IMAGE, leakContract, sandboxContract } from '../contracts/sandbox.ts'
import { containerEngine, testImage } from '../support/container-engine.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const socketPath = await containerEngine('the tests of the docker backend')

describe('the docker backend', () => {
  it('says what to do where no engine answers', async () => {
    await using backend = createDockerBackend({ socketPath: '/nowhere/docker.sock' })
    await expect(backend.create(IMAGE)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      suggestion: expect.stringContaining('Docker'),
    })
    await expect(backend.layers()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('has an image file that copies what a runner needs, and no more', () => {
    const lines = readFileSync(`${root}/deploy/sandbox.Dockerfile`, 'utf8').split('\n')
    const copied = lines.flatMap((line) => /^COPY (\S+) \/app\/(\S+)$/.exec(line)?.slice(1) ?? [])
    expect(copied).toEqual(runnerFiles().flatMap(({ to }) => [to, to]))
  })
})

describe.skipIf(socketPath === undefined)('docker', () => {
  const options = { socketPath: socketPath ?? '', image: 'mcp-optimizer-sandbox:test' }
  const client = new Docker({ socketPath: options.socketPath })
  const open = (more: DockerBackendOptions = {}): ReturnType<typeof createDockerBackend> =>
    createDockerBackend({ ...options, poolSize: 1, ...more })
  const containers = async (): Promise<Docker.ContainerInfo[]> =>
    await client.listContainers({ all: true, filters: { label: [LABEL], ancestor: [options.image] } })

  beforeAll(async () => {
    await testImage(options.socketPath)
  }, 120_000)

  sandboxContract('docker', () => open())
  leakContract('docker', () => open())

  it('starts containers that may do nothing but compute', async () => {
    await using backend = open()
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok' })
    const [found] = await containers()
    const { HostConfig: host, Config: config } = await client.getContainer(found?.Id ?? '').inspect()
    expect(host).toMatchObject({
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 64,
      Memory: 768 * 1024 * 1024,
      MemorySwap: 768 * 1024 * 1024,
      Privileged: false,
      Binds: null,
      LogConfig: { Type: 'none' },
    })
    expect(host.NanoCpus).toBeGreaterThan(0)
    expect(config.User).toBe('65534:65534')
    expect(config.Env?.filter((line) => !line.startsWith('PATH=')) ?? []).toEqual([])
  })

  it('removes its containers when it is closed', async () => {
    const backend = open()
    await run(backend, 'return 1')
    expect(await containers()).toHaveLength(1)
    await backend[Symbol.asyncDispose]()
    await vi.waitFor(async () => expect(await containers()).toEqual([]), { timeout: 10_000 })
  })

  it('replaces a container after so many programs', async () => {
    await using backend = open({ usesPerContainer: 3 })
    for (let i = 0; i < 7; i++) expect(await run(backend, `return ${i}`)).toMatchObject({ value: String(i) })
    expect(backend.stats().discarded.used).toBe(2)
  })

  it('goes on after a container is gone; its programs start again with the answers of their calls', async () => {
    await using backend = open()
    await run(backend, 'return 1')
    const { call, reached, open: answerNow } = gate()
    const acted = run(backend, 'return await tools.test.echo(7)', call)
    await reached
    const [found] = await containers()
    await client.getContainer(found?.Id ?? '').kill()
    answerNow()
    expect(await acted).toMatchObject({ status: 'ok', value: '7', hostCalls: 1 })
    expect(await run(backend, 'return 2')).toMatchObject({ status: 'ok', value: '2' })
    expect(backend.stats().discarded.lost).toBe(1)
  })

  it('leaves no container behind when its gateway is killed', async () => {
    const url = (path: string): string => JSON.stringify(new URL(`../../dist/sandbox/${path}`, import.meta.url).href)
    const script = `
      const { createDockerBackend } = await import(${url('docker/backend.js')})
      const { DEFAULT_LIMITS } = await import(${url('sandbox.js')})
      const backend = createDockerBackend(${JSON.stringify({ ...options, poolSize: 1 })})
      const sandbox = await backend.create({ version: '1', functions: [{ path: ['tools', 'a'], name: 'a' }], modules: [] })
      const call = async () => { console.log('spinning'); return '1' }
      await sandbox.run({ kind: 'body', source: 'await tools.a({}); for (;;);', input: '' }, call, { ...DEFAULT_LIMITS, timeoutMs: 600_000 })`
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(gateway.stdout, 'data')
    expect(await containers()).toHaveLength(1)
    gateway.kill('SIGKILL')
    await vi.waitFor(async () => expect(await containers()).toEqual([]), { timeout: 15_000, interval: 100 })
  })

  it('removes what a dead gateway left, and nothing of others', async () => {
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    const leave = async (host: string, owner: number | undefined): Promise<string> => {
      const labels = { [LABEL]: 'left', 'mcp-optimizer.owner-pid': String(owner), 'mcp-optimizer.owner-host': host }
      const { id } = await client.createContainer({ Image: options.image, Labels: labels })
      return id
    }
    const orphan = await leave(hostname(), dead.pid)
    const others = [await leave('another-host', dead.pid), await leave(hostname(), process.ppid)]
    await using backend = open()
    await run(backend, 'return 1')
    const left = (await containers()).map(({ Id: id }) => id)
    expect(left).not.toContain(orphan)
    expect(left).toEqual(expect.arrayContaining(others))
    for (const id of others) await client.getContainer(id).remove({ force: true })
  })

  it('says which layers are there, and when the image is missing', async () => {
    await using backend = open()
    expect((await backend.layers()).find(({ name }) => name === 'container')).toMatchObject({ active: true })
    await using without = open({ image: 'mcp-optimizer-sandbox:not-there' })
    const missing = { code: 'CONFIG_INVALID', suggestion: expect.stringContaining('sandbox-image') }
    await expect(without.layers()).rejects.toMatchObject(missing)
    await expect(without.create(IMAGE)).rejects.toMatchObject(missing)
  })

  const hasPermissionFlag = process.allowedNodeEnvironmentFlags.has('--permission')
  if (!hasPermissionFlag) console.log('skipped: the image file is for Node.js 24; this one is older')
  it.skipIf(!hasPermissionFlag)('runs in an image that was built from the image file', async () => {
    const tag = 'mcp-optimizer-sandbox:test-file'
    const src = ['deploy/sandbox.Dockerfile', ...runnerFiles().map(({ to }) => to)]
    const building = await client.buildImage(
      { context: root, src },
      { t: tag, dockerfile: 'deploy/sandbox.Dockerfile', buildargs: { NODE_IMAGE: options.image } },
    )
    const steps = await new Promise<{ error?: string }[]>((resolve, reject) => {
      client.modem.followProgress(building, (error, output) => (error ? reject(error) : resolve(output as [])))
    })
    expect(steps.find(({ error }) => error !== undefined)).toBeUndefined()
    await using backend = open({ image: tag })
    expect(await run(backend, 'return 1')).toMatchObject({ status: 'ok', value: '1' })
  })
})

async function run(backend: SandboxBackend, source: string, call: HostCall = answer): Promise<Outcome> {
  await using sandbox = await backend.create(IMAGE)
  return await sandbox.run(body(source), call, { ...DEFAULT_LIMITS, timeoutMs: 10_000 })
}
