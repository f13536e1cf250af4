import { existsSync } from 'node:fs'
import { platform, env as ownEnvironment } from 'node:process'
import { OptimizerError } from '../errors.ts'
import { isRecord, type JsonObject } from '../internal/json.ts'
import { abortable, createAborter } from '../internal/signal.ts'
import type { Scrub } from '../internal/scrub.ts'
import { cleanText, clip, serverText } from '../internal/text.ts'
import { childEnvironment, type EnvironmentScope } from './child-environment.ts'
import {
  CLIENT_INFO,
  type Connect,
  type Connection,
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSION,
} from './connection.ts'
import { lastWords } from './last-words.ts'
import { deeper } from './depth.ts'
import { LineSplitter } from '../internal/line-splitter.ts'
import type { FirstStarts } from './launch/first-starts.ts'
import type { LargeMessages } from './large-messages.ts'
import { readLaunch } from './launch/launch.ts'
import { beginLaunch } from './launch/launched-start.ts'
import { Peer } from './peer.ts'
import { ProcessGroup, type Reaper } from './process-group.ts'
import { refuseGateway } from './refuse-gateway.ts'

/** What to start. */
export interface StdioOptions {
  readonly command: string
  readonly args?: readonly string[]
  /** Added to what the server gets of the gateway's environment. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** How much of the gateway's environment it gets. @default that of all servers, `all` */
  readonly environment?: EnvironmentScope
}

/** What it shares with other servers, and what the configuration says beside how to start it. */
export interface StdioEnvironment {
  readonly reaper: Reaper
  readonly scrub: Scrub
  /** As the configuration says it. @default 30000, and longer where something is fetched first */
  readonly startTimeoutMs: number | undefined
  /** One for all servers of a gateway. */
  readonly firstStarts: FirstStarts
  /** Secrets of the gateway, which no server gets. */
  readonly ownSecrets: readonly string[]
  /** What we say that we can do. */
  readonly capabilities: JsonObject
  /** One for all servers of a gateway. @default large messages are read as all others */
  readonly large?: LargeMessages | undefined
}

/** Bytes of one message; a longer one ends the connection. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024
/** How long what an ended server wrote is waited for, milliseconds. */
const DRAIN_MS = 200
const START_TIMEOUT_MS = 30_000
const SAID_CHARS = 8_000

/** Starts a server as a child process and shakes hands: 2025 style first, as nearly all servers want it, else 2026-07-28. */
export function stdioConnect(
  name: string,
  options: StdioOptions,
  { reaper, scrub, startTimeoutMs: configuredMs, firstStarts, ownSecrets, capabilities, large }: StdioEnvironment,
): Connect {
  const { command, args = [], env: added = {}, cwd, environment: scope = 'all' } = options
  const launch = readLaunch(command, args)
  const startTimeoutMs = configuredMs ?? START_TIMEOUT_MS
  const isTimeoutConfigured = configuredMs !== undefined
  return async (events, closing) => {
    const isWindows = platform === 'win32'
    const given = childEnvironment({ own: ownEnvironment, scope, secrets: ownSecrets, added, isWindows })
    const env = { ...given, ...deeper(ownEnvironment) }
    const place = { env, cwd, isWindows }
    const timing = { startTimeoutMs, isTimeoutConfigured, firstStarts, events, signal: closing }
    using launched = launch === undefined ? undefined : await beginLaunch({ launch, place, ...timing })
    const signal = launched?.signal ?? closing
    signal.throwIfAborted()
    const group = new ProcessGroup({ command, args, env, ...(cwd === undefined ? {} : { cwd }) }, reaper)
    launched?.watch(group.child.pid)
    const { child } = group
    /** On stderr, and on stdout where it is no message. */
    let said = ''
    const hear = (text: string): void => {
      const all = said + text
      // From a new line on: the rest of one that is cut may be the rest of a secret.
      said = all.length <= SAID_CHARS ? all : all.slice(-SAID_CHARS).replace(/^[^\n]*\n/, '')
    }
    let isClosing = false
    let over = false
    const peer = new Peer({
      name,
      scrub,
      large,
      write: writeLines(child.stdin),
      onToolsChanged: events.toolsChanged,
      onNotified: events.notified,
      onNoise: (line) => hear(`${scrub(line.slice(0, 2_000)).slice(0, 1_000)}\n`),
    })
    const lose = (reason: string): void => {
      if (over) return
      over = true
      peer.close(reason)
      group.kill()
      if (!isClosing) events.lost(reason)
    }
    readLines(
      child.stdout,
      (line) => {
        launched?.heard()
        peer.receiveBytes(line)
      },
      (rest) => peer.receiveRest(rest),
      () => lose(`a message of more than ${MAX_MESSAGE_BYTES} bytes`),
    )
    child.stderr?.setEncoding('utf8').on('data', hear)
    child.stdin?.on('error', () => undefined)
    child.once('error', (error: NodeJS.ErrnoException) =>
      lose(
        error.code === 'ENOENT'
          ? notFound(command, cwd)
          : serverText(error.message.replaceAll(command, commandName(command)), 500, scrub),
      ),
    )
    child.once('exit', (code, exitSignal) => {
      const gone = (): void => lose(`it ended with ${exitSignal ?? `code ${code}`}${lastWords(said, scrub)}`)
      // What it wrote last may still be on its way; a process of its own that holds the pipe open is not waited for.
      const timer = setTimeout(gone, DRAIN_MS)
      child.once('close', () => {
        clearTimeout(timer)
        gone()
      })
    })
    try {
      const hello = await abortable(shakeHands({ name, peer, scrub, ours: capabilities }, signal), signal)
      await launched?.answered()
      return {
        ...hello,
        request: (method, params, request) => peer.request(method, params, request),
        async close(soon) {
          isClosing = true
          await group.end(soon)
        },
        problems: () =>
          peer.skippedLines > 0 ? [`skipped ${peer.skippedLines} lines on stdout that are no messages`] : [],
        ...(child.pid === undefined ? {} : { pid: child.pid }),
        ...(peer.envelope === undefined ? {} : { listen: async (filter) => listen(peer, filter) }),
      }
    } catch (thrown) {
      isClosing = true
      if ((await launched?.isInstalling()) === true) await group.endInstall()
      // Nobody waits for a server that did not start.
      else group.kill()
      await group.end()
      const late = launched?.lateWords() ?? `within ${startTimeoutMs} ms`
      const error = startError(thrown, `${name} did not start ${late}${lastWords(said, scrub)}`)
      throw withFix(error, launched === undefined ? undefined : launched.fix(said))
    }
  }
}

/** The same error with what is known to help. */
function withFix(error: OptimizerError, fix: string | undefined): OptimizerError {
  if (fix === undefined || !error.code.startsWith('UPSTREAM_')) return error
  const { code, message, cause, details } = error
  return new OptimizerError(code, message, {
    cause,
    suggestion: fix,
    ...(details === undefined ? {} : { details }),
  })
}

type Hello = Pick<Connection, 'instructions' | 'protocolVersion' | 'offersTools' | 'capabilities'>

/** The longest that a timer takes, milliseconds. */
const UNBOUNDED_MS = 2 ** 31 - 1

/** Has the server tell of changes for as long as nobody ends it. */
function listen(peer: Peer, notifications: JsonObject): () => void {
  const ending = createAborter()
  const options = { signal: ending.signal, timeoutMs: UNBOUNDED_MS, maxTotalMs: UNBOUNDED_MS }
  peer.request('subscriptions/listen', { notifications }, options).catch(() => undefined)
  return () => ending.abort()
}

interface Greeting {
  readonly name: string
  readonly peer: Peer
  readonly scrub: Scrub
  /** Capabilities that we declare. */
  readonly ours: JsonObject
}

async function shakeHands({ name, peer, scrub, ours }: Greeting, signal: AbortSignal): Promise<Hello> {
  const options = { signal, timeoutMs: 86_400_000, maxTotalMs: 86_400_000 }
  const initialize = async (protocolVersion: string): Promise<Hello> => {
    const params = { protocolVersion, capabilities: ours, clientInfo: CLIENT_INFO }
    const result = await peer.request('initialize', params, options)
    refuseGateway(name, isRecord(result) ? result['serverInfo'] : undefined)
    peer.notify('notifications/initialized')
    return hello(result, protocolVersion, scrub)
  }
  try {
    return await initialize(LEGACY_VERSION)
  } catch (thrown) {
    const { rpcCode, data } = (OptimizerError.is(thrown) ? thrown.details : undefined) ?? {}
    const supported = isRecord(data) && Array.isArray(data['supported']) ? (data['supported'] as unknown[]) : []
    const other = LEGACY_VERSIONS.slice(1).find((version) => supported.includes(version))
    if (other !== undefined) return await initialize(other)
    if (rpcCode !== -32601 && rpcCode !== -32022 && !supported.includes(MODERN_VERSION)) throw thrown
    peer.envelope = modernEnvelope(ours)
    const result = await peer.request('server/discover', {}, options)
    refuseGateway(name, isRecord(result) ? result['serverInfo'] : undefined)
    return { ...hello(result, MODERN_VERSION, scrub), protocolVersion: MODERN_VERSION }
  }
}

/** What each request of the 2026-07-28 era carries. */
function modernEnvelope(ours: JsonObject): JsonObject {
  return {
    'io.modelcontextprotocol/protocolVersion': MODERN_VERSION,
    'io.modelcontextprotocol/clientCapabilities': ours,
    'io.modelcontextprotocol/clientInfo': CLIENT_INFO,
  }
}

function hello(result: unknown, wanted: string, scrub: Scrub): Hello {
  const { instructions, protocolVersion, capabilities } = isRecord(result) ? result : {}
  const version = typeof protocolVersion === 'string' ? protocolVersion : wanted
  if (!/^20\d\d-\d\d-\d\d$/.test(version))
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `the server speaks protocol version "${serverText(version, 40, scrub)}", wanted 2024-11-05 or later`,
    )
  return {
    protocolVersion: version,
    ...(isRecord(capabilities) ? { capabilities, offersTools: isRecord(capabilities['tools']) } : {}),
    ...(typeof instructions === 'string' ? { instructions: clip(cleanText(scrub(instructions)), 2_048) } : {}),
  }
}

function startError(thrown: unknown, late: string): OptimizerError {
  return OptimizerError.is(thrown) ? thrown : new OptimizerError('UPSTREAM_TIMEOUT', late, { cause: thrown })
}

/** Without the folders of this machine: an agent reads it, and doctor knows the rest. */
export function commandName(command: string): string {
  return command.split(/[\\/]/).at(-1) ?? command
}

/** A working folder that is missing is told in the same way as a missing command. */
function notFound(command: string, cwd: string | undefined): string {
  if (cwd !== undefined && !existsSync(cwd)) return 'its working folder (cwd) was not found'
  return `command "${commandName(command)}" was not found`
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
function readLines(
  stream: NodeJS.ReadableStream | null,
  onLine: (line: Buffer) => void,
  onRest: (rest: Buffer) => void,
  tooLong: () => void,
): void {
  const lines = new LineSplitter({ maxBytes: MAX_MESSAGE_BYTES, onLine, tooLong })
  stream?.on('data', (chunk: Buffer) => lines.add(chunk))
  stream?.on('end', () => onRest(lines.rest()))
  stream?.on('error', () => undefined)
}
