import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { dataDir, noData } from '../support/shared-data.ts'
import { type HostileProgram, isBroken, type Out, readPrograms, toolNames } from './hostile-programs.ts'

const LIMITS: SandboxLimits = {
  ...DEFAULT_LIMITS,
  timeoutMs: 800,
  hostCalls: 2_000,
  hostCallsInFlight: 64,
  logBytes: 256 * 1024,
  resultBytes: 5_000_000,
}
const SECRET = 'canary-secret-7f3a9'
const PARALLEL = 3
const LATE: ReadonlySet<string> = new Set(['timers', 'promise', 'flood', 'return', 'tamper'])

describe.skipIf(noData('hostile programs'))('hostile programs in the wasm sandbox', () => {
  const file = join(dataDir, 'hostile/programs.jsonl')
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
  const canaryFile = join(folder, 'canary.txt')
  let backend: SandboxBackend
  let server: Server
  let port = 0
  let hits = 0

  beforeAll(async () => {
    process.env['MCPO_CANARY'] = SECRET
    writeFileSync(canaryFile, 'unchanged')
    server = createServer((_request, response) => {
      hits++
      response.end(SECRET)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    backend = createWasmBackend({ poolSize: 2 })
  })
  afterAll(async () => {
    await backend[Symbol.asyncDispose]()
    server.close()
    rmSync(folder, { recursive: true })
    delete process.env['MCPO_CANARY']
  })

  it('are all contained', { timeout: 120_000 }, async (context) => {
    const programs = readPrograms(file).filter(({ needs }) => needs !== 'policy')
    const waiting = [...programs]
    const suspects: HostileProgram[] = []
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          if ((await attack(next, LIMITS.timeoutMs)).length > 0) suspects.push(next)
        }
      }),
    )
    // A busy machine makes some late; alone, and with more time, each must be contained.
    const broken: string[] = []
    for (const suspect of suspects) {
      const reasons = await attack(suspect, 2_000)
      if (reasons.length > 0) broken.push(`${suspect.id}: ${reasons.join('; ')}`)
    }
    await context.annotate(`${programs.length - broken.length} of ${programs.length} contained`)
    console.log(`hostile programs contained: ${programs.length - broken.length} of ${programs.length}`)
    expect(broken).toEqual([])
  })

  /** Runs one case; answers why it failed. */
  async function attack(program: HostileProgram, timeoutMs: number): Promise<string[]> {
    const calls: { name: string; args: unknown }[] = []
    const gauge = { inFlight: 0, max: 0, afterDone: 0, done: false }
    const call: HostCall = async (name, argument) => {
      if (gauge.done) gauge.afterDone++
      if (calls.length < 60_000) calls.push({ name, args: JSON.parse(argument) as unknown })
      gauge.max = Math.max(gauge.max, ++gauge.inFlight)
      try {
        return await callTool(name, JSON.parse(argument) as unknown[])
      } finally {
        gauge.inFlight--
      }
    }
    const intrinsics = hostIntrinsics()
    const hitsBefore = hits
    const rssBefore = process.memoryUsage.rss()
    const startedAt = performance.now()
    const image = imageFor(program)
    const out = toOut(await run(image, program.source, inputOf(program), call, timeoutMs))
    const elapsedMs = performance.now() - startedAt
    gauge.done = true
    if (LATE.has(program.class)) await new Promise((resolve) => setTimeout(resolve, 150))
    const rssMb = (process.memoryUsage.rss() - rssBefore) / 1024 / 1024
    const follow = program.follow && toOut(await run(image, program.follow, '{}', callQuietly, timeoutMs))
    const everything = JSON.stringify([out, follow, calls.slice(0, 1_000)])
    const host = {
      pwned: '__pwned' in globalThis || everything.includes(SECRET),
      polluted: Object.keys(Object.prototype).length > 0 || 'polluted' in {},
      tampered: hostIntrinsics().some((value, index) => value !== intrinsics[index]),
      hits: hits - hitsBefore,
      calls,
      callsAfterDone: gauge.afterDone,
      maxInflight: gauge.max,
      elapsedMs,
      rssMb,
      canary: SECRET,
      exfil: everything.includes(SECRET),
      fileChanged: readFileSync(canaryFile, 'utf8') !== 'unchanged',
      follow,
    }
    const reasons: string[] = []
    if (isBroken(program, out, host)) reasons.push(`probe ${program.probe.slice(0, 120)}`)
    if (host.pwned || host.polluted || host.tampered || host.fileChanged || host.hits > 0) reasons.push('host touched')
    if (elapsedMs > 6_000) reasons.push(`took ${Math.round(elapsedMs)} ms`)
    // Which limit stops it first depends on how busy the machine is; that one does is what counts.
    if (out.status === 'crash' || (out.status === 'ok' && program.expect !== 'contained')) {
      reasons.push(`ended with ${out.status}, wanted ${program.expect}`)
    }
    if (reasons.length > 0) reasons.push(JSON.stringify({ ...out, value: undefined }).slice(0, 300))
    return reasons
  }

  async function run(
    image: SandboxImage,
    source: string,
    input: string,
    call: HostCall,
    timeoutMs: number,
  ): Promise<Outcome> {
    const sandbox = await backend.create(image)
    try {
      return await sandbox.run({ kind: 'body', source, input }, call, { ...LIMITS, timeoutMs })
    } finally {
      await sandbox[Symbol.asyncDispose]()
    }
  }

  function inputOf(program: HostileProgram): string {
    if (program.paramsJson !== undefined) return program.paramsJson
    const params = typeof program.params === 'object' ? program.params : {}
    return JSON.stringify({ port, file: canaryFile, ...params })
  }

  function imageFor(program: HostileProgram): SandboxImage {
    const names = ['echo', 'get', 'fail', 'slow', 'big', 'each', ...toolNames(program, port)]
    const functions = names.map((name) => ({ path: ['tools', name], name, spread: true }))
    return { version: `hostile ${program.toolDefs || program.toolDefsGen ? program.id : ''}`, functions, modules: [] }
  }
})

const callQuietly: HostCall = async (name, argument) => await callTool(name, JSON.parse(argument) as unknown[])

async function callTool(name: string, list: readonly unknown[]): Promise<string> {
  const [first] = list
  if (name === 'get') return '{"items":[{"id":1},{"id":2}],"nested":{"a":{"b":1}}}'
  if (name === 'fail') {
    const cause = new Error(SECRET)
    throw Object.assign(new Error(`tool failed at /home/host/${name}.js`, { cause }), { HOST_ERROR_SECRET: SECRET })
  }
  if (name === 'slow') {
    await new Promise((resolve) => setTimeout(resolve, Math.min(Number(first) || 0, 2_000)))
    return '"slow"'
  }
  if (name === 'big') return JSON.stringify('x'.repeat(Math.min(Number(first) || 0, 200_000_000)))
  return JSON.stringify(first ?? null)
}

function toOut(outcome: Outcome): Out {
  const { status, value, error, logs } = outcome
  const shown = status === 'limit' || status === 'cancelled' ? 'error' : status
  return {
    status: shown === 'lost' ? 'crash' : shown,
    value: value === undefined ? undefined : (JSON.parse(value) as unknown),
    json: value ?? '',
    error: error === undefined ? '' : JSON.stringify(error),
    logs: logs.join('\n'),
  }
}

/** What programs are known to change on the host, where a sandbox lets them. */
const INTRINSICS: readonly (readonly [holder: object, names: readonly PropertyKey[]])[] = [
  [JSON, ['parse', 'stringify']],
  [Object, ['keys', 'assign', 'defineProperty']],
  [Object.prototype, ['toString', 'hasOwnProperty']],
  [Function.prototype, ['call', 'apply', 'bind']],
  [Array.prototype, ['push', 'map', 'slice', Symbol.iterator]],
  [String.prototype, ['slice', 'replace']],
  [RegExp.prototype, ['test', 'exec']],
  [Map.prototype, ['get', 'set']],
  [Promise.prototype, ['then', 'catch']],
  [Math, ['random']],
  [Date, ['now']],
]

function hostIntrinsics(): unknown[] {
  return INTRINSICS.flatMap(([holder, names]) => names.map((name): unknown => Reflect.get(holder, name)))
}
