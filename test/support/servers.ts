import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Entry file of a server from npm. */
export function serverFile(name: string): string {
  return fileURLToPath(new URL(`../../node_modules/${name}/dist/index.js`, import.meta.url))
}

export const everything = {
  type: 'stdio',
  command: process.execPath,
  args: [serverFile('@modelcontextprotocol/server-everything'), 'stdio'],
} as const

export function filesystem(folder: string): { type: 'stdio'; command: string; args: string[] } {
  return {
    type: 'stdio',
    command: process.execPath,
    args: [serverFile('@modelcontextprotocol/server-filesystem'), folder],
  }
}

export function memory(folder: string): {
  type: 'stdio'
  command: string
  args: string[]
  env: Record<string, string>
} {
  return {
    type: 'stdio',
    command: process.execPath,
    args: [serverFile('@modelcontextprotocol/server-memory')],
    env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
  }
}

/** The misbehaving server of the campaign, compiled by `build.ts`; its modes are in `test/campaign/server/modes`. */
export const hostileServer: string = fileURLToPath(
  new URL('../../build/campaign/campaign/server/main.js', import.meta.url),
)
const SIZES = ['--late', '400', '--many', '2000', '--bytes', '70000000']

/** The misbehaving server, in one of its modes. */
export function hostile(
  mode: string,
  ...more: readonly string[]
): { type: 'stdio'; command: string; args: string[]; timeoutMs: number; startTimeoutMs: number } {
  return {
    type: 'stdio',
    command: process.execPath,
    args: [hostileServer, ...SIZES, '--mode', mode, ...more],
    // Ample: how fast a busy machine starts a process is not what is tested.
    timeoutMs: 15_000,
    startTimeoutMs: 15_000,
  }
}

/** The same over HTTP, in an era of the protocol; resolves once it listens. */
export async function hostileHttp(
  mode: string,
  era: 'modern' | 'legacy' = 'modern',
): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [hostileServer, '--http', ...SIZES], { stdio: ['ignore', 'ignore', 'pipe'] })
  const url = await new Promise<string>((resolve) => {
    let text = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const match = /"listening":\s*"([^"]+)"/.exec(text)
      if (match?.[1] !== undefined) resolve(`${match[1]}/${era}/${mode}/mcp`)
    })
  })
  return { url, process: child }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'mcp-optimizer-'))
}

/** True while a process (a zombie does not count) exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
