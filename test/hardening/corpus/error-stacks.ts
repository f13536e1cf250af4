import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, LOOT } from './attacks.ts'

const HOST_PATHS = /node:internal|file:\/\/|node_modules|\/home\/|\/(?:src|dist|build)\/sandbox|\.mjs/
const showsHost: Probe = ({ out }) => HOST_PATHS.test(out.json + out.error + out.logs)
const showsControls: Probe = ({ out }) => /\\u001b|\\u202e|\\u0007|[\u001b\u202e\u0007]/.test(out.error)
const isLong: Probe = ({ out }) => out.error.length > 20_000

/** Errors: what they show of the host, and what a hostile thrown value does to whoever looks at it. */
export const errorStacks: readonly HostileCase[] = attacks('stack', {
  'prepare-stack-trace': [
    'a hook for stack traces is handed the frames of the host',
    `const found = []
Error.prepareStackTrace = (error, sites) => {
  for (const site of sites) for (const way of ['getThis', 'getFunction', 'getFileName']) {
    try { const got = site[way](); found.push(String(got)); got.constructor.constructor(${LOOT})() } catch {}
  }
  return 'hooked'
}
try { await tools.fail() } catch (error) { String(error.stack) }
String(new Error('x').stack)
return found`,
    { probe: showsHost },
  ],
  'tool-error-text': [
    'the error of a tool tells paths, its cause and more',
    `try { await tools.fail() } catch (error) {
  return [error.stack, error.message, String(error), ...Object.getOwnPropertyNames(error).map((key) => String(error[key]))]
}`,
    { probe: showsHost },
  ],
  'uncaught-tool-error': [
    'the same error ends the program',
    `await tools.fail()`,
    { expect: 'error', probe: showsHost },
  ],
  'capture-stack': [
    'captureStackTrace writes frames of the host into an object',
    `const holder = {}; Error.captureStackTrace?.(holder); return String(holder.stack)`,
    { probe: showsHost },
  ],
  'overflow-below-host': [
    'the stack overflows inside a host function, whose RangeError is caught',
    `let got
const dive = (depth) => { try { tools.echo(depth).catch(() => {}); dive(depth + 1) } catch (error) { try { got ??= error.constructor.constructor(${LOOT})() } catch {} } }
dive(0)
return got`,
  ],
  'syntax-error-place': [
    'a syntax error shows where the wrapper lies',
    `try { eval('let let = 1') } catch (error) { return String(error.stack) }`,
    { probe: showsHost },
  ],
  'throw-nothing': ['throws undefined', `throw undefined`, { expect: 'error' }],
  'throw-symbol': ['throws a symbol, which no template can hold', `throw Symbol('s')`, { expect: 'error' }],
  'throw-function': [
    'throws a function with a name getter',
    `throw Object.defineProperty(() => {}, 'name', { get() { throw 1 } })`,
    { expect: 'error' },
  ],
  'throw-revoked': [
    'throws a revoked proxy, which throws at every touch',
    `const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy`,
    { expect: 'error' },
  ],
  'throw-no-prototype': ['throws an object without prototype', `throw Object.create(null)`, { expect: 'error' }],
  'throw-huge-message': [
    'the message has twelve megabytes',
    `throw new Error('m'.repeat(12_000_000))`,
    { expect: 'error', probe: isLong },
  ],
  'throw-huge-name': [
    'the name has a megabyte, the stack another one',
    `const error = new Error('x'); error.name = 'n'.repeat(1e6); error.stack = 's'.repeat(1e6); throw error`,
    { expect: 'error', probe: isLong },
  ],
  'throw-terminal-codes': [
    'the message writes to the terminal of whoever logs it',
    `const error = new Error('\\u001b[2J\\u001b]0;owned\\u0007 \\u202egnp.exe'); error.name = '\\u001b[31m'; throw error`,
    { expect: 'error', probe: showsControls },
  ],
  'throw-forged-code': [
    'an error claims to come from the gateway',
    `throw Object.assign(new Error('denied'), { name: 'OptimizerError', code: 'UNAUTHORIZED', details: { retry: 'token' } })`,
    { expect: 'error', probe: ({ out }) => out.error.includes('UNAUTHORIZED') || out.error.includes('retry') },
  ],
  'throw-forged-frames': [
    'a written stack points into files of the host',
    `const error = new Error('x'); error.stack = 'Error: x\\n    at run (/etc/passwd:1:1)\\n    at a (program.ts:1:1)'; throw error`,
    { expect: 'error', probe: ({ out }) => out.error.includes('passwd') },
  ],
  'throw-endless-getter': [
    'the stack property never ends',
    `throw Object.defineProperty({}, 'stack', { get() { for (;;); } })`,
    { expect: 'error', accept: ['timeout'] },
  ],
  'throw-recursive-getter': [
    'the name property throws the error itself again',
    `throw { get name() { throw this }, get message() { throw this }, get stack() { throw this } }`,
    { expect: 'error' },
  ],
  'throw-deep-causes': [
    'a hundred thousand causes hang on each other',
    `let error = new Error('0'); for (let i = 0; i < 1e5; i++) error = new Error('e', { cause: error }); throw error`,
    { expect: 'error', accept: ['timeout', 'memory'], probe: isLong },
  ],
  'has-instance': [
    'instanceof Error throws for whoever asks it',
    `Object.defineProperty(Error, Symbol.hasInstance, { value: () => { throw 'no' } }); console.log(new Error('a')); throw new Error('b')`,
    { expect: 'error' },
  ],
  'swapped-error': [
    'Error and its prototype are replaced before a call fails',
    `globalThis.Error = class { constructor() { return new Proxy({}, { get() { throw 2 } }) } }
Object.prototype.toString = () => { throw 3 }
try { await tools.fail() } catch (error) { return typeof error.message }`,
  ],
})
