import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Mode } from '../server/mode.ts'
import { HEALTHY, MODES } from '../server/modes/index.ts'
import { SERVER } from './places.ts'

export type Transport = 'stdio' | 'http-legacy' | 'http-modern'

/** One misbehaving server over one transport. */
export interface Run {
  readonly mode: Mode
  readonly transport: Transport
}

export interface Sizes {
  readonly bytes: number
  readonly many: number
  readonly lateMs: number
}

/** A program with misbehaving servers: ours, or one that speaks as that of the test data does. */
export interface Program {
  readonly modes: readonly Mode[]
  stdio(mode: Mode, files: { readonly journal: string; readonly canary: string }): { command: string; args: string[] }
  /** Starts it over HTTP; `urlOf` says where a mode is. */
  http(run: Run | undefined, files: { readonly journal: string; readonly canary: string }): Promise<HttpProgram>
}

export interface HttpProgram extends Disposable {
  urlOf(run: Run): string
}

/** All modes over all transports that they are possible on. */
export function runsOf(modes: readonly Mode[]): Run[] {
  return modes.flatMap((mode) => {
    const { over, era } = mode
    const transports: Transport[] = []
    if (over !== 'http' && era !== 'modern') transports.push('stdio')
    if (over !== 'stdio' && era !== 'modern') transports.push('http-legacy')
    if (over !== 'stdio' && era !== 'legacy') transports.push('http-modern')
    return transports.map((transport) => ({ mode, transport }))
  })
}

export function ownProgram({ bytes, many, lateMs }: Sizes): Program {
  const sizes = ['--bytes', String(bytes), '--many', String(many), '--late', String(lateMs)]
  const argsOf = ({ journal, canary }: { journal: string; canary: string }): string[] => [
    ...sizes,
    '--journal',
    journal,
    '--canary',
    canary,
  ]
  return {
    modes: [...MODES.values()].filter((mode) => mode !== HEALTHY),
    stdio: (mode, files) => ({ command: process.execPath, args: [SERVER, '--mode', mode.name, ...argsOf(files)] }),
    async http(_run, files) {
      const { child, url } = await listening([SERVER, '--http', ...argsOf(files)])
      return {
        urlOf: ({ mode, transport }) => `${url}/${transport === 'http-modern' ? 'modern' : 'legacy'}/${mode.name}/mcp`,
        [Symbol.dispose]: () => void child.kill('SIGKILL'),
      }
    },
  }
}

/** Modes of which nothing is known but the name: every error with a code will do, and none has to come at once. */
export function foreignProgram(file: string, { bytes, many, lateMs }: Sizes): Program {
  const names = execFileSync(process.execPath, [file, '--list'], { encoding: 'utf8' })
  const modes = names.split('\n').flatMap((line): Mode[] => {
    const [, name, about = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? []
    if (name === undefined) return []
    const isHttp = /^(http|sse|session)-/.test(name)
    return [{ name, about, expected: 'own', late: true, hides: true, ...(isHttp && { over: 'http', era: 'modern' }) }]
  })
  const argsOf = (mode: Mode, { journal, canary }: { journal: string; canary: string }): string[] => {
    const sizes = ['--bytes', String(bytes), '--n', String(many), '--ms', String(lateMs)]
    return [file, '--mode', mode.name, ...sizes, '--state', journal, '--canary', canary]
  }
  return {
    modes,
    stdio: (mode, files) => ({ command: process.execPath, args: argsOf(mode, files) }),
    async http(run, files) {
      if (run === undefined) throw new TypeError('such a server has one mode at a time')
      const { child, url } = await listening([...argsOf(run.mode, files), '--http'])
      return { urlOf: () => url, [Symbol.dispose]: () => void child.kill('SIGKILL') }
    },
  }
}

async function listening(args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk.slice(0, 10_000)))
  for (;;) {
    const url = /"listening":\s*"([^"]+)"/.exec(text)?.[1]
    if (url !== undefined) return { child, url }
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')])
    if (child.exitCode !== null) throw new Error(`the misbehaving server does not start: ${text}`)
  }
}
