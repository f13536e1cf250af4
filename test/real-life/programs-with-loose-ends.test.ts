import { describe, expect, it } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()
const POST = "tools.chat.post_message({ channel: 'a', text: 'b' })"
const FAILS = "tools.chat.post_message({ channel: 'closed', text: 'b' })"

describe('results of all sorts', () => {
  world.answers([
    ['NaN', 'return NaN', null],
    ['numbers that JSON has no word for', 'return [NaN, Infinity, -0]', [null, null, 0]],
    ['a BigInt', 'return 2n ** 70n', '1180591620717411303424'],
    ['a BigInt in an object', 'return { a: 5n }', { a: '5' }],
    [
      'ids beyond 2^53',
      "return (await tools.db.query({ sql: 'select id from big' })).map((r) => r.id)",
      ['9007199254740993', '9007199254740995'],
    ],
    [
      'a sum of such ids',
      "return String((await tools.db.query({ sql: 'select id from big' })).reduce((s, r) => s + BigInt(r.id), 0n))",
      '18014398509481988',
    ],
    ['a Map', "return new Map([['a', 1]])", [['a', 1]]],
    ['a Map as an object', "return Object.fromEntries(new Map([['a', 1]]))", { a: 1 }],
    ['a Set', 'return new Set([1, 2, 2])', [1, 2]],
    ['Maps and Sets inside', 'return new Map([[{ a: 1 }, new Set([1])]])', [[{ a: 1 }, [1]]]],
    ['a Date', 'return new Date(0)', '1970-01-01T00:00:00.000Z'],
    ['a Date that is none', 'return new Date(NaN)', null],
    ['an Error', "return new Error('bad')", { name: 'Error', message: 'bad' }],
    ['bytes', 'return new Uint8Array([1, 2])', [1, 2]],
    ['a URL', "return new URL('https://a.example/c?d=1')", 'https://a.example/c?d=1'],
    ['undefined in lists', 'return [undefined, null, () => 1]', [null, null, null]],
    ['holes', 'return [, 1]', [null, 1]],
    ['toJSON', 'return { toJSON() { return { x: 1 } } }', { x: 1 }],
    ['getters', 'return { get a() { return 1 } }', { a: 1 }],
    ['a proxy', 'return new Proxy({ a: 1 }, {})', { a: 1 }],
    ['an instance', 'class P { constructor(x) { this.x = x }\n#y = 2 }\nreturn new P(1)', { x: 1 }],
    ['promises inside', 'return [Promise.resolve(1), [Promise.resolve(2)]]', [1, [2]]],
    ['boxed values', "return [new Number(1), new String('a'), new Boolean(false)]", [1, 'a', false]],
    ['an empty text', "return ''", ''],
    ['false', 'return false', false],
    ['zero', 'return 0', 0],
    ['a large exponent', 'return 1e21', 1e21],
    ['a key of nothing', "return { '': 1 }", { '': 1 }],
    ['a text of many lines', "return ['a', 'b'].join('\\n')", 'a\nb'],
    [
      '20,000 rows',
      'return Array.from({ length: 20000 }, (_, i) => ({ id: i }))',
      expect.objectContaining({ shape: 'Array<{id: number}>(20000)' }),
    ],
  ])
  world.fails([
    [
      'a list in itself',
      'const a = []\na.push(a)\nreturn a',
      /result contains itself at result\.0: JSON data has no cycles/,
    ],
    ['an object below itself', 'const a = { b: {} }\na.b.c = a\na', /result contains itself at result\.b\.c/],
    ['a getter that throws', "return { get a() { throw new Error('not now') } }", /^not now \(line 1/],
  ])
})

describe('work of all sorts that is not waited for', () => {
  it.each([
    ['a call as the last expression', POST, 1, { ok: true, ts: expect.any(String) }],
    ['two calls', `${POST}; ${POST}\nreturn 1`, 2, 1],
    ['forEach', `[1, 2, 3].forEach(async () => { await ${POST} })\nreturn 'ok'`, 3, 'ok'],
    ['a loop with then', `for (const n of [1, 2]) ${POST}.then(() => {})\nreturn 1`, 2, 1],
    ['void', `void ${POST}\nreturn 2`, 1, 2],
    ['Promise.all without await', `Promise.all([1, 2].map(() => ${POST}))\nreturn 3`, 2, 3],
    [
      'two functions called at once',
      `(async () => { await ${POST} })(); (async () => { await ${POST} })()\nreturn 4`,
      2,
      4,
    ],
    [
      'main beside an early return',
      `async function main() { await ${POST}; await ${POST} }\nmain()\nreturn 'early'`,
      2,
      'early',
    ],
    ['a timer', `setTimeout(() => ${POST}, 5)\nreturn 5`, 1, 5],
    ['a chain of timers', `setTimeout(() => setTimeout(() => ${POST}, 1), 1)\nreturn 6`, 1, 6],
    ['a microtask', `queueMicrotask(() => ${POST})\nreturn 7`, 1, 7],
    ['a rejection that is caught', `${FAILS}.catch(() => {})\nreturn 8`, 1, 8],
    [
      'a generator that nobody ends',
      `async function* g() { yield await ${POST}; yield await ${POST} }\nconst first = (await g().next()).value.ok\nreturn first`,
      1,
      true,
    ],
  ])('%s', async (_what, code, calls, value) => {
    expect(await world.run(code)).toMatchObject({ status: 'ok', data: value })
    expect(world.daily.calls.length).toBe(calls)
  })

  it.each([
    ['a call that fails', `${FAILS}\nreturn 1`, 'channel_not_found'],
    ['a rejection', "Promise.reject(new Error('floating'))\nreturn 1", 'floating'],
    [
      'a rejection that comes later',
      "new Promise((_, r) => setTimeout(() => r(new Error('later')), 5))\nreturn 1",
      'later',
    ],
    ['what a timer throws', "setTimeout(() => { throw new Error('in a timer') }, 1)\nreturn 1", 'in a timer'],
    [
      'what then throws',
      `try { ${POST}.then(() => { throw new Error('in then') }) } catch { return 2 }\nreturn 1`,
      'in then',
    ],
    ['a rejection inside of the result', "return { a: Promise.reject(new Error('inside')) }", 'inside'],
    ['an async callback of map', "[1].map(async () => { throw new Error('in map') })\nreturn 1", 'in map'],
  ])('is told when it fails: %s', async (_what, code, words) => {
    expect(await world.run(code)).toMatchObject({
      status: 'incomplete',
      error: { message: expect.stringMatching(`^the program returned, but nobody caught this rejection: .*${words}`) },
    })
  })
})

describe('waiting of all sorts', () => {
  world.answers([
    ['a race that a timer loses', `return (await Promise.race([${POST}, sleep(5000).then(() => 'late')])).ok`, true],
    [
      'an AbortController',
      "const c = new AbortController()\nsetTimeout(() => c.abort(), 5)\nreturn await new Promise((r) => c.signal.addEventListener('abort', () => r(c.signal.aborted)))",
      true,
    ],
    [
      'an interval that ends itself',
      'let n = 0\nconst t = setInterval(() => { if (++n === 3) clearInterval(t) }, 2)\nawait sleep(40)\nreturn n',
      3,
    ],
    ['an interval that nobody ends', 'setInterval(() => {}, 5)\nreturn 1', 1],
    [
      'a handler around all',
      "const ps = [1, 2].map(async (n) => { if (n === 2) throw new Error('two'); return n })\ntry { return await Promise.all(ps) } catch (e) { return e.message }",
      'two',
    ],
    [
      'a lock made of promises',
      `let last = Promise.resolve()\nconst seen = []\nconst locked = (f) => (last = last.then(f))\nawait Promise.all([3, 1, 2].map((n) => locked(async () => { await sleep(n); seen.push(n) })))\nreturn seen`,
      [3, 1, 2],
    ],
    [
      'polling until something is true',
      'let tries = 0\nconst ready = async () => ++tries >= 3\nwhile (!(await ready())) await sleep(1)\nreturn tries',
      3,
    ],
    [
      'an event by hand',
      'const bus = new EventTarget()\nconst seen = []\nbus.addEventListener("x", (e) => seen.push(e.type))\nbus.dispatchEvent(new Event("x"))\nreturn seen',
      ['x'],
    ],
  ])
  world.fails([
    ['for what never comes', 'await new Promise(() => {})\nreturn 1', /waits for a promise that nothing will settle/],
    ['a recursion without an end', 'const f = () => f()\nf()', /Maximum call stack size exceeded/],
    ['one of all fails', "await Promise.all([sleep(1), Promise.reject(new Error('one'))])", /^one \(line 1/],
    ['a text that is thrown', "throw 'a text'", 'a text'],
    ['an object that is thrown', 'throw { code: 5 }', '{"code":5}'],
    ['a cause', "throw new Error('outer', { cause: new Error('inner') })", /^outer; cause: inner/],
    [
      'several errors',
      "await Promise.any([Promise.reject(new Error('p')), Promise.reject(new Error('q'))])",
      /2 errors: p; q/,
    ],
    ['an error of a tool that goes on', 'await tools.tracker.get_issue({ id: 999 })', /404: there is no issue 999/],
    [
      'an error of a tool in other words',
      "try { await tools.tracker.get_issue({ id: 999 }) } catch (e) { throw new Error('could not load', { cause: e }) }",
      /could not load; cause: .*404: there is no issue 999/,
    ],
  ])
})

describe('TypeScript of all sorts', () => {
  world.answers([
    [
      'generics',
      'function first<T extends { id: number }>(list: readonly T[]): T | undefined { return list[0] }\nconst { items } = await tools.tracker.list_issues({})\nreturn first<{ id: number }>(items)?.id',
      1,
    ],
    [
      'generic arrows',
      'const pick = <T, K extends keyof T>(o: T, ...keys: K[]): Pick<T, K> => Object.fromEntries(keys.map((k) => [k, o[k]])) as Pick<T, K>\nreturn pick({ a: 1, b: 2 }, "b")',
      { b: 2 },
    ],
    [
      'enums and their names',
      'enum Level { Low = 1, High = 5 }\nreturn [Level.High, Level[1], Object.keys(Level).length]',
      [5, 'Low', 4],
    ],
    [
      'enums of texts',
      "enum State { Open = 'open', Closed = 'closed' }\nreturn (await tools.tracker.list_issues({ state: State.Closed })).total",
      13,
    ],
    [
      'satisfies and as const',
      "const routes = { list: '/a', get: '/b' } as const satisfies Record<string, `/${string}`>\ntype Route = (typeof routes)[keyof typeof routes]\nconst r: Route = routes.get\nreturn r",
      '/b',
    ],
    [
      'overloads',
      'function len(a: string): number\nfunction len(a: unknown[]): number\nfunction len(a: any) { return a.length }\nreturn len("abc") + len([1])',
      4,
    ],
    [
      'type guards',
      "type A = { kind: 'a'; n: number } | { kind: 'b'; s: string }\nconst isA = (x: A): x is Extract<A, { kind: 'a' }> => x.kind === 'a'\nconst xs: A[] = [{ kind: 'a', n: 1 }, { kind: 'b', s: 'x' }]\nreturn xs.filter(isA).map((x) => x.n)",
      [1],
    ],
    [
      'never at the end of a switch',
      "type S = 'x' | 'y'\nconst f = (s: S): number => { switch (s) { case 'x': return 1; case 'y': return 2; default: { const no: never = s; return no } } }\nreturn (['x', 'y'] as S[]).map(f)",
      [1, 2],
    ],
    [
      'classes with everything',
      'interface Named { readonly name: string }\nabstract class Base<T> implements Named { protected items: T[] = []; declare ghost: string; constructor(public readonly name: string, private max = 2) {} add(item: T): this { if (this.items.length < this.max) this.items.push(item); return this } abstract total(): number }\nclass Sum extends Base<number> { override total(): number { return this.items.reduce((a, b) => a + b, 0) } }\nconst s = new Sum("s").add(1).add(2).add(3)\nreturn [s.name, s.total()]',
      ['s', 3],
    ],
    [
      'non-null and definite',
      'let a!: number\na = 1\nconst o: { b?: { c: number } } = { b: { c: 2 } }\nreturn a + o.b!.c',
      3,
    ],
    [
      'casts of all kinds',
      'const a = <number>(<unknown>"5")\nconst b = (a as unknown as string).length\nreturn [a, b]',
      ['5', 1],
    ],
    [
      'mapped and conditional types',
      'type Flags<T> = { [K in keyof T as `is${Capitalize<string & K>}`]?: boolean }\ntype Ret<F> = F extends (...a: any[]) => infer R ? R : never\nconst f: Flags<{ open: 1 }> = { isOpen: true }\nconst r: Ret<() => number> = 1\nreturn [f, r]',
      [{ isOpen: true }, 1],
    ],
    [
      'tuples, rest and labels',
      'const f = (...[a, b = 2, ...rest]: [a: number, b?: number, ...rest: string[]]): string => [a, b, ...rest].join()\nreturn f(1, undefined, "x")',
      '1,2,x',
    ],
    [
      'this as a parameter',
      'function up(this: { n: number }, by: number) { return this.n + by }\nreturn up.call({ n: 1 }, 2)',
      3,
    ],
    [
      'index signatures and optional calls',
      'const table: Record<string, ((n: number) => number) | undefined> = { twice: (n) => n * 2 }\nreturn [table.twice?.(4), table["none"]?.(1) ?? "none"]',
      [8, 'none'],
    ],
    [
      'accessors and statics',
      'class C { static #made = 0; static make(): C { C.#made++; return new C() } static get made(): number { return C.#made } }\nC.make(); C.make()\nreturn C.made',
      2,
    ],
    [
      'types between statements',
      'type A = number;\nconst a: A = 1\ninterface B { c: A }\nexport type D = B\nconst b: D = { c: a }\ndeclare const ghost: string\nreturn b',
      { c: 1 },
    ],
    [
      'unknown errors',
      "try { throw new RangeError('r') } catch (e: unknown) { return e instanceof RangeError ? e.message : String(e) }",
      'r',
    ],
  ])
})

describe('errors of programs that are too long to be read again', () => {
  world.fails([
    [
      'a long one',
      `${'const a = { b: 1 } // a line of a long program\n'.repeat(1).concat(Array.from({ length: 2000 }, (_, at) => `const v${at} = [${at}, 'a text']\n`).join(''))}return a.x.y`,
      /^TypeError: cannot read property 'y' of undefined \(line 2002:/,
    ],
    [
      'a deep one',
      `const a = {}\nreturn ${'('.repeat(150)}a.x.y${')'.repeat(150)}`,
      /^TypeError: cannot read property 'y' of undefined \(line 2:/,
    ],
  ])
})
