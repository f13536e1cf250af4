import { type HostCall, type Outcome, type SandboxLimits } from '../sandbox/sandbox.ts'
import { expect } from './expect.ts'

type Run = (source: string, limits?: Partial<SandboxLimits>, call?: HostCall) => Promise<Outcome>

const NO = new Error('no')
/** Answers after the others had their turn; `test.fail` fails, `test.never` never answers. */
const settle: HostCall = async (name, argument) => {
  if (name === 'test.never') return await new Promise(() => {})
  await new Promise((resolve) => setImmediate(resolve))
  if (name === 'test.fail') throw NO
  return argument
}

/** Programs that end before their own work: what they answer, and the arguments of the calls that they made. */
const WAITED_FOR: readonly (readonly [what: string, source: string, value: unknown, calls: readonly unknown[]])[] = [
  [
    'forEach with an async function',
    `['a', 'b', 'c'].forEach(async (t) => { await tools.test.echo(t + 1); await tools.test.echo(t + 2) }); return 'all'`,
    'all',
    ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'],
  ],
  ['a call that is not awaited', `tools.test.echo('a'); return 'created'`, 'created', ['a']],
  ['map whose promises are dropped', `return ['a', 'b'].map((t) => tools.test.echo(t)).length`, 2, ['a', 'b']],
  [
    'a main function that is not awaited',
    `async function main() { await tools.test.echo('a'); await tools.test.echo('b') }\nmain()`,
    null,
    ['a', 'b'],
  ],
  [
    'an async function called at once',
    `(async () => { await null; await tools.test.echo('a'); await tools.test.echo('b') })(); return 1`,
    1,
    ['a', 'b'],
  ],
  [
    'timers, and what they begin',
    `setTimeout(() => tools.test.echo('a'), 20); setTimeout(async () => { await tools.test.echo('b'); setTimeout(() => tools.test.echo('c'), 1) }); return 1`,
    1,
    ['a', 'b', 'c'],
  ],
  ['then without await', `tools.test.echo('a').then(() => tools.test.echo('b')); return 1`, 1, ['a', 'b']],
  [
    'calls that wait for their turn',
    `for (let i = 0; i < 40; i++) tools.test.echo('a'); return 1`,
    1,
    Array.from({ length: 40 }, () => 'a'),
  ],
  [
    'a list that the work fills',
    `const out = []; ['a', 'b'].forEach(async (t) => out.push((await tools.test.echo(t)) + '!')); return out`,
    ['a!', 'b!'],
    ['a', 'b'],
  ],
  [
    'the loser of a race',
    `return await Promise.race([(async () => { await tools.test.echo('slow'); return await tools.test.echo('on') })(), tools.test.echo('fast')])`,
    'fast',
    ['fast', 'on', 'slow'],
  ],
  ['a module whose call is not awaited', `intents.twice({ n: 1 }); return 1`, 1, [{ n: 2 }]],
  // ---- promises in values
  ['a promise in an object', `return { total: tools.test.echo({ n: 4 }) }`, { total: { n: 4 } }, [{ n: 4 }]],
  [
    'promises in lists, maps and sets',
    `return [[1, 2].map(async (n) => (await tools.test.echo([n]))[0]), new Map([['a', Promise.resolve(1)]]), new Set([Promise.resolve(2)])]`,
    [[1, 2], [['a', 1]], [2]],
    [[1], [2]],
  ],
  [
    'a promise in what a promise gives',
    `return { a: (async () => ({ b: [tools.test.echo('c')] }))() }`,
    { a: { b: ['c'] } },
    ['c'],
  ],
  ['a promise of nothing', `return [Promise.resolve(), Promise.resolve(() => 1)]`, [null, null], []],
  ['a promise twice', `const p = tools.test.echo('a'); return [p, p, { p }]`, ['a', 'a', { p: 'a' }], ['a']],
  [
    'a promise in a frozen object, and one that toJSON makes',
    `return Object.freeze({ a: Promise.resolve(1), b: { toJSON: () => ({ c: tools.test.echo('d') }) } })`,
    { a: 1, b: { c: 'd' } },
    ['d'],
  ],
  [
    'a promise in an argument',
    `return await tools.test.echo({ a: tools.test.echo({ b: 1 }) })`,
    { a: { b: 1 } },
    [{ a: { b: 1 } }, { b: 1 }],
  ],
  [
    'a call as the argument of a call',
    `return await tools.test.all(tools.test.echo('a'), 1)`,
    ['a', 1],
    ['a', ['a', 1]],
  ],
  // ---- rejections that somebody handles
  ['a failure that is caught', `tools.test.fail('a').catch(() => {}); return 1`, 1, ['a']],
  [
    'a failure that is caught later',
    `const p = tools.test.fail('a'); const q = Promise.reject(new Error('b')); await tools.test.echo('c')
q.catch(() => {}); (async () => { await tools.test.echo('d'); try { await p } catch {} })(); return 1`,
    1,
    ['a', 'c', 'd'],
  ],
  [
    'failures of allSettled',
    `return (await Promise.allSettled([tools.test.fail('a'), Promise.reject(1)])).map((r) => r.status)`,
    ['rejected', 'rejected'],
    ['a'],
  ],
  [
    'the failing loser of a race',
    `return await Promise.race([tools.test.echo('a'), tools.test.echo('b').then(() => { throw 1 })])`,
    'a',
    ['a', 'b'],
  ],
]

/** Programs that answer, while a part of their work fails with nobody to catch that: the answer, and the words. */
const TOLD: readonly (readonly [what: string, source: string, value: unknown, words: readonly RegExp[]])[] = [
  ['a call that is not awaited', `tools.test.fail(); return 'created'`, 'created', [/^no$/]],
  [
    'a call in forEach',
    `['a', 'b'].forEach(async (t) => { await tools.test.echo(t); if (t === 'b') throw new RangeError('bad ' + t) }); return 'all'`,
    'all',
    [/^bad b$/],
  ],
  ['an async function without calls', `(async () => { throw new TypeError('x') })(); return 1`, 1, [/^x$/]],
  [
    'what is no error',
    `Promise.reject('text'); Promise.reject(null); Promise.reject({ a: 1 }); return 1`,
    1,
    [/^text$/, /^null$/, /^\{"a":1\}$/],
  ],
  ['a timer', `setTimeout(() => { throw new Error('late') }, 5); return 1`, 1, [/^late$/]],
  ['a promise in the result', `return [tools.test.fail(), tools.test.echo('a')]`, [null, 'a'], [/^no$/]],
  [
    'a promise in the result that fails twice',
    `const p = tools.test.fail(); return [p, p]`,
    [null, null],
    [/^no$/, /^no$/],
  ],
  ['a promise in an argument', `tools.test.echo({ a: tools.test.fail() }); return 1`, 1, [/^no$/]],
  [
    'a promise that can never settle',
    `return { a: new Promise(() => {}), b: tools.test.echo(2) }`,
    { a: null, b: 2 },
    [/"a" of the result can never settle/],
  ],
  [
    'a value that contains itself, behind a promise',
    `const a = []; a.push(a); return { b: Promise.resolve(a), c: 1 }`,
    { b: null, c: 1 },
    [/contains itself/],
  ],
]

/** Nothing that a program began is cut off and called done. */
export function settlingContract(
  {
    describe,
    it,
  }: {
    readonly describe: (name: string, define: () => void) => unknown
    readonly it: (name: string, run: () => Promise<void>) => unknown
  },
  run: Run,
): void {
  const runNoting = async (source: string): Promise<[Outcome, unknown[]]> => {
    const calls: string[] = []
    const outcome = await run(source, {}, async (name, argument, signal) => {
      calls.push(argument)
      return await settle(name, argument, signal)
    })
    return [outcome, calls.toSorted().map((text) => JSON.parse(text) as unknown)]
  }

  describe('work that nobody awaits', () => {
    for (const [what, source, value, calls] of WAITED_FOR)
      it(`is waited for: ${what}`, async () => {
        const [outcome, made] = await runNoting(source)
        expect(outcome).toMatchObject({ status: 'ok' })
        expect(JSON.parse(outcome.value ?? '')).toEqual(value)
        expect(made).toEqual([...calls].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)))
      })

    for (const [what, source, value, words] of TOLD)
      it(`is told when it fails: ${what}`, async () => {
        const [outcome] = await runNoting(source)
        expect(outcome).toMatchObject({
          status: 'incomplete',
          error: { message: expect.stringContaining('nobody caught') },
        })
        expect(JSON.parse(outcome.value ?? '')).toEqual(value)
        const failed = (outcome.error?.details?.['failed'] ?? []) as { message: string }[]
        expect(failed.length).toBe(words.length)
        for (const [index, word] of words.entries()) expect(failed[index]?.message).toMatch(word)
      })

    it('tells how many failures there are, and the first of them', async () => {
      const outcome = await run(`for (let i = 0; i < 50; i++) Promise.reject(new RangeError('bad ' + i))\nreturn 1`)
      expect(outcome).toMatchObject({ status: 'incomplete', value: '1', error: { line: 1 } })
      expect(outcome.error?.message).toMatch(/these 50 rejections: RangeError: bad 0; .* and 45 more/)
      const failed = (outcome.error?.details?.['failed'] ?? []) as unknown[]
      expect(failed.length).toBe(20)
    })

    it('is cut off at the limit of time, and the value is kept', async () => {
      const outcome = await run(
        `const out = [1]; tools.test.never({}); tools.test.echo({}).then(() => out.push(2)); tools.test.fail(); return { out, p: new Promise(() => {}) }`,
        { timeoutMs: 300 },
        settle,
      )
      expect(outcome).toMatchObject({ status: 'incomplete', error: { code: 'TIMEOUT' } })
      expect(JSON.parse(outcome.value ?? '')).toEqual({ out: [1, 2], p: null })
      expect(outcome.error?.message).toMatch(
        /the program returned, but .* 300 ms; and nobody caught this rejection: no$/,
      )
    })

    it('is cut off at the limit of time where it is a timer that repeats', async () => {
      const outcome = await run(`setInterval(() => tools.test.echo({}), 10); return 'x'`, { timeoutMs: 200 })
      expect(outcome).toMatchObject({ status: 'incomplete', value: '"x"', error: { code: 'TIMEOUT' } })
    })

    it('ends at the limit of calls, and the value is kept', async () => {
      const outcome = await run(
        `(async () => { for (;;) await tools.test.echo({}) })(); return 'x'`,
        { hostCalls: 10 },
        settle,
      )
      expect(outcome).toMatchObject({
        status: 'incomplete',
        value: '"x"',
        hostCalls: 10,
        error: { code: 'LIMIT_EXCEEDED' },
      })
    })

    it('ends at the limit of time also where it makes no calls', async () => {
      const before = performance.now()
      const outcome = await run(`(async () => { for (;;) await null })(); return 'x'`, { timeoutMs: 200 })
      expect(['incomplete', 'timeout']).toContain(outcome.status)
      expect(outcome).toMatchObject({ error: { code: 'TIMEOUT' } })
      expect(performance.now() - before).toBeLessThan(1_200)
    })

    it('goes on no longer when the program has thrown', async () => {
      const [outcome, made] = await runNoting(
        `tools.test.echo('a').then(() => tools.test.echo('b')); throw new Error('x')`,
      )
      expect(outcome).toMatchObject({ status: 'error', error: { message: 'x' } })
      expect(made).toEqual(['a'])
    })

    it('does not go on for ever with what a value does while it is read', async () => {
      for (const source of [
        `return { toJSON() { tools.test.echo('a'); return 1 } }`,
        `const again = () => ({ get a() { return Promise.resolve(again()) } }); return again()`,
        `const again = () => Promise.resolve().then(() => { again(); throw 1 }); again(); return 1`,
        `return { toJSON() { for (;;); } }`,
      ]) {
        const outcome = await run(source, { timeoutMs: 400, memoryBytes: 32 * 1024 * 1024 }, settle)
        expect(['ok', 'incomplete', 'timeout', 'memory', 'error', 'limit']).toContain(outcome.status)
      }
    })

    it('says when the program returned nothing', async () => {
      for (const source of ['return', 'let a = 1', 'return () => 1', 'return Symbol()'])
        expect(await run(source)).toMatchObject({ status: 'ok', value: 'null', nothing: true })
      for (const source of ['return null', 'return NaN', 'return [undefined]'])
        expect((await run(source)).nothing).toBeUndefined()
    })

    it('refuses to write a promise as JSON where it cannot be awaited', async () => {
      const outcome = await run('return JSON.stringify({ a: tools.test.echo(1) })')
      expect(outcome).toMatchObject({ status: 'error', error: { message: expect.stringContaining('await it first') } })
      expect((await run('console.log(tools.test.echo(1)); return 1')).logs).toEqual(['[a promise: await it]'])
    })
  })
}
