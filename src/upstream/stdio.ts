import { env as ownEnvironment } from 'node:process'
import { OptimizerError } from '../errors.ts'
import { isRecord, type JsonObject } from '../internal/json.ts'
import { abortable } from '../internal/signal.ts'
import { modelText } from '../internal/text.ts'
import { CLIENT_INFO, type Connect, type Connection, LEGACY_VERSION, MODERN_VERSION } from './connection.ts'
import { Peer } from './peer.ts'
import { ProcessGroup, type Reaper } from './process-group.ts'

/** What to start. */
export interface StdioOptions {
  readonly command: string
  readonly args?: readonly string[]
  /** Added to a small default environment (HOME, PATH, …). */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Bytes of one message; a longer one ends the connection. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024
const STDERR_CHARS = 2_000

/** What a server gets of our own environment, as the official client has it: no secrets of other programs. */
const INHERITED = [
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TERM',
  'TMPDIR',
  'USER',
  'APPDATA',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'USERNAME',
  'USERPROFILE',
]

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = ownEnvironment[name]
      // A value that begins like this is an exported shell function.
      return value === undefined || value.startsWith('()') ? [] : [[name, value]]
    }),
  )
}

/** Starts a server as a child process and shakes hands: 2025 style first, as nearly all servers want it, else 2026-07-28. */
export function stdioConnect(name: string, options: StdioOptions, reaper: Reaper): Connect {
  return async (events, signal) => {
    const { command, args = [], env = {}, cwd } = options
    const group = new ProcessGroup(
      { command, args, env: { ...inherited(), ...env }, ...(cwd === undefined ? {} : { cwd }) },
      reaper,
    )
    const { child } = group
    let stderr = ''
    let closing = false
    let over = false
    const peer = new Peer({
      name,
      write: writeLines(child.stdin),
      onToolsChanged: events.toolsChanged,
    })
    const lose = (reason: string): void => {
      if (over) return
      over = true
      peer.close(reason)
      group.kill()
      if (!closing) events.lost()
    }
    readLines(
      child.stdout,
      (line) => peer.receive(line),
      () => lose(`a message of more than ${MAX_MESSAGE_BYTES} bytes`),
    )
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARS)
    })
    child.stdin?.on('error', () => undefined)
    child.once('error', (error: NodeJS.ErrnoException) =>
      lose(error.code === 'ENOENT' ? `command "${command}" was not found` : error.message),
    )
    child.once('exit', (code, exitSignal) => lose(`it ended with ${exitSignal ?? `code ${code}`}${lastWords(stderr)}`))
    try {
      const hello = await abortable(shakeHands(peer, signal), signal)
      return {
        ...hello,
        request: (method, params, request) => peer.request(method, params, request),
        async close() {
          closing = true
          await group.end()
        },
        problems: () =>
          peer.skippedLines > 0 ? [`skipped ${peer.skippedLines} lines on stdout that are no messages`] : [],
        ...(child.pid === undefined ? {} : { pid: child.pid }),
      }
    } catch (thrown) {
      closing = true
      // Nobody waits for a server that did not start.
      group.kill()
      await group.end()
      throw startError(name, thrown, stderr)
    }
  }
}

type Hello = Pick<Connection, 'instructions' | 'protocolVersion'>

async function shakeHands(peer: Peer, signal: AbortSignal): Promise<Hello> {
  const options = { signal, timeoutMs: 86_400_000, maxTotalMs: 86_400_000 }
  try {
    const result = await peer.request(
      'initialize',
      { protocolVersion: LEGACY_VERSION, capabilities: {}, clientInfo: CLIENT_INFO },
      options,
    )
    peer.notify('notifications/initialized')
    return hello(result, LEGACY_VERSION)
  } catch (thrown) {
    const rpcCode = OptimizerError.is(thrown) ? thrown.details?.['rpcCode'] : undefined
    if (rpcCode !== -32601 && rpcCode !== -32022) throw thrown
    peer.envelope = modernEnvelope()
    return {
      ...hello(await peer.request('server/discover', {}, options), MODERN_VERSION),
      protocolVersion: MODERN_VERSION,
    }
  }
}

/** What each request of the 2026-07-28 era carries. */
function modernEnvelope(): JsonObject {
  return {
    'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
  }
}

function hello(result: unknown, wanted: string): Hello {
  const { instructions, protocolVersion } = isRecord(result) ? result : {}
  const version = typeof protocolVersion === 'string' ? protocolVersion : wanted
  if (!/^20\d\d-\d\d-\d\d$/.test(version))
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `the server speaks protocol version "${modelText(version, 40)}", wanted 2024-11-05 or later`,
    )
  return {
    protocolVersion: version,
    ...(typeof instructions === 'string' ? { instructions: modelText(instructions, 2_048) } : {}),
  }
}

function startError(name: string, thrown: unknown, stderr: string): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  return new OptimizerError('UPSTREAM_TIMEOUT', `${name} did not start within its deadline${lastWords(stderr)}`, {
    cause: thrown,
  })
}

/** The last line that names an error, else the last line: a runtime prints frames and its version after the reason. */
function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n')
  const line = lines.findLast((text) => /^\s*(?:\w*error|fatal|panic)\b/i.test(text)) ?? lines.at(-1) ?? ''
  return line === '' ? '' : `; it last said: ${modelText(line, 300)}`
}

/** Writes what comes in one turn of the event loop at once: a server that sleeps is woken once for all of it. */
function writeLines(stream: NodeJS.WritableStream | null): (line: string) => void {
  let text = ''
  return (line) => {
    if (text === '')
      setImmediate(() => {
        const lines = text
        text = ''
        stream?.write(lines)
      })
    text += `${line}\n`
  }
}

/** Splits a byte stream into lines without ever holding more than one message. */
function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void, tooLong: () => void): void {
  let parts: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      onLine(parts.length === 1 ? (parts[0] ?? chunk).toString('utf8') : Buffer.concat(parts).toString('utf8'))
      parts = []
      size = 0
      start = end + 1
    }
    if (start === chunk.length) return
    parts.push(chunk.subarray(start))
    size += chunk.length - start
    if (size <= MAX_MESSAGE_BYTES) return
    parts = []
    size = 0
    tooLong()
  })
  stream?.on('error', () => undefined)
}
