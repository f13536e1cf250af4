import { type HostileCase } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

/** Ends by whatever limit comes first; what counts is that it ends. */
const ends = { expect: 'timeout', accept: ['error', 'memory'] } as const

/** One call into native code that works for ages and never asks whether it should stop. */
export const nativeLoops: readonly HostileCase[] = attacks('loop', {
  'native-index-of': [
    'indexOf over the largest length',
    `return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)`,
    ends,
  ],
  'native-last-index-of': [
    'lastIndexOf from the far end',
    `return Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)`,
    ends,
  ],
  'native-reverse': ['reverse of holes', `return Array.prototype.reverse.call({ length: 2 ** 53 - 1 })`, ends],
  'native-shift': ['shift moves holes down', `return Array.prototype.shift.call({ length: 2 ** 40 })`, ends],
  'native-unshift': ['unshift moves holes up', `return Array.prototype.unshift.call({ length: 2 ** 40 }, 1)`, ends],
  'native-splice': ['splice moves holes', `return Array.prototype.splice.call({ length: 2 ** 40 }, 0, 1)`, ends],
  'native-fill': ['fill writes for ever', `return Array.prototype.fill.call({ length: 2 ** 53 - 1 }, 0)`, ends],
  'native-every': [
    'every skips holes for ever',
    `return Array.prototype.every.call({ length: 2 ** 53 - 1 }, () => true)`,
    ends,
  ],
  'native-reduce-right': [
    'reduceRight looks for a first element',
    `return Array.prototype.reduceRight.call({ length: 2 ** 53 - 1 }, (a) => a)`,
    ends,
  ],
  'native-join': ['join of three hundred million holes', `return new Array(3e8).join()`, ends],
  'native-to-string': [
    'the text of a list of lists of holes',
    `return String([new Array(1e8), new Array(1e8), new Array(1e8)]).length`,
    ends,
  ],
  'native-sort': [
    'sort of a huge sparse array',
    `const a = new Array(2 ** 32 - 1); a[0] = 1; return a.sort().length`,
    ends,
  ],
  'native-flat': ['flat over holes', `return new Array(2 ** 32 - 1).flat(9).length`, ends],
  'native-concat': [
    'concat of something that claims to be spreadable',
    `return [].concat({ length: 2 ** 53 - 2, [Symbol.isConcatSpreadable]: true }).length`,
    ends,
  ],
  'native-slice': [
    'slice of a billion holes',
    `return Array.prototype.slice.call({ length: 4e9 }, 0, 4e9).length`,
    ends,
  ],
  'native-copy-within': [
    'copyWithin over holes',
    `return Array.prototype.copyWithin.call({ length: 2 ** 50 }, 1, 0).length`,
    ends,
  ],
  'native-to-sorted': [
    'toSorted of a huge length',
    `return Array.prototype.toSorted.call({ length: 2 ** 32 - 1 }).length`,
    ends,
  ],
  'native-apply': ['apply with a list of a billion', `return Math.max.apply(null, { length: 1e9 })`, ends],
  'native-raw': ['String.raw with endless parts', `return String.raw({ raw: { length: 2 ** 53 - 1 } })`, ends],
  'native-stringify-holes': ['JSON of holes', `return JSON.stringify(new Array(2 ** 32 - 1)).length`, ends],
  'native-periodic-needle': [
    'a periodic needle in a periodic haystack',
    `const h = 'a'.repeat(8e6), n = 'a'.repeat(4e6) + 'b'; for (;;) h.indexOf(n)`,
    ends,
  ],
  'native-split': [
    'split and join, again and again',
    `for (let t = 'ab'.repeat(1e5); ; ) t.split('').reverse().join('')`,
    ends,
  ],
  'native-proxy-cycle': [
    'a prototype chain that ends in itself over a proxy',
    `const p = new Proxy({}, { getPrototypeOf: () => p }); return p instanceof Array`,
    ends,
  ],
  'native-bigint-power': ['a power with a hundred million bits', `return (7n ** 100_000_000n) % 10n`, ends],
  'native-bigint-text': [
    'the decimal text of a huge number',
    `return ((1n << 4_000_000n) - 1n).toString().length`,
    { accept: ['timeout'] },
  ],
  'native-bigint-parse': [
    'reads a number of three million digits',
    `return BigInt('9'.repeat(3e6)) % 7n`,
    { accept: ['timeout'] },
  ],
  'native-bigint-division': [
    'divides numbers of a million bits in a loop',
    `const a = (1n << 2_000_000n) - 1n, b = (1n << 1_000_000n) - 3n; for (;;) a / b`,
    ends,
  ],
  'native-normalize': [
    'normalises a text of combining marks',
    `return ('a' + '\\u0301\\u0327'.repeat(1e6)).normalize('NFC').length`,
    { accept: ['timeout', 'memory'] },
  ],
  'native-typed-sort': [
    'sorts thirty million bytes with a comparator',
    `return new Uint8Array(3e7).sort((a, b) => b - a).length`,
    ends,
  ],
  'native-keys': [
    'lists the keys of a large object in a loop',
    `const o = {}; for (let i = 0; i < 1e5; i++) o['k' + i] = 1; for (;;) Object.keys(o)`,
    ends,
  ],
  'native-find-last': [
    'findLast asks for every index',
    `return Array.prototype.findLast.call({ length: 2 ** 53 - 1 }, () => false)`,
    ends,
  ],
})
