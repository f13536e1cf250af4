import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, INTACT, isDamaged } from './attacks.ts'

const bomb = { expect: 'memory', accept: ['error', 'timeout'] } as const
const growsHost: Probe = ({ host }) => host.rssMb > 400

/** Memory in every form that an engine has. */
export const memoryBombs: readonly HostileCase[] = attacks('memory', {
  objects: ['objects without end', `const a = []; for (;;) a.push({ a: {}, b: [] })`, bomb],
  'linked-list': [
    'a list that only the garbage collector walks',
    `let head; for (;;) head = { next: head, pay: [1, 2, 3, 4] }`,
    bomb,
  ],
  'typed-arrays': [
    'memory outside the heap, touched',
    `const a = []; for (;;) a.push(new Float64Array(1e5).fill(1))`,
    bomb,
  ],
  formatters: [
    'formatters that the host makes, each unlike the others',
    `const zones = Intl.supportedValuesOf('timeZone'); for (let i = 0; ; i++) new Intl.DateTimeFormat('en', { timeZone: zones[i % zones.length], dateStyle: 'full', timeStyle: 'full', i })`,
    { expect: 'timeout', probe: growsHost },
  ],
  'one-buffer': ['one buffer of three gigabytes', `return new ArrayBuffer(3e9).byteLength`, bomb],
  'resizable-buffer': [
    'a resizable buffer grows step by step',
    `const b = new ArrayBuffer(1, { maxByteLength: 2 ** 31 }); for (let n = 1e6; ; n *= 2) b.resize(n)`,
    bomb,
  ],
  'text-doubling': [
    'a text doubles',
    `let t = 'x'; const all = []; for (;;) { t = t + t; all.push(t + all.length) }`,
    bomb,
  ],
  'text-ropes': [
    'ropes are flattened when they are compared',
    `let t = 'a'; for (let i = 0; i < 28; i++) t += t; return [t === t + 'b', t.charCodeAt(1e8), [...t].length]`,
    bomb,
  ],
  'text-padding': [
    'pads to half a gigabyte',
    `return 'x'.padEnd(5e8, 'ab').length + 'y'.padStart(5e8).length`,
    { ...bomb, expect: 'error' },
  ],
  'replace-all': ['each letter becomes a thousand', `let t = 'ab'; for (;;) t = t.replaceAll(/./g, '$&$&$&$&')`, bomb],
  'regexp-captures': [
    'keeps the matches of a text as groups',
    `const t = 'a'.repeat(1e5), all = []; for (;;) all.push(t.match(/a/g), /((a*)*)/.exec(t))`,
    bomb,
  ],
  closures: [
    'closures keep their scopes',
    `const f = (n) => { const big = new Array(100).fill(n); return () => big }; const all = []; for (;;) all.push(f(1))`,
    bomb,
  ],
  generators: [
    'suspended generators keep their frames',
    `const all = []; for (;;) { const g = (function* () { const a = new Array(50).fill(0); yield a })(); g.next(); all.push(g) }`,
    bomb,
  ],
  promises: [
    'promises that nobody settles',
    `const all = []; for (;;) all.push(new Promise(() => {}).then(() => 1))`,
    bomb,
  ],
  'promise-reactions': [
    'one promise with endless reactions',
    `const p = new Promise(() => {}); for (;;) p.then(() => {})`,
    bomb,
  ],
  symbols: ['symbols in the registry', `for (let i = 0; ; i++) Symbol.for('registered symbol number ' + i)`, bomb],
  'property-names': [
    'objects with ever new property names',
    `for (let i = 0, all = []; ; i++) all.push({ ['property' + i]: i })`,
    bomb,
  ],
  functions: [
    'compiles functions and keeps them',
    `const all = []; for (let i = 0; ; i++) all.push(Function('a', 'return a + ' + i))`,
    bomb,
  ],
  'map-entries': [
    'a map and a set grow',
    `const m = new Map(), s = new Set(); for (let i = 0; ; i++) { m.set(i, {}); s.add('e' + i) }`,
    bomb,
  ],
  'weak-maps': [
    'weak maps whose keys stay alive',
    `const keys = [], w = new WeakMap(); for (;;) { const k = {}; keys.push(k); w.set(k, new Array(20).fill(k)) }`,
    bomb,
  ],
  'error-stacks': [
    'errors with long stacks',
    `Error.stackTraceLimit = 1000; const all = []; const dive = (n) => (n ? dive(n - 1) : new Error('x'.repeat(100))); for (;;) all.push(dive(200))`,
    bomb,
  ],
  bigints: ['numbers of megabytes', `const all = []; for (let i = 0n; ; i++) all.push((1n << 8_000_000n) + i)`, bomb],
  'catches-out-of-memory': [
    'catches the end of memory and keeps what it has',
    `const a = []; for (;;) try { for (;;) a.push(new Array(1000).fill(a)) } catch {}`,
    bomb,
  ],
  'keeps-for-the-next': [
    'fills its memory and ends well; the next program must have its own',
    `globalThis.left = []; for (let i = 0; i < 30; i++) globalThis.left.push(new Uint8Array(1e6).fill(1)); return 1`,
    {
      follow: `const a = []; for (let i = 0; i < 30; i++) a.push(new Uint8Array(1e6).fill(1)); return a.length`,
      probe: ({ host }) => host.follow?.value !== 30,
    },
  ],
  'dies-while-tampering': [
    'runs out of memory in the middle of changing prototypes',
    `Array.prototype.map = () => 'mine'; const a = []; for (;;) { a.push('x'.repeat(1e5) + a.length); Object.prototype['p' + a.length] = a }`,
    { ...bomb, follow: INTACT, probe: isDamaged },
  ],
  'native-recursion': [
    'JSON of a structure that is deeper than the native stack',
    `let v = {}; for (let i = 0; i < 1e5; i++) v = { v }; return JSON.stringify(v).length`,
  ],
  'parse-recursion': [
    'parses text deeper than the native stack',
    `return JSON.parse('['.repeat(2e5) + ']'.repeat(2e5)).length`,
  ],
  'large-arguments': [
    'arguments at the limit, many at once',
    `const t = 'x'.repeat(9e5); await Promise.all(Array.from({ length: 60 }, () => tools.echo(t))); return 1`,
    { probe: growsHost },
  ],
  'too-large-argument': [
    'an argument over the limit is refused, not sent',
    `try { await tools.echo('x'.repeat(4e6)) } catch (error) { return error.code }`,
    { probe: ({ host, out }) => host.calls.length > 0 || out.value !== 'LIMIT_EXCEEDED' },
  ],
  'large-answers': [
    'answers at the limit, many at once',
    `const all = await Promise.all(Array.from({ length: 10 }, () => tools.big(4e6))); return all.length`,
    { probe: growsHost },
  ],
  'too-large-answer': [
    'an answer over the limit is refused',
    `try { await tools.big(2e7); return 'came' } catch (error) { return error.code }`,
    { probe: ({ out }) => out.value !== 'LIMIT_EXCEEDED' },
  ],
  'arguments-in-queue': [
    'calls beyond those in flight wait with their arguments',
    `const t = 'x'.repeat(5e5); for (let i = 0; i < 1500; i++) tools.slow(2000, t + i).catch(() => {}); await tools.slow(2000)`,
    { ...bomb, probe: growsHost },
  ],
})
