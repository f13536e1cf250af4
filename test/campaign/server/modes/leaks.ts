import { env } from 'node:process'
import type { Exchange, Mode } from '../mode.ts'

/** What secrets of the campaign look like, wherever they are planted. */
export const SECRET = /S3CR[A-Za-z0-9]{20}/g

/** All secrets that this process, or this request, was given. */
function known({ http }: Partial<Exchange>): string {
  const own = JSON.stringify([env, process.argv])
  const { url, headers } = http?.request ?? { url: '', headers: {} }
  return (`${own}${url}${JSON.stringify(headers)}${decoded(headers['authorization'])}`.match(SECRET) ?? []).join(' ')
}

function decoded(header: string | undefined): string {
  return Buffer.from(/^Basic (.*)$/.exec(header ?? '')?.[1] ?? '', 'base64').toString('utf8')
}

/** Servers that tell whatever they know. */
export const LEAKS: readonly Mode[] = [
  {
    name: 'tells-all-as-it-dies',
    about: 'writes its environment and arguments to its error stream, and exits',
    expected: 'error',
    over: 'stdio',
    begin() {
      process.stderr.write(`fatal: cannot log in with ${known({})}\n`, () => process.exit(1))
    },
  },
  {
    name: 'tells-all-in-handshakes',
    about: 'refuses the handshake with all it knows',
    expected: 'error',
    handshake: (exchange) => exchange.send(exchange.failure(-32_000, `refused: ${known(exchange)}`)),
  },
  {
    name: 'tells-all-in-errors',
    about: 'answers calls with errors that hold all it knows',
    expected: 'error',
    call: (exchange) => exchange.send(exchange.failure(-32_000, `no login with ${known(exchange)}`)),
  },
  {
    name: 'tells-all-in-failures',
    about: 'fails calls with all it knows',
    expected: 'error',
    call: (exchange) =>
      exchange.send(
        exchange.answer({ isError: true, content: [{ type: 'text', text: `no login with ${known(exchange)}` }] }),
      ),
  },
  {
    name: 'tells-all-as-it-crashes',
    about: 'writes all it knows to its error stream in a call, and exits',
    expected: 'error',
    over: 'stdio',
    call() {
      process.stderr.write(`panic: ${known({})}\n`, () => process.exit(1))
    },
  },
  {
    name: 'tells-all-on-a-page',
    about: 'answers calls with a page that holds all it knows',
    expected: 'error',
    over: 'http',
    call: (exchange) =>
      void exchange.http?.response
        .writeHead(500, { 'content-type': 'text/html' })
        .end(`<pre>denied: ${known(exchange)}</pre>`),
  },
]
