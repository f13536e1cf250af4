import { type HostileCase } from '../hostile-case.ts'
import { attacks, INTACT, isDamaged, LOOT } from './attacks.ts'

/** Promises that the program replaced, and reactions that outlive it. */
export const promiseHijacks: readonly HostileCase[] = attacks('promise', {
  'collected-callbacks': [
    'a replaced then collects the callbacks of the glue',
    `const { then } = Promise.prototype
let got
Promise.prototype.then = function (...list) { for (const f of list) try { got ??= f.constructor(${LOOT})() } catch {} return then.apply(this, list) }
await tools.echo(1); await (async () => 1)()
return got`,
  ],
  'class-instead-of-promise': [
    'a class instead of Promise catches executors of host calls',
    `const Real = Promise; const kept = []
globalThis.Promise = class extends Real { constructor(run) { super((a, b) => { kept.push(a, b); run(a, b) }) } }
await tools.echo(1)
return kept.map((f) => f.constructor(${LOOT})())`,
  ],
  'species-of-answer': [
    'species of the promise of a call makes the derived promise',
    `const promise = tools.echo({ a: 1 }); let got
promise.constructor = { [Symbol.species]: class { constructor(run) { run((v) => { got = v?.constructor.constructor(${LOOT})() }, () => {}) } } }
promise.then((value) => value); await tools.slow(5)
return got`,
  ],
  'thenable-answer': [
    'a returned thenable is given the resolvers of the host',
    `return { then(resolve, reject) { for (const f of [resolve, reject]) try { f.constructor(${LOOT})() } catch {} resolve('kept') } }`,
  ],
  'thenable-in-thenable': [
    'each thenable resolves with the next one, for ever',
    `const next = () => ({ then(resolve) { resolve(next()) } }); return next()`,
    { expect: 'timeout', accept: ['memory', 'error'] },
  ],
  'then-getter-loop': [
    'reading then of the result never ends',
    `return { get then() { for (;;); } }`,
    { expect: 'timeout' },
  ],
  'resolve-twice': [
    'resolves and rejects again and again with different things',
    `return new Promise((resolve, reject) => { resolve(tools.slow(20)); for (let i = 0; i < 1e4; i++) { resolve(i); reject(i) } })`,
    { probe: ({ out }) => out.value !== 'slow' },
  ],
  'waits-for-itself': [
    'a promise waits for itself',
    `let settle; const p = new Promise((resolve) => { settle = resolve }); const q = p.then(() => q); settle(); return q`,
    { expect: 'error', accept: ['timeout'] },
  ],
  'endless-iterable': [
    'Promise.all takes an iterable without end',
    `return Promise.all({ *[Symbol.iterator]() { for (;;) yield 1 } })`,
    { expect: 'timeout', accept: ['memory'] },
  ],
  'rejections-nobody-sees': [
    'ten thousand rejections are handled by nobody',
    `for (let i = 0; i < 1e4; i++) (async () => { throw new Proxy({}, { get() { throw i } }) })(); await tools.slow(10); return 'done'`,
    { probe: ({ out }) => out.status === 'crash' },
  ],
  'rejected-after-the-end': [
    'a call fails after the program has returned',
    `tools.slow(40).then(() => tools.fail()); tools.fail(); return 'gone'`,
    { probe: ({ host }) => host.callsAfterDone > 0 },
  ],
  'spins-after-the-end': [
    'a reaction starts to spin once the result is out',
    `tools.slow(30).then(() => { for (;;); }); return 1`,
    { probe: ({ host }) => host.elapsedMs > 4_000 },
  ],
  'calls-after-the-end': [
    'reactions go on calling when the result is out',
    `const go = () => tools.echo('late').then(go, () => {}); tools.slow(1).then(go); return 1`,
    { probe: ({ host }) => host.callsAfterDone > 0 },
  ],
  'finally-never-ends': [
    'finally spins after the wait was cut off',
    `try { await new Promise(() => {}) } finally { for (;;); }`,
    { expect: 'error', accept: ['timeout'] },
  ],
  'finally-of-timeout': [
    'finally of a timed out wait starts over',
    `for (;;) try { await tools.slow(2000) } finally { await tools.slow(2000) }`,
    { expect: 'timeout' },
  ],
  'async-return-of-generator': [
    'an async generator is returned from within its own finally',
    `async function* g() { try { yield 1 } finally { for await (const _ of g()); } }
const it = g(); await it.next(); return await it.return(2)`,
    { expect: 'timeout', accept: ['error', 'memory'] },
  ],
  'microtasks-without-end': [
    'reactions starve everything else',
    `const spin = () => Promise.resolve().then(spin); await spin()`,
    { expect: 'timeout' },
  ],
  'broken-for-the-next': [
    'the methods of promises are gone when the program ends',
    `delete Promise.prototype.then; delete Promise.prototype.constructor; Promise.resolve = null; return 1`,
    { follow: INTACT, probe: isDamaged },
  ],
})
