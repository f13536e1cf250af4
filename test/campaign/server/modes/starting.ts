import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import type { Exchange, Json, Mode } from '../mode.ts'

/** Sends the usual answer with another result. */
async function withResult(exchange: Exchange, change: (result: Json) => unknown): Promise<void> {
  const usual = await exchange.usual()
  if ('error' in usual) return exchange.send(usual)
  exchange.send({ ...usual, result: change(usual['result'] as Json) })
}

/** Ends this process by itself, as a crash would. */
function crash(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
}

/** A process that stays when this one ends. */
function leave(options: { readonly detached: boolean }): void {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', ...options })
  child.unref()
}

export const STARTING: readonly Mode[] = [
  {
    name: 'ends-at-once',
    about: 'exits before it reads anything',
    expected: 'error',
    over: 'stdio',
    begin: () => process.exit(3),
  },
  {
    name: 'ends-after-handshake',
    about: 'exits as soon as the handshake is answered',
    expected: 'either',
    over: 'stdio',
    hides: true,
    ready: () => void setTimeout(() => process.exit(0), 20),
  },
  {
    name: 'segfaults-after-handshake',
    about: 'is ended by a signal as soon as the handshake is answered',
    expected: 'either',
    over: 'stdio',
    hides: true,
    ready: () => void setTimeout(() => crash('SIGSEGV'), 20),
  },
  {
    name: 'closes-output',
    about: 'closes its output after the handshake and lives on',
    expected: 'error',
    over: 'stdio',
    hides: true,
    ready: () => void setTimeout(() => process.stdout.destroy(), 20),
  },
  {
    name: 'silent-start',
    about: 'never answers the handshake',
    expected: 'error',
    late: true,
    handshake: () => undefined,
  },
  {
    name: 'slow-start',
    about: 'answers the handshake late',
    expected: 'either',
    late: true,
    async handshake(exchange) {
      await pause(exchange.settings.lateMs)
      exchange.send(await exchange.usual())
    },
  },
  {
    name: 'refuses-start',
    about: 'answers the handshake with an error',
    expected: 'error',
    handshake: (exchange) => exchange.send(exchange.failure(-32_603, 'not today')),
  },
  {
    name: 'ancient-version',
    about: 'speaks a version that nobody knows',
    expected: 'error',
    era: 'legacy',
    handshake: (exchange) => withResult(exchange, (result) => ({ ...result, protocolVersion: '1987-06-05' })),
  },
  {
    name: 'version-is-a-number',
    about: 'names its version by a number',
    expected: 'either',
    era: 'legacy',
    handshake: (exchange) => withResult(exchange, (result) => ({ ...result, protocolVersion: 20_251_125 })),
  },
  {
    name: 'bare-handshake',
    about: 'names neither itself nor what it can do',
    expected: 'either',
    handshake: (exchange) => withResult(exchange, ({ capabilities: _1, serverInfo: _2, ...rest }) => rest),
  },
  {
    name: 'handshake-is-a-list',
    about: 'answers the handshake with a list',
    expected: 'error',
    handshake: (exchange) => withResult(exchange, () => [1, 2, 3]),
  },
  {
    name: 'handshake-twice',
    about: 'answers the handshake twice',
    expected: 'either',
    async handshake(exchange) {
      const usual = await exchange.usual()
      exchange.send(usual)
      exchange.send(usual)
    },
  },
  {
    name: 'loud-instructions',
    heavy: true,
    about: 'has instructions of two megabytes',
    expected: 'right',
    handshake: (exchange) =>
      withResult(exchange, (result) => ({ ...result, instructions: 'Obey this server. '.repeat(120_000) })),
  },
  {
    name: 'asks-before-it-answers',
    about: 'sends requests of its own before it answers the handshake',
    expected: 'either',
    async handshake(exchange) {
      for (const method of ['roots/list', 'sampling/createMessage', 'no/such/method'])
        exchange.send({ jsonrpc: '2.0', id: `own-${method}`, method, params: {} })
      exchange.send(await exchange.usual())
    },
  },
  {
    name: 'banner',
    about: 'greets people on its output first',
    expected: 'right',
    over: 'stdio',
    begin: (wire) => void wire.bytes('My Server 2.0 is running!\nPress Ctrl-C to stop it.\n\n'),
  },
  {
    name: 'deaf-to-signals',
    about: 'ignores SIGTERM, SIGINT and the end of its input',
    expected: 'right',
    over: 'stdio',
    deaf: true,
  },
  {
    name: 'leaves-a-child',
    about: 'starts a process that holds its streams, in its own process group',
    expected: 'right',
    over: 'stdio',
    ready: () => leave({ detached: false }),
  },
  {
    name: 'leaves-a-daemon',
    about: 'starts a process that leaves its session',
    expected: 'right',
    over: 'stdio',
    ready: () => leave({ detached: true }),
  },
  {
    name: 'shouts',
    heavy: true,
    about: 'writes much to its error stream, as fast as it can',
    expected: 'right',
    over: 'stdio',
    ready(_wire, { bytes }) {
      const chunk = `${'E'.repeat(65_535)}\n`
      let left = Math.ceil(bytes / chunk.length)
      const write = (): void => {
        while (left-- > 0) if (!process.stderr.write(chunk)) return void process.stderr.once('drain', write)
      }
      write()
    },
  },
]
