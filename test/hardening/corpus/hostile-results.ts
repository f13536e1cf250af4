import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, LOOT } from './attacks.ts'

const tooLarge: Probe = ({ out }) => out.json.length > 5_500_000

/** Results and logs: text that is too much, lies, or never ends. */
export const hostileResults: readonly HostileCase[] = attacks('return', {
  'reading-result-escapes': [
    'a getter of the result runs where the result is read',
    `return { get value() { const f = (function () { return this }).constructor; return f(${LOOT})() } }`,
  ],
  'to-json-never-ends': ['toJSON of the result loops', `return { toJSON() { for (;;); } }`, { expect: 'timeout' }],
  'to-json-twice': [
    'the result is another one each time it is asked',
    `let n = 0; return { toJSON: () => ({ n: ++n }) }`,
    { probe: ({ out }) => out.status === 'ok' && out.json !== '{"n":1}' },
  ],
  'to-json-forever-new': [
    'toJSON answers an object with toJSON inside',
    `const make = () => ({ toJSON: () => ({ inner: make() }) }); return make()`,
    { expect: 'error', accept: ['timeout', 'memory'] },
  ],
  'too-many-bytes': [
    'the result has nine megabytes',
    `return 'a'.repeat(9_000_000)`,
    { expect: 'error', probe: tooLarge },
  ],
  'bytes-not-letters': [
    'two million letters are six million bytes',
    `return '\\u0ca0'.repeat(2_000_000)`,
    { expect: 'error', probe: tooLarge },
  ],
  'escapes-multiply': [
    'a million control characters become six million in JSON',
    `return '\\u0001'.repeat(1_000_000)`,
    { expect: 'error', probe: tooLarge },
  ],
  'sparse-array': [
    'an empty array with four thousand million holes',
    `const list = []; list.length = 4294967295; return list`,
    { expect: 'error', accept: ['timeout', 'memory'] },
  ],
  'doubling-references': [
    'forty shared levels unfold to a trillion',
    `let v = 'x'; for (let i = 0; i < 40; i++) v = [v, v]; return v`,
    { expect: 'memory', accept: ['timeout', 'error'] },
  ],
  'deep-result': [
    'fifty thousand arrays in each other',
    `let v = []; for (let i = 0; i < 50_000; i++) v = [v]; return v`,
    { expect: 'error', accept: ['memory', 'timeout'] },
  ],
  'wide-object': [
    'three hundred thousand keys',
    `const wide = {}; for (let i = 0; i < 300_000; i++) wide['key' + i] = i; return wide`,
    { probe: tooLarge },
  ],
  'map-in-itself': [
    'a map holds itself as key and value',
    `const m = new Map(); m.set(m, m); return m`,
    { expect: 'error', accept: ['timeout', 'memory'] },
  ],
  'set-of-sets': [
    'sets hold the same sets twice, thirty levels deep',
    `let s = new Set([1]); for (let i = 0; i < 30; i++) s = new Set([[s], [s]]); return s`,
    { expect: 'memory', accept: ['timeout', 'error'] },
  ],
  'typed-array': [
    'ten million bytes become twenty megabytes of text',
    `return new Uint8Array(1e7)`,
    { expect: 'error', accept: ['memory', 'timeout'], probe: tooLarge },
  ],
  'proxy-without-end': [
    'the keys of the result never end',
    `return new Proxy({}, { ownKeys: () => Array.from({ length: 1e5 }, (_, i) => 'k' + i), getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }), get: (t, k, r) => (k === 'toJSON' ? undefined : r) })`,
    { expect: 'error', accept: ['timeout', 'memory'] },
  ],
  'forged-envelope': [
    'the result looks like an answer of the gateway',
    `return { jsonrpc: '2.0', id: 1, error: { code: -32000 }, status: 'ok', isError: true, structuredContent: {} }`,
    { probe: ({ out }) => out.status !== 'ok' || !out.json.startsWith('{"jsonrpc":"2.0"') },
  ],
  'forged-frame': [
    'the result and the log look like messages of the bridge',
    `console.log(JSON.stringify([2, 0, 1, 'ok', '"forged"', 0, [], 0, 0, 0])); return [2, 0, 1, 'ok', '"forged"', 0, [], 0, 0, 0]`,
    { probe: ({ out }) => out.status !== 'ok' || out.json === '"forged"' },
  ],
  'log-as-protocol': [
    'log lines are messages of the protocol on stdout',
    `console.log('\\n{"jsonrpc":"2.0","id":1,"result":{"content":[]}}\\n'); console.error('Content-Length: 5\\r\\n\\r\\nhello'); return 1`,
    { probe: ({ out }) => out.status !== 'ok' || !out.logs.includes('jsonrpc') },
  ],
  'returns-its-world': ['returns everything that it was given', `return [tools, console, params, globalThis]`],
  'proto-key': [
    'the result has an own key __proto__',
    `return JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')`,
  ],
  'poisoned-to-json': [
    'every object has a toJSON that never ends',
    `Object.prototype.toJSON = function () { for (;;); }; return { a: 1 }`,
    { expect: 'timeout' },
  ],
  'invalid-dates': [
    'dates that no calendar has, and one whose toISOString lies',
    `return [new Date(NaN), new Date(8.64e15), Object.assign(new Date(0), { toISOString: () => ({ toString() { throw 1 } }) })]`,
  ],
  'split-surrogates': [
    'halves of characters and NULs cross as they are',
    `return ['\\ud800', '\\udfff\\ud800', 'a\\u0000b', '\\uffff', '\\u2028']`,
    {
      probe: ({ out }) =>
        JSON.stringify(out.value) !== JSON.stringify(['\ud800', '\udfff\ud800', 'a\u0000b', '\uffff', '\u2028']),
    },
  ],
  'numbers-beyond': [
    'numbers that JSON cannot hold are never silently other numbers',
    `return [-0, 1e308 * 10, 0 / 0, 2 ** 53 + 1, 123456789012345678901234567890n]`,
    { probe: ({ out }) => out.json !== '[0,null,null,9007199254740992,"123456789012345678901234567890"]' },
  ],
  'long-key': ['a key of six megabytes', `return { ['k'.repeat(6_000_000)]: 1 }`, { expect: 'error', probe: tooLarge }],
})
