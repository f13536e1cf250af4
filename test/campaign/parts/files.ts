import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts'
import { type Answer, RpcClient } from '../runner/ask.ts'
import { environment, Gateway, serverEntry } from '../runner/gateway.ts'
import { Findings, type Part, type PartOptions } from '../runner/part.ts'
import { CLI, temporaryFolder } from '../runner/places.ts'
import { tornFiles } from '../runner/stored.ts'
import { keepingConfig, writers } from '../runner/writing.ts'

const SERVERS = { good: serverEntry('healthy') }
const WRONG = new Set(['INTERNAL', 'CONFIG_INVALID', 'PROGRAM_ERROR'])

/** Whatever writes files is killed while it does. */
export const files: Part = async (options) => {
  const findings = new Findings(options.tell)
  await killGateways(options, findings)
  await killSetups(options, findings)
  return findings
}

/** A gateway whose clients have everything written is killed, and started again in the same home. */
async function killGateways({ short, kills, tell }: PartOptions, findings: Findings): Promise<void> {
  const wanted = kills ?? (short ? 3 : 500)
  const home = temporaryFolder()
  const config = keepingConfig(home, SERVERS)
  const kept = writers()
  let version = 0
  let torn = 0
  const writes = new Map(kept.map(({ name }) => [name, 0]))
  for (let done = 0; done < wanted; done++) {
    await using gateway = await Gateway.start({ config, home })
    using client = new RpcClient(gateway)
    const over = new AbortController()
    const before = new Map(writes)
    const lanes = kept.map(async ({ name, write }) => {
      while (!over.signal.aborted) {
        const answer = await write(client, version++).catch(() => undefined)
        if (answer?.status === 'ok') writes.set(name, (writes.get(name) ?? 0) + 1)
        if (answer?.error !== undefined && WRONG.has(answer.error.code))
          findings.fault(`${name}: ${answer.error.code} ${answer.error.message}`)
      }
    })
    await allWrite(writes, before)
    await pause(Math.random() * 400)
    over.abort()
    await gateway.end('SIGKILL')
    await Promise.all(lanes)
    const faults = tornFiles(home, (file) => !file.endsWith('mcp-optimizer.json'))
    torn += faults.length
    for (const fault of faults) findings.fault(fault)
    if (done % 50 === 49) tell(`${done + 1} gateways killed while they wrote`)
  }
  const verified = await command(['audit-log', '--verify', '--config', join(home, 'mcp-optimizer.json')], home)
  if (verified.code !== 0) findings.fault(`audit-log --verify: ${verified.code} ${verified.text.slice(0, 300)}`)
  rmSync(home, { recursive: true, force: true })
  findings.figure('kills of gateways that write', wanted, 'kills')
  for (const [name, count] of writes) findings.figure(`writes: ${name}`, count, 'answers')
  findings.figure('torn files', torn, 'files', { exactly: 0 })
}

/** Waits until everything was written once by this gateway. */
async function allWrite(writes: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): Promise<void> {
  const deadline = performance.now() + 30_000
  while ([...writes].some(([name, count]) => count === before.get(name)) && performance.now() < deadline)
    await pause(20)
}

/** `setup` is killed at any moment: each server is in a client's file or in ours, and each file is whole. */
async function killSetups({ short, kills, tell }: PartOptions, findings: Findings): Promise<void> {
  const wanted = kills ?? (short ? 3 : 500)
  let torn = 0
  let longestMs = 1_500
  for (let done = 0; done < wanted; done++) {
    const home = temporaryFolder()
    const names = ['first', 'second', 'third']
    writeClients(home, names)
    const startedAt = performance.now()
    const { code } = await command(['setup', '--yes'], home, Math.random() * longestMs)
    if (code === 0) longestMs = Math.max(500, performance.now() - startedAt)
    const faults = tornFiles(home, (file) => file.endsWith('.json') && !/claude|cursor/.test(file))
    faults.push(...names.filter((name) => !isKept(home, name)).map((name) => `the server ${name} is gone`))
    torn += faults.length
    for (const fault of faults) findings.fault(`setup: ${fault}`)
    rmSync(home, { recursive: true, force: true })
    if (done % 50 === 49) tell(`${done + 1} setups killed`)
  }
  findings.figure('kills of setup', wanted, 'kills')
  findings.figure('files that setup tore, servers that it lost', torn, 'files', { exactly: 0 })
}

function writeClients(home: string, [first = '', ...others]: readonly string[]): void {
  const entry = { command: 'node', args: ['-e', '0'] }
  const many = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, entry]))
  mkdirSync(join(home, '.cursor'))
  writeFileSync(join(home, '.claude.json'), JSON.stringify({ projects: {}, mcpServers: many([first]) }))
  writeFileSync(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers: many(others) }))
}

const PLACES = [
  '.claude.json',
  '.cursor/mcp.json',
  '.config/mcp-optimizer/mcp-optimizer.json',
  '.config/mcp-optimizer-nodejs/mcp-optimizer.json',
]

/** True where one of the files that are whole names it. */
function isKept(home: string, server: string): boolean {
  return PLACES.some((place) => {
    try {
      const { mcpServers = {}, servers = {} } = JSON.parse(readFileSync(join(home, place), 'utf8')) as Record<
        string,
        object
      >
      return server in mcpServers || server in servers
    } catch {
      return false
    }
  })
}

/** Runs a command; with a time it is killed after that. */
async function command(
  args: readonly string[],
  home: string,
  killAfterMs?: number,
): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: home,
    env: environment(home, randomUUID()),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  await once(child, 'close')
  clearTimeout(timer)
  return { code: child.exitCode, text }
}

/** A home whose disk is full, and has room again. */
export const fullDisk: Part = async ({ tell }) => {
  const findings = new Findings(tell)
  using disk = mountSmallDisk('a home on a full disk', 8_192)
  if (disk === undefined) {
    findings.skipped.push('a full disk: only root can mount a small one')
    return findings
  }
  await fill(disk, findings)
  return findings
}

async function fill(disk: SmallDisk, findings: Findings): Promise<void> {
  const { folder: home } = disk
  await using gateway = await Gateway.start({ config: keepingConfig(home, SERVERS), home })
  using client = new RpcClient(gateway)
  const kept = writers()
  const writeAll = async (version: number): Promise<readonly (readonly [string, Answer])[]> => {
    const answers: (readonly [string, Answer])[] = []
    for (const { name, write } of kept) answers.push([name, await write(client, version)])
    return answers
  }
  const wanted = (when: string, answers: Awaited<ReturnType<typeof writeAll>>, failsRight: boolean): number =>
    answers.filter(([name, { status, error }]) => {
      const isRight = status === 'ok' || (failsRight && !WRONG.has(error?.code ?? 'INTERNAL'))
      if (!isRight) findings.fault(`${when}: ${name}: ${error?.code} ${error?.message}`)
      return isRight
    }).length
  const before = wanted('with room', await writeAll(1), false)
  disk.fill()
  const answers: (readonly [string, Answer])[] = []
  for (let version = 2; version < 8; version++) answers.push(...(await writeAll(version)))
  const full = wanted('on a full disk', answers, true)
  const torn = tornFiles(home, (file) => !file.endsWith('mcp-optimizer.json'))
  for (const fault of torn) findings.fault(`on a full disk: ${fault}`)
  disk.empty()
  const after = wanted('with room again', await writeAll(9), false)
  const end = await gateway.end()
  if (end.code !== 0) findings.fault(`SIGTERM ended the gateway with ${end.code ?? end.signal}`)
  findings.figure('writes that held with room', before, 'answers', { exactly: kept.length })
  findings.figure('right or an error with a code, on a full disk', full, 'answers', { exactly: answers.length })
  findings.figure('torn files', torn.length, 'files', { exactly: 0 })
  findings.figure('writes that held with room again', after, 'answers', { exactly: kept.length })
}
