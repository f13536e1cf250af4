import { afterAll, describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { createProcessBackend } from '../../src/sandbox/process/backend.ts'
import {
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type SandboxBackend,
  type SandboxImage,
} from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { body } from '../contracts/sandbox.ts'

const IMAGE: SandboxImage = {
  version: 'globals',
  functions: [
    { path: ['tools', 'shop', 'list'], name: 'shop.list' },
    { path: ['tools', 'shop', 'fail'], name: 'shop.fail' },
  ],
  modules: [],
}
const call: HostCall = async (name, argument) => {
  if (name === 'shop.list') return argument
  throw new OptimizerError('TOOL_ERROR', 'shop.fail failed: the shelf is empty', { details: { shelf: 7 } })
}
/** Evaluated in the program and, as they are, by Node.js. */
const AS_NODE: Readonly<Record<string, readonly string[]>> = {
  'locale functions (50)': [
    `(1234567.891).toLocaleString()`,
    `(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })`,
    `(1234.5).toLocaleString('de-DE', { style: 'currency', currency: 'EUR' })`,
    `(0.256).toLocaleString(undefined, { style: 'percent', minimumFractionDigits: 1 })`,
    `(12).toLocaleString('en-US', { style: 'unit', unit: 'liter', unitDisplay: 'long' })`,
    `(1e21).toLocaleString()`,
    `[NaN, Infinity, -0, -1.5].map((n) => n.toLocaleString())`,
    `(98765432109876543210n).toLocaleString()`,
    `(98765432109876543210n).toLocaleString('fr-FR')`,
    `new Date(Date.UTC(2026, 10, 30, 9, 5)).toLocaleString('en-US', { timeZone: 'UTC' })`,
    `new Date(Date.UTC(2026, 10, 30, 9, 5)).toLocaleString('en-US', { timeZone: 'America/New_York', timeZoneName: 'short' })`,
    `new Date(Date.UTC(2026, 6, 1, 9, 5)).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })`,
    `new Date(Date.UTC(2026, 10, 30)).toLocaleDateString('en-US', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' })`,
    `new Date(0).toLocaleDateString('en-US', { dateStyle: 'full', timeZone: 'UTC' })`,
    `new Date(0).toLocaleDateString('en-US', { hour: 'numeric', timeZone: 'UTC' })`,
    `new Date(0).toLocaleTimeString('en-US', { month: 'short', timeZone: 'UTC' })`,
    `new Date(NaN).toLocaleString()`,
    `['item10', 'item2', 'Item1'].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))`,
    `['Zoe', 'anna', 'Änne', 'zoe', 'Anna', 'b-c', 'b c', 'bc', '10', '9'].sort((a, b) => a.localeCompare(b))`,
    `['ä', 'z', 'a'].sort((a, b) => a.localeCompare(b, 'sv'))`,
    `'a'.localeCompare('Á', 'en', { sensitivity: 'base' })`,
    `'a'.localeCompare('A', undefined, { caseFirst: 'upper' })`,
    `['I'.toLocaleLowerCase('tr'), 'i'.toLocaleUpperCase(['tr', 'en']), 'ß'.toLocaleUpperCase()]`,
    `[1234.5, null, new Date(0)].toLocaleString('de-DE', { timeZone: 'UTC' })`,
    `new Float64Array([1234.5, 2]).toLocaleString('de-DE')`,
    `[1e6, 2e6].map(new Intl.NumberFormat('en-IN').format)`,
    `new Intl.NumberFormat('en', { notation: 'compact' }).format(12_345_678)`,
    `Intl.NumberFormat('de', { style: 'currency', currency: 'EUR' }).formatToParts(1234.5)`,
    `new Intl.NumberFormat('en-US').formatRange(3, 5)`,
    `new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Tokyo' }).format(0)`,
    `new Intl.DateTimeFormat('en-US', { timeZone: 'UTC' }).formatToParts(new Date(0))`,
    `['b', 'a', 'C'].sort(new Intl.Collator('en').compare)`,
    `[0, 1, 2, 3, 11].map((n) => new Intl.PluralRules('en', { type: 'ordinal' }).select(n))`,
    `new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-1, 'day')`,
    `new Intl.ListFormat('en', { type: 'disjunction' }).format(new Set(['a', 'b', 'c']))`,
    `new Intl.DisplayNames('en', { type: 'region' }).of('CH')`,
    `[...new Intl.Segmenter('en', { granularity: 'word' }).segment('It works.')].map((part) => part.segment)`,
    `Intl.DateTimeFormat('en', { timeZone: 'UTC' }).resolvedOptions().timeZone`,
    `Intl.NumberFormat.supportedLocalesOf(['de', 'xx'])`,
    `Object.prototype.toString.call(new Intl.NumberFormat())`,
    `new Intl.NumberFormat() instanceof Intl.NumberFormat`,
    `new (class extends Intl.NumberFormat {})('de').format(1234.5)`,
    `['EUR', 'UTC'].map((name) => Intl.supportedValuesOf(name === 'EUR' ? 'currency' : 'calendar').length > 5)`,
  ],
  'refusals of locale functions (50)': [
    `(1).toLocaleString('en', { style: 'currency' })`,
    `(1).toLocaleString('no_such_locale')`,
    `(1).toLocaleString('en', { maximumFractionDigits: 1000 })`,
    `(1).toLocaleString('en', null)`,
    `(1).toLocaleString([1])`,
    `new Date(0).toLocaleString('en', { timeZone: 'Mars/Olympus' })`,
    `new Date(0).toLocaleDateString('en', { timeStyle: 'short' })`,
    `new Intl.DateTimeFormat('en').format(NaN)`,
    `'a'.localeCompare('b', 'en', { sensitivity: 'none' })`,
    `new Intl.RelativeTimeFormat('en').format(1, 'fortnight')`,
    `new Intl.ListFormat('en').format([1])`,
  ],
  'structuredClone (53)': [
    `structuredClone({ a: [1, { b: null }], d: new Date(5), n: 5n.toString() })`,
    `((copy) => [copy.get('a') instanceof Set, [...copy.get('a')]])(structuredClone(new Map([['a', new Set([1])]])))`,
    `((copy) => [copy.source, copy.flags, copy.lastIndex])(structuredClone(Object.assign(/a/gi, { lastIndex: 1 })))`,
    `((copy) => [copy instanceof TypeError, copy.message, copy.cause])(structuredClone(new TypeError('t', { cause: 1 })))`,
    `((copy) => [copy.constructor.name, copy.length, copy.buffer.byteLength])(structuredClone(new Uint16Array(new ArrayBuffer(8), 2, 2)))`,
    `((o) => { o.self = o; const copy = structuredClone(o); return copy.self === copy && copy !== o })({})`,
    `((copy) => [1 in copy, copy.length, copy.name])(structuredClone(Object.assign([1, , 3], { name: 'x' })))`,
    `((copy) => [typeof copy, copy.valueOf()])(structuredClone(new String('x')))`,
    `Object.getPrototypeOf(structuredClone(new (class A { x = 1 })())) === Object.prototype`,
    `((buffer) => [structuredClone(buffer, { transfer: [buffer] }).byteLength, buffer.byteLength])(new ArrayBuffer(4))`,
    `structuredClone(() => 1)`,
    `structuredClone({ a: Symbol('s') })`,
    `structuredClone(new WeakMap())`,
    `structuredClone(Promise.resolve())`,
    `structuredClone()`,
    `structuredClone(undefined) === undefined`,
    `structuredClone(12n) === 12n`,
  ],
  'URL and URLSearchParams (53)': [
    `new URL('../x?q=1#h', 'https://user:pw@exämple.com:8080/a/b/c')`,
    `((u) => [u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash])(new URL('https://u:p@h.example:81/p/q?a=1&a=2#f'))`,
    `((u) => { u.searchParams.append('k', 'ä b'); u.port = '443'; u.hash = 'x'; return [u.href, String(u)] })(new URL('https://h.example/?a=1'))`,
    `((u) => { const p = u.searchParams; u.search = '?z=9'; return [p.get('z'), p.size, u.searchParams === p] })(new URL('https://h.example/?a=1'))`,
    `((u) => { u.searchParams.delete('a'); return u.href })(new URL('https://h.example/?a=1#x'))`,
    `new URL('http://0x7f.1/').hostname`,
    `new URL('http://[::ffff:1.2.3.4]/').host`,
    `URL.canParse('nope')`,
    `new URL('nope')`,
    `new URL('/x', 'nope')`,
    `((u) => { u.href = 'nope' })(new URL('https://h.example'))`,
    `[...new URLSearchParams({ a: 1, b: 'x y', c: undefined })]`,
    `new URLSearchParams([['a', '1'], ['a', '2']]).getAll('a')`,
    `new URLSearchParams('?a=%20+1&b=%E4%F6&c').toString()`,
    `((p) => { p.set('a', '3'); p.append('b', '&='); p.sort(); return p.toString() })(new URLSearchParams('b=1&a=1&a=2'))`,
    `((p) => [p.has('a'), p.has('a', '2'), p.get('z'), [...p.keys()], [...p.values()], p.size])(new URLSearchParams('a=1&b=2'))`,
    `Object.fromEntries(new URLSearchParams('a=1&b=2'))`,
    `new URLSearchParams([['a']])`,
    `\`\${new URLSearchParams({ q: 'a/b?c' })}\``,
    `Object.prototype.toString.call(new URL('a:b'))`,
  ],
  'texts as bytes (53)': [
    `[...new TextEncoder().encode('aä€😀\\ud800')]`,
    `((target) => [new TextEncoder().encodeInto('aä😀', target), [...target]])(new Uint8Array(5))`,
    `new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0xc3, 0xa4, 0xff]))`,
    `new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf])).length`,
    `new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff]))`,
    `((d) => [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode(new Uint8Array([0xac])), d.encoding])(new TextDecoder())`,
    `((d) => [d.decode(new Uint8Array([0xe2]), { stream: true }), d.decode()])(new TextDecoder())`,
    `new TextDecoder('utf-16le').decode(new Uint16Array([0x61, 0xd83d, 0xde00]))`,
    `[new TextDecoder('latin1').encoding, new TextDecoder('ascii').decode(new Uint8Array([0xe4]))]`,
    `new TextDecoder('shift_jis').decode(new Uint8Array([0x83, 0x65]))`,
    `new TextDecoder('utf-8').decode(new DataView(new ArrayBuffer(2)))`,
    `new TextDecoder('klingon')`,
    `new TextDecoder().decode('text')`,
    `btoa(String.fromCharCode(...new TextEncoder().encode('grüße')))`,
  ],
  'abort signals (53)': [
    `((c) => { c.abort(); return [c.signal.aborted, c.signal.reason.name, c.signal.reason instanceof DOMException] })(new AbortController())`,
    `((c) => { c.abort(new RangeError('enough')); c.signal.throwIfAborted() })(new AbortController())`,
    `((c) => { const seen = []; c.signal.addEventListener('abort', (e) => seen.push(e.type)); c.signal.onabort = () => seen.push('on'); c.abort(); c.abort(); return seen.length })(new AbortController())`,
    `AbortSignal.any([new AbortController().signal, AbortSignal.abort('x')]).reason`,
    `new Promise((resolve) => { AbortSignal.timeout(2).addEventListener('abort', (e) => resolve(e.target.reason.name)) })`,
    `new AbortSignal()`,
    `((t) => { let n = 0; const f = () => n++; t.addEventListener('x', f); t.addEventListener('x', f); t.dispatchEvent(new Event('x')); t.removeEventListener('x', f); t.dispatchEvent(new Event('x')); return n })(new EventTarget())`,
  ],
  'timers (53)': [
    `new Promise((resolve) => setTimeout(resolve, 5, 'given'))`,
    `new Promise((resolve) => setImmediate(resolve, 'soon'))`,
    `new Promise((resolve) => queueMicrotask(() => resolve('first')))`,
    `new Promise((resolve) => { let n = 0; const i = setInterval(() => { if (++n === 3) { clearInterval(i); resolve(n) } }, 1) })`,
    `new Promise((resolve) => { const seen = []; clearTimeout(setTimeout(() => seen.push('cleared'), 1)); setTimeout(() => seen.push(2), 20); setTimeout(() => seen.push(1), 1); setTimeout(() => resolve(seen), 40) })`,
    `new Promise((resolve) => { const seen = []; const at = (n) => () => { seen.push(n); Promise.resolve().then(() => seen.push(-n)) }; setTimeout(at(1), 1); setTimeout(at(2), 1); setTimeout(() => resolve(seen), 10) })`,
    `((t) => { clearTimeout(+t); clearTimeout(undefined); clearTimeout({}); clearTimeout(99999); return typeof t.unref() === typeof t.ref() })(setTimeout(() => 1, 1))`,
    `Promise.race([new Promise((_, reject) => setTimeout(() => reject(new Error('timed out')), 5)), new Promise(() => 1)])`,
    `setTimeout(() => {}, 1).hasRef()`,
  ],
}

interface Backend {
  readonly name: string
  readonly backend: SandboxBackend
}

describe.each<Backend>([
  { name: 'wasm', backend: createWasmBackend({ poolSize: 1 }) },
  { name: 'wasm without in-place reset', backend: createWasmBackend({ poolSize: 1, restoreOnly: true }) },
  { name: 'process', backend: createProcessBackend({ poolSize: 1 }) },
])('globals of programs in $name', ({ backend }) => {
  afterAll(async () => {
    await backend[Symbol.asyncDispose]()
  })
  const run = async (source: string, input: unknown = {}): Promise<Outcome> => {
    await using sandbox = await backend.create(IMAGE)
    return await sandbox.run(body(source, input), call, { ...DEFAULT_LIMITS, timeoutMs: 10_000 })
  }
  const valueOf = async (source: string): Promise<unknown> => {
    const outcome = await run(source)
    expect(outcome).toMatchObject({ status: 'ok' })
    return JSON.parse(outcome.value ?? '')
  }

  describe.each(Object.entries(AS_NODE))('%s', (_group, expressions) => {
    // One program for all: each answer is the value, or the error as the program saw it.
    it('do as Node.js does', async () => {
      const answers = await valueOf(`return await Promise.all([${expressions.map(caught).join(',\n')}])`)
      const wanted = await Promise.all(expressions.map((expression) => evaluate(caught(expression))))
      const named = (list: unknown): object =>
        Object.fromEntries(expressions.map((expression, i) => [expression, (list as unknown[])[i]]))
      expect(named(answers)).toEqual(named(JSON.parse(JSON.stringify(wanted))))
    })
  })

  it('are en-US and UTC where a program does not say, whatever the machine is (50)', async () => {
    expect(
      await valueOf(`return [
        Intl.DateTimeFormat().resolvedOptions().timeZone, Intl.NumberFormat([]).resolvedOptions().locale,
        (1234.5).toLocaleString('xx'), new Date(0).toLocaleString(), new Date(2026, 0, 1).toISOString()]`),
    ).toEqual(['UTC', 'en-US', '1,234.5', '1/1/1970, 12:00:00 AM', '2026-01-01T00:00:00.000Z'])
  })

  it('give random numbers of the right form (53)', async () => {
    const answer = (await valueOf(`return { ids: [crypto.randomUUID(), crypto.randomUUID()],
      bytes: [...crypto.getRandomValues(new Uint8Array(64))], words: [...crypto.getRandomValues(new Uint32Array(4))],
      refused: [new Float32Array(1), new Uint8Array(65537)].map((list) => { try { crypto.getRandomValues(list) } catch (e) { return e.name } }) }`)) as {
      ids: string[]
      bytes: number[]
      words: number[]
      refused: string[]
    }
    expect(answer.ids.join()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12},[\da-f-]{36}$/)
    expect(new Set(answer.bytes).size).toBeGreaterThan(30)
    expect(Math.max(...answer.words)).toBeGreaterThan(65_536)
    expect(answer.refused).toEqual(['TypeMismatchError', 'QuotaExceededError'])
  })

  it('have a clock as coarse as Date (53)', async () => {
    expect(
      await valueOf(`const before = performance.now(); await sleep(20); const after = performance.now()
        performance.mark('a'); const { name, duration } = performance.measure('m', 'a')
        return [after - before >= 19, Number.isInteger(after), performance.timeOrigin <= Date.now(), name, duration >= 0]`),
    ).toEqual([true, true, true, 'm', true])
  })

  it('may be declared again by a program (53)', async () => {
    expect(
      await valueOf(`const URL = 'mine'; class TextEncoder {}; function sleep() { return 'own' }; let crypto = 1; var timers, setTimeout
        return [URL, typeof TextEncoder, sleep(), crypto, typeof globalThis.URL, 'Intl' in globalThis, typeof setTimeout]`),
    ).toEqual(['mine', 'function', 'own', 1, 'function', true, 'undefined'])
    expect(await valueOf(`globalThis.URL = 1; globalThis.sleep = () => 2; return [URL, sleep()]`)).toEqual([1, 2])
  })

  it('wait for what was asked, and sleep is no call (53)', async () => {
    const outcome = await run(
      `const before = Date.now(); const value = await sleep(30, 'value'); return [value, Date.now() - before >= 29]`,
    )
    expect(outcome).toMatchObject({ status: 'ok', value: '["value",true]', hostCalls: 0 })
  })

  it('end a program that sleeps for too long at its time (53)', async () => {
    await using sandbox = await backend.create(IMAGE)
    const outcome = await sandbox.run(body(`await sleep(60_000); return 1`), call, {
      ...DEFAULT_LIMITS,
      timeoutMs: 100,
    })
    expect(outcome).toMatchObject({ status: 'timeout' })
  })

  describe('timers that are left when the program has returned (46, 53)', () => {
    it.each<[what: string, program: string, value: string, from: number, to: number]>([
      [
        'cost no time where nothing waits for them',
        `return await Promise.race([tools.shop.list({ a: 1 }), new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 9000))])`,
        '{"a":1}',
        0,
        5000,
      ],
      [
        'make their calls at their time',
        `const before = Date.now(); const at = []; setTimeout(async () => { await tools.shop.list(); at.push(Date.now() - before >= 299) }, 300); return at`,
        '[true]',
        300,
        8000,
      ],
      [
        'go on step by step',
        `const done = []; (async () => { for (let i = 0; i < 3; i++) { await sleep(20); done.push(await tools.shop.list([i])) } })(); return done`,
        '[[0],[1],[2]]',
        60,
        8000,
      ],
      [
        'come in their order',
        `const seen = []; setTimeout(() => seen.push('second'), 4000); setTimeout(() => seen.push('first'), 3000); return seen`,
        '["first","second"]',
        0,
        2500,
      ],
      [
        'end where they would go on for ever',
        `let n = 0; setInterval(() => n++, 1000); return 'value'`,
        '"value"',
        0,
        8000,
      ],
    ])('%s', async (_what, program, value, from, to) => {
      const outcome = await run(program)
      expect(outcome).toMatchObject({ status: 'ok', value })
      expect(outcome.durationMs).toBeGreaterThanOrEqual(from)
      expect(outcome.durationMs).toBeLessThan(to)
    })

    it('tell what they threw', async () => {
      const outcome = await run(`setTimeout(() => { throw new RangeError('late') }, 5); return 1`)
      expect(outcome).toMatchObject({
        status: 'incomplete',
        value: '1',
        error: { message: expect.stringContaining('late') },
      })
    })
  })

  it('tell a deadlock where neither a timer nor a call is left (53)', async () => {
    const outcome = await run(`clearTimeout(setTimeout(() => 1, 9e5)); await new Promise(() => 1)`)
    expect(outcome).toMatchObject({ status: 'error', error: { message: expect.stringContaining('deadlock') } })
  })

  describe('console (52)', () => {
    it.each<[program: string, lines: string[]]>([
      [`console.log('%s is %d%%', 'x', '42', { more: 1 })`, ['x is 42% {"more":1}']],
      [
        `console.log('%i %f %j %o %O %c.', '7.9', '1.5x', { a: 1 }, [1], [2], 'color: red')`,
        ['7 1.5 {"a":1} [1] [2] .'],
      ],
      [
        `console.log('100%'); console.log('%s'); console.log('%d', 5n, 'x'); console.log('50%', 1)`,
        ['100%', '%s', '5n x', '50% 1'],
      ],
      [
        `console.group('outer'); console.warn('a\\nb'); console.groupCollapsed(); console.log('c'); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log('d')`,
        ['outer', 'warn:   a\n  b', '    c', 'd'],
      ],
      [
        `console.count(); console.count('x'); console.count(); console.countReset(); console.count()`,
        ['default: 1', 'x: 1', 'default: 2', 'default: 1'],
      ],
      [
        `console.assert(true, 'no'); console.assert(false); console.assert(0, 'x is %d', 1)`,
        ['error: Assertion failed', 'error: Assertion failed: x is 1'],
      ],
      [
        `console.table([{ a: 1, b: 'x' }, { a: 22, c: null }])`,
        [
          '| (index) | a  | b | c    |\n|---------|----|---|------|\n| 0       | 1  | x |      |\n| 1       | 22 |   | null |',
        ],
      ],
      [
        `console.table(new Map([['k', 1]])); console.table('text'); console.table([{ a: 1, b: 2 }], ['b'])`,
        [
          '| (index) | Key | Values |\n|---------|-----|--------|\n| 0       | k   | 1      |',
          'text',
          '| (index) | b |\n|---------|---|\n| 0       | 2 |',
        ],
      ],
      [
        `console.dir({ a: 1 }, { depth: 0 }); console.trace('t'); console.dirxml(1, 2); console.clear(); console.profile(); console.timeStamp()`,
        ['{"a":1}', 'debug: t', '1 2'],
      ],
      [
        `console.timeEnd('none'); console.countReset('none')`,
        [`warn: No such label 'none' for console.timeEnd()`, `warn: Count for 'none' does not exist`],
      ],
    ])('%s', async (program, lines) => {
      expect(await run(program)).toMatchObject({ status: 'ok', logs: lines })
    })

    it('tells how long something took', async () => {
      const { logs } = await run(
        `console.time('t'); await sleep(5); console.timeLog('t', { at: 1 }); console.timeEnd('t')`,
      )
      expect(logs).toEqual([expect.stringMatching(/^t: \d+ms \{"at":1\}$/), expect.stringMatching(/^t: \d+ms$/)])
    })
  })

  describe('causes of errors (57)', () => {
    const FAILED = 'TOOL_ERROR: shop.fail failed: the shelf is empty'
    it.each<[program: string, error: object]>([
      [
        `try { await tools.shop.fail() } catch (e) { throw new Error('could not list', { cause: e }) }`,
        {
          message: `could not list; cause: ${FAILED}`,
          details: {
            cause: { code: 'TOOL_ERROR', message: 'shop.fail failed: the shelf is empty', details: { shelf: 7 } },
          },
        },
      ],
      [
        `try { await tools.shop.fail() } catch (e) { throw new Error('outer', { cause: new RangeError('inner', { cause: e }) }) }`,
        { message: `outer; cause: RangeError: inner; cause: ${FAILED}`, details: { cause: { code: 'TOOL_ERROR' } } },
      ],
      [
        `try { await tools.shop.fail() } catch (e) { throw new Error(\`sync: \${e.message}\`, { cause: e }) }`,
        {
          message: 'sync: shop.fail failed: the shelf is empty',
          details: { cause: { code: 'TOOL_ERROR' } },
        },
      ],
      [
        `await Promise.any([tools.shop.fail(), Promise.reject(new TypeError('no'))])`,
        {
          name: 'AggregateError',
          message: expect.stringMatching(
            /(?:^|; )2 errors: TOOL_ERROR: shop\.fail failed: the shelf is empty; TypeError: no$/,
          ),
          details: { cause: { code: 'TOOL_ERROR' } },
        },
      ],
      [
        `throw new AggregateError([new Error('a'), 'b'], 'two')`,
        { name: 'AggregateError', message: 'two; 2 errors: a; b' },
      ],
      [
        `throw new Error('outer: inner', { cause: new Error('inner', { cause: new RangeError('deep') }) })`,
        { message: 'outer: inner; cause: RangeError: deep' },
      ],
      [`throw new Error('x', { cause: 'a text' })`, { message: 'x; cause: a text' }],
      [`throw new Error('x', { cause: { status: 404 } })`, { message: 'x; cause: {"status":404}' }],
      [`throw new Error('', { cause: new Error('only') })`, { message: 'cause: only' }],
      [`const e = new Error('own'); e.cause = e; throw e`, { message: 'own' }],
      [`throw Object.defineProperty(new Error('x'), 'cause', { get() { throw 1 } })`, { message: 'x' }],
      [
        `await tools.shop.fail()`,
        { code: 'TOOL_ERROR', message: 'shop.fail failed: the shelf is empty', details: { shelf: 7 } },
      ],
    ])('%s', async (program, error) => {
      expect(await run(program)).toMatchObject({ status: 'error', error })
    })

    it('are told in the log', async () => {
      const { logs } = await run(`console.log(new Error('x', { cause: new TypeError('y') }))`)
      expect(logs).toEqual(['Error: x; cause: TypeError: y'])
    })

    it('are bounded, however deep', async () => {
      const outcome = await run(
        `let e = new Error('0'.repeat(5000)); for (let i = 1; i < 100; i++) e = new Error(i + 'x'.repeat(5000), { cause: e }); throw e`,
      )
      expect(outcome.error?.message.length).toBeLessThan(9_000)
    })
  })
})

/** The value of an expression, or the name of what it threw; messages differ between releases of Node.js. */
function caught(expression: string): string {
  return `(async () => (${expression}))().then((v) => v === undefined ? null : v, (e) => ({ thrown: e.name }))`
}

async function evaluate(expression: string): Promise<unknown> {
  // oxlint-disable-next-line typescript/no-implied-eval
  return await (new Function(`return ${expression}`)() as Promise<unknown>)
}
