import { type HostileCase } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

const timeout = { expect: 'timeout', accept: ['error', 'memory'] } as const

/** Loops in the program's own code, in every place where code of it runs. */
export const endlessLoops: readonly HostileCase[] = attacks('loop', {
  'catches-everything': [
    'catches whatever would end it and goes on',
    `for (;;) try { for (;;); } catch {} finally { continue }`,
    timeout,
  ],
  'nested-finally': [
    'each finally starts the next loop',
    `const f = () => { try { for (;;); } finally { f() } }; f()`,
    timeout,
  ],
  'after-await': ['starts to spin once a call was answered', `await tools.echo(1); for (;;);`, timeout],
  'between-calls': ['spins while calls are in flight', `tools.slow(500); tools.slow(600); for (;;);`, timeout],
  'in-comparator': ['sort asks a comparator that never answers', `return [2, 1].sort(() => { for (;;); })`, timeout],
  'lying-comparator': [
    'a comparator keeps sorting busy',
    `let n = 0; const list = Array.from({ length: 3e5 }, () => n++ % 7); for (;;) list.sort(() => (n = (n * 7 + 1) % 5) - 2)`,
    timeout,
  ],
  'in-replacer': [
    'replace asks a function that never answers',
    `return 'a'.replace(/a/, () => { for (;;); })`,
    timeout,
  ],
  'in-getter-of-log': ['a logged value has a getter that loops', `console.log({ get a() { for (;;); } })`, timeout],
  'in-trap': ['a trap of a proxy loops', `return 'x' in new Proxy({}, { has() { for (;;); } })`, timeout],
  'in-default': ['a default parameter loops', `return ((a = (() => { for (;;); })()) => a)()`, timeout],
  'in-static-block': ['the static block of a class loops', `class A { static { for (;;); } }`, timeout],
  'in-coercion': ['valueOf loops when it is compared', `return 1 < { valueOf() { for (;;); } }`, timeout],
  'spread-without-end': [
    'spreads an iterable without end',
    `return [...(function* () { for (;;) yield 0 })()]`,
    timeout,
  ],
  'from-without-end': [
    'Array.from takes a length without end',
    `return Array.from({ length: Infinity }, () => 0)`,
    timeout,
  ],
  'generator-recursion': [
    'generators delegate to each other for ever',
    `function* g() { yield* g() } return [...g()]`,
    timeout,
  ],
  'async-iteration': [
    'for await over an iterator that is always ready',
    `for await (const _ of (async function* () { for (;;) yield })());`,
    timeout,
  ],
  'await-null': ['waits for nothing, again and again', `let n = 0; for (;;) { await null; n++ }`, timeout],
  'labelled-jumps': [
    'labels jump between loops without a call',
    `a: for (;;) { b: for (;;) { for (;;) { if (Math.random() < 2) continue a; break b } } }`,
    timeout,
  ],
  'nested-quantifiers': [
    'a regular expression backtracks without end',
    `return /^(([a-z])+.)+[A-Z]([a-z])+$/.test('a'.repeat(60))`,
    timeout,
  ],
  'overlapping-alternatives': ['alternatives overlap', `return /^(?:a|aa|a?)+$/.test('a'.repeat(50) + 'b')`, timeout],
  'back-references': [
    'back references multiply the ways',
    `return /(.*)(.*)(.*)(.*)(.*)\\1\\2\\3\\4\\5x$/.test('ab'.repeat(200))`,
    timeout,
  ],
  'look-behind': [
    'look-behinds inside repetition',
    `return /(?:(?<=(\\w+)+)\\w)+!$/.test('w'.repeat(40))`,
    { accept: ['timeout'] },
  ],
  'many-matches': [
    'matchAll over a text that matches everywhere, squared',
    `let n = 0; for (;;) n += [...'a'.repeat(20_000).matchAll(/(?=(a*))/g)].length`,
    timeout,
  ],
  'parser-brackets': ['eval gets a hundred thousand brackets', `return eval('['.repeat(1e5) + ']'.repeat(1e5)).length`],
  'parser-functions': ['eval gets functions in functions', `return eval('(()=>'.repeat(3e4) + '1' + ')'.repeat(3e4))`],
  'parser-templates': ['templates in templates', `return eval('\`\${'.repeat(2e4) + '1' + '}\`'.repeat(2e4))`],
  'parser-flood': [
    'compiles one text after another',
    `for (let i = 0; ; i++) Function('return ' + i + ';'.repeat(1e5))`,
    timeout,
  ],
  'deep-recursion': [
    'recursion that catches its own overflow and tries again',
    `const f = () => { try { f() } catch { f() } }; f()`,
    timeout,
  ],
})
