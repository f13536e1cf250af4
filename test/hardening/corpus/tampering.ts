import { type HostileCase } from '../hostile-case.ts'
import { attacks, INTACT, isDamaged } from './attacks.ts'

const next = { follow: INTACT, probe: isDamaged } as const

/** Changes that should meet the next program of the pool, of whatever tenant. */
export const tampering: readonly HostileCase[] = attacks('tamper', {
  'array-methods': [
    'array methods lie',
    `for (const key of ['map', 'filter', 'sort', 'push', 'join']) Array.prototype[key] = () => 'mine'; return 1`,
    next,
  ],
  'array-iterator': [
    'iteration yields nothing',
    `Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true }); Array.prototype[Symbol.iterator] = null; return 1`,
    next,
  ],
  'text-methods': [
    'text methods lie',
    `String.prototype.slice = String.prototype.replace = () => 'mine'; String.prototype[Symbol.iterator] = null; return 1`,
    next,
  ],
  'json-functions': [
    'JSON is gone',
    `JSON.parse = () => ({ items: [] }); JSON.stringify = null; delete globalThis.JSON; return 1`,
    next,
  ],
  'object-functions': [
    'Object.keys and Reflect lie',
    `Object.keys = () => ['mine']; Object.defineProperty = () => {}; Reflect.apply = null; return 1`,
    next,
  ],
  'error-class': [
    'errors have no message',
    `globalThis.Error = class {}; Object.defineProperty(TypeError.prototype, 'message', { value: 'mine' }); return 1`,
    next,
  ],
  'regexp-functions': [
    'regular expressions never match',
    `RegExp.prototype.exec = () => null; RegExp.prototype[Symbol.replace] = () => 'mine'; return 1`,
    next,
  ],
  'map-methods': [
    'maps forget',
    `Map.prototype.get = () => 'mine'; Map.prototype.set = function () { return this }; WeakMap.prototype.get = null; return 1`,
    next,
  ],
  'clock-and-dice': [
    'clock and dice are loaded',
    `Math.random = () => 7; Date.now = () => 0; Math.max = () => -1; return 1`,
    next,
  ],
  'global-getter': [
    'globals become getters that throw',
    `for (const key of ['tools', 'console', 'Promise', 'Object', 'params']) try { Object.defineProperty(globalThis, key, { get() { throw 'mine' } }) } catch {} return 1`,
    next,
  ],
  'global-prototype': [
    'the global object inherits from a proxy',
    `try { Object.setPrototypeOf(Object.prototype, null); Object.setPrototypeOf(globalThis, new Proxy({}, { has: () => true, get: () => 'mine' })) } catch {} return 1`,
    next,
  ],
  'frozen-world': [
    'freezes whatever it finds',
    `for (const key of Reflect.ownKeys(globalThis)) try { Object.freeze(globalThis[key]); Object.freeze(globalThis[key].prototype) } catch {} return 1`,
    next,
  ],
  'left-globals': [
    'leaves data of its tenant behind',
    `globalThis.left = 'data of tenant A'; var leaked = 1; this?.x; (0, eval)('var left2 = "data of tenant A"'); return 1`,
    {
      follow: `return [typeof left, typeof left2, typeof leaked]`,
      probe: ({ host }) => host.follow?.json !== '["undefined","undefined","undefined"]',
    },
  ],
  'left-params': [
    'the parameters of one tenant meet the next',
    `return params.token.length`,
    {
      params: { token: 'tenant-A-token' },
      follow: `return [params, typeof arguments === 'undefined' ? 0 : [...arguments]]`,
      probe: ({ host }) => (host.follow?.json ?? '').includes('tenant-A'),
    },
  ],
  'left-matches': [
    'the last match of a regular expression stays',
    `/(tenant-A-\\w+)/.test('tenant-A-secret'); return 1`,
    {
      follow: `return [RegExp.$1, RegExp['$&'], RegExp.lastMatch, RegExp.input].map(String)`,
      probe: ({ host }) => (host.follow?.json ?? '').includes('tenant-A'),
    },
  ],
  'left-reaction': [
    'a reaction of the first program runs in the second',
    `tools.slow(60).then(() => { globalThis.left = 1; Array.prototype.map = () => 'mine' }); return 1`,
    {
      follow: `await tools.slow(100); return [typeof left, [1].map((n) => n + 1)[0]]`,
      probe: ({ host }) => host.follow?.json !== '["undefined",2]',
    },
  ],
  'left-stack-hook': [
    'a stack hook and a stack limit stay',
    `Error.prepareStackTrace = () => 'mine'; Error.stackTraceLimit = 0; return 1`,
    { follow: `return String(new Error('x').stack)`, probe: ({ host }) => host.follow?.value === 'mine' },
  ],
  'dies-in-the-middle': [
    'is ended while it changes things',
    `Array.prototype.map = () => 'mine'; Object.prototype.polluted = 1; for (;;);`,
    { expect: 'timeout', ...next },
  ],
  'overflows-in-the-middle': [
    'its stack overflows inside a changed function',
    `Array.prototype.map = function f() { return f.call(this) }; try { [1].map() } catch {} const f = () => f(); f()`,
    { expect: 'error', ...next },
  ],
  'module-scope': [
    'a function of one program is called by the other',
    `globalThis.left = () => params; Function.prototype.toString = () => 'mine'; Function.prototype.apply = null; return 1`,
    next,
  ],
})
