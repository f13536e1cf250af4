import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, INTACT, isDamaged } from './attacks.ts'

const nextIsPolluted: Probe = ({ host }) => host.follow?.json !== '"undefined"'
const POLLUTED = `return typeof ({}).polluted`

/** Prototypes that are shared with the host, with the next program, or with the glue. */
export const prototypePollution: readonly HostileCase[] = attacks('pollution', {
  'through-params': [
    'the prototype of params is the host’s',
    `params.__proto__.polluted = 1; return 1`,
    { follow: POLLUTED, probe: nextIsPolluted },
  ],
  'through-answer': [
    'the prototype of an answer is the host’s',
    `(await tools.get()).__proto__.polluted = 1; return 1`,
    { follow: POLLUTED, probe: nextIsPolluted },
  ],
  'through-array': [
    'arrays of an answer lead to the array methods of the host',
    `(await tools.get()).items.__proto__.map = () => 'mine'; return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
  'through-error': [
    'the error of a call leads to the prototype of errors',
    `try { await tools.fail() } catch (error) { Object.getPrototypeOf(error).polluted = 1; Object.getPrototypeOf(Object.getPrototypeOf(error)).polluted = 1 } return 1`,
    { follow: POLLUTED, probe: nextIsPolluted },
  ],
  'through-promise': [
    'the promise of a call leads to Promise.prototype',
    `tools.echo(1).__proto__.polluted = 1; return 1`,
  ],
  'through-function': [
    'a tool leads to Function.prototype and Object.prototype',
    `tools.echo.__proto__.polluted = 1; console.log.__proto__.__proto__.polluted = 1; return 1`,
    { follow: POLLUTED, probe: nextIsPolluted },
  ],
  'params-with-proto': [
    'parameters with a key __proto__ are copied by the program',
    `const copy = Object.assign({}, params); const merge = (to, from) => { for (const key in from) typeof from[key] === 'object' ? merge((to[key] ??= {}), from[key]) : (to[key] = from[key]); return to }
merge({}, params); return typeof copy.polluted`,
    {
      paramsJson: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      follow: POLLUTED,
      probe: nextIsPolluted,
    },
  ],
  'argument-with-proto': [
    'an argument with own keys __proto__ and constructor is merged by the host',
    `return typeof (await tools.echo(JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'))).polluted`,
  ],
  'define-getter': [
    '__defineGetter__ of params defines on the host’s prototype',
    `params.__proto__.__defineGetter__('polluted', () => 1); params.constructor.prototype.__defineSetter__('x', () => { throw 1 }); return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
  'setter-for-answers': [
    'a setter on Object.prototype sees the fields of answers',
    `const seen = []
for (const key of ['items', 'value', 'code', 'message', 'resolve', 'name']) Object.defineProperty(Object.prototype, key, { set(v) { seen.push(key, typeof v) }, configurable: true })
const answer = await tools.get()
return [seen, Object.keys(answer)]`,
    { probe: ({ out }) => out.status === 'ok' && out.json !== '[[],["items","nested"]]' },
  ],
  'setter-for-indexes': [
    'a setter for index 0 sees the arguments and results of the glue',
    `const seen = []
for (const key of [0, 1, 2]) Object.defineProperty(Array.prototype, key, { set(v) { seen[seen.length] = typeof v }, get() { return 'forged' }, configurable: true })
const answer = await tools.echo({ a: 1 })
delete Array.prototype[0]; delete Array.prototype[1]; delete Array.prototype[2]
return answer`,
    {
      probe: ({ out, host }) =>
        out.status === 'ok' && (out.json !== '{"a":1}' || JSON.stringify(host.calls).includes('forged')),
    },
  ],
  'frozen-prototypes': [
    'frozen prototypes make assignments of the next program fail',
    `for (const C of [Object, Array, Function, Promise, Map, Error, String]) Object.freeze(C.prototype); Object.preventExtensions(globalThis); return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
  'symbol-keys': [
    'well-known symbols on Object.prototype change every object',
    `Object.prototype[Symbol.toPrimitive] = () => 'forged'; Object.prototype[Symbol.isConcatSpreadable] = true; Object.prototype[Symbol.iterator] = null; return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
  'prototype-of-prototype': [
    'the prototype of answers gets a proxy above it',
    `const { items } = await tools.get(); try { Object.setPrototypeOf(Object.getPrototypeOf(items), new Proxy({}, { get: () => 'forged' })) } catch {} return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
})
