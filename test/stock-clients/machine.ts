import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serverFile } from '../support/servers.ts'
import { type ModelApi, startModelApi, type Script } from './model-api.ts'
import type { Command, Servers, StockClient } from './stock-clients.ts'

/** Milliseconds for one prompt or one command; beyond, the program hangs. */
const LIMIT_MS = 120_000
const ownCommandLine = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** What a program wrote, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A machine with one client, its two servers and a stand-in for its model: a home folder that goes away at the end. */
export interface Machine extends AsyncDisposable {
  readonly model: ModelApi
  /** The folder that the client works in, which the filesystem server may read. */
  readonly work: string
  /** The client's own file. */
  fileText(): string
  /** The client answers one prompt. */
  prompt(script: Script): Promise<Ended>
  /** Our own command line. */
  own(...args: readonly string[]): Promise<Ended>
}

export async function startMachine(client: StockClient, installed: string): Promise<Machine> {
  const home = mkdtempSync(join(tmpdir(), 'mcp-optimizer-stock-'))
  const work = join(home, 'work')
  const file = join(home, client.file)
  mkdirSync(work)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(join(work, 'shopping.txt'), 'milk\n')
  const model = await startModelApi(client.wire, (name, { server, tool }) => name === client.toolName(server, tool))
  writeFileSync(file, client.config(serversFor(work), model.url))
  const env = { ...bareEnvironment(home), ...client.env(model.url) }
  return {
    model,
    work,
    fileText: () => readFileSync(file, 'utf8'),
    prompt(script) {
      model.play(script)
      return run(client.command(installed, 'Which files are in this folder?'), work, env)
    },
    own: (...args) => run({ command: process.execPath, args: [ownCommandLine, ...args] }, work, bareEnvironment(home)),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]()
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Why a client does not run here: no binary for this machine, a library or an instruction that it lacks. */
export function whyNotStarted(client: StockClient, installed: string): string | undefined {
  const { command, args } = client.command(installed, '')
  const script = command === process.execPath ? args.slice(0, 1) : []
  const home = mkdtempSync(join(tmpdir(), 'mcp-optimizer-stock-'))
  const { status, error, stderr } = spawnSync(command, [...script, '--version'], {
    env: bareEnvironment(home),
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })
  rmSync(home, { recursive: true, force: true })
  return status === 0 ? undefined : `it does not start: ${error?.message ?? stderr.trim()}`
}

function serversFor(work: string): Servers {
  const node = (name: string, ...args: string[]): Command => ({
    command: process.execPath,
    args: [serverFile(name), ...args],
  })
  return {
    filesystem: node('@modelcontextprotocol/server-filesystem', work),
    sentry: node('@sentry/mcp-server', '--access-token=sntrys_stand_in'),
  }
}

/** No key, no registry and no setting of whoever runs the tests reaches a client. */
function bareEnvironment(home: string): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    TERM: 'xterm-256color',
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
    // opencode looks for plugins at the registry.
    npm_config_offline: 'true',
    npm_config_registry: 'http://127.0.0.1:9/',
  }
}

/** Ends a program that hangs, with whatever it started. */
async function run({ command, args }: Command, cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), LIMIT_MS)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearTimeout(timer)
  return { code, ...output }
}
