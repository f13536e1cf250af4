import { type HostileCase } from '../hostile-case.ts'
import { attacks, INTACT, isDamaged, LOOT } from './attacks.ts'

/** Proxies and well-known symbols where the host takes plain data for granted. */
export const proxiesAndSymbols: readonly HostileCase[] = attacks('proxy-symbol', {
  'reentrant-argument': [
    'an argument calls tools while it is read',
    `let depth = 0
const make = () => new Proxy({}, { ownKeys() { if (depth++ < 200) tools.echo(make()).catch(() => {}); return [] } })
await tools.echo(make())
return depth`,
  ],
  'endless-argument': [
    'reading an argument never ends',
    `await tools.echo(new Proxy({}, { ownKeys() { for (;;); } }))`,
    { expect: 'timeout' },
  ],
  'growing-argument': [
    'an argument has another layer each time it is read',
    `const grow = () => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }), get: (_, key) => (key === 'toJSON' ? undefined : grow()) })
await tools.echo(grow())`,
    { expect: 'error', accept: ['timeout', 'memory'] },
  ],
  'inspect-custom': [
    'a console that formats hands its own inspect function over',
    `console.log({ [Symbol.for('nodejs.util.inspect.custom')](depth, options, inspect) { return inspect.constructor(${LOOT})() } })
return 1`,
  ],
  'argument-to-primitive': [
    'an argument is turned into text by the host, which calls it',
    `let got
const trap = { [Symbol.toPrimitive]() { try { got = arguments.callee.caller?.constructor(${LOOT})() } catch {} return 'x' } }
console.log(trap); await tools.echo(trap)
return got`,
  ],
  'json-of-argument': [
    'toJSON of an argument looks for the holder above it',
    `let got
await tools.echo({ a: { toJSON(key) { try { got = this.constructor.constructor(${LOOT})() } catch {} return key } } })
return got`,
  ],
  'revoked-argument': [
    'an argument is revoked before it is sent',
    `const { proxy, revoke } = Proxy.revocable([], {}); revoke()
try { await tools.echo(proxy) } catch (error) { return error.constructor.constructor(${LOOT})() }`,
  ],
  'tools-as-prototype': [
    'an object that inherits from tools overrides them for the next program',
    `const mine = Object.create(tools); try { mine.echo = () => 'mine' } catch {} try { Object.setPrototypeOf(tools, { left: 1 }) } catch {} return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
  'with-statement': [
    'a with statement resolves names in tools',
    `return Function('t', 'with (t) { return [typeof constructor, typeof __proto__, typeof process] }')(tools)`,
    { probe: ({ out }) => out.json.includes('"object"') && out.json.includes('process') },
  ],
  'tagged-template': [
    'a tool as template tag gets frozen arrays with raw texts',
    `return await tools.echo\`a\${{ toString() { throw 1 } }}b\``,
  ],
  'iterator-of-list': [
    'the iterator of arrays is replaced before arguments are spread',
    `Array.prototype[Symbol.iterator] = function* () { yield 'forged' }; return await tools.echo('real')`,
    { probe: ({ host }) => host.calls.some(({ args }) => JSON.stringify(args).includes('forged')) },
  ],
  'species-of-list': [
    'species decides what map and slice of the glue make',
    `Object.defineProperty(Array, Symbol.species, { get() { return function () { return new Proxy([], { set() { throw 1 } }) } }, configurable: true })
return await tools.echo(['kept'])`,
    { probe: ({ out }) => out.status === 'ok' && out.json !== '["kept"]' },
  ],
  'unknown-tool': [
    'tools answers for names that nobody gave',
    `return [typeof tools.then, typeof tools.toJSON, typeof tools.constructor, typeof tools[Symbol.toPrimitive], typeof tools.nope]`,
    { probe: ({ out }) => out.status === 'ok' && /function|object/.test(out.json) },
  ],
  'own-keys-of-tools': [
    'the keys of tools show more than the tools',
    `return Reflect.ownKeys(tools).map(String).sort()`,
    { probe: ({ out }) => out.status === 'ok' && out.json !== '["big","each","echo","fail","get","slow"]' },
  ],
  'registered-symbol': [
    'the registry of symbols remembers what the last program left',
    `globalThis[Symbol.for('left')] = 1; Symbol.for('left').description; return 1`,
    { follow: `return typeof globalThis[Symbol.for('left')]`, probe: ({ host }) => host.follow?.value !== 'undefined' },
  ],
  'log-of-proxy': [
    'every trap of a logged value throws or loops',
    `console.log(new Proxy({}, new Proxy({}, { get() { throw 'trap' } })))
console.log(new Proxy(function () {}, { apply() { for (;;); }, get() { return () => { throw 1 } } }))
return 1`,
  ],
  'primitive-wrapper': [
    'boxed values lie about what they are',
    `const text = Object.assign(new String('a'), { toString: () => 'b', valueOf: () => 'c', toJSON: () => Symbol('d') })
return await tools.echo([text, new Boolean(false), Object(1n), Object(Symbol())])`,
  ],
})
