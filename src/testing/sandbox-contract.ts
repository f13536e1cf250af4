import { getActiveResourcesInfo } from 'node:process'
import { OptimizerError } from '../errors.ts'
import {
  DEFAULT_LIMITS,
  type HostCall,
  type Outcome,
  type Program,
  type SandboxBackend,
  type SandboxImage,
  type SandboxLimits,
} from '../sandbox/sandbox.ts'
import { expect } from './expect.ts'
import { settlingContract } from './settling-contract.ts'

/** The functions of a test runner: of `node:test` as they are; vitest and jest call the last two `beforeAll`, `afterAll`. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, run: () => Promise<void>) => unknown
  readonly before: (run: () => Promise<void>) => unknown
  readonly after: (run: () => Promise<void>) => unknown
}

/** What the programs of the contract see. */
export const IMAGE: SandboxImage = {
  version: 'contract-1',
  functions: [
    { path: ['tools', 'test', 'echo'], name: 'test.echo' },
    { path: ['tools', 'test', 'all'], name: 'test.all', spread: true },
    { path: ['tools', 'test', 'fail'], name: 'test.fail' },
    { path: ['tools', 'test', 'never'], name: 'test.never' },
    { path: ['tools', 'test', 'list-items'], name: 'test.list-items' },
    { path: ['results', 'read'], name: 'results.read' },
    { path: ['tools', '__proto__', 'x'], name: 'hidden' },
    { path: ['tools', 'test', 'constructor'], name: 'hidden' },
  ],
  modules: [
    {
      path: ['intents', 'twice'],
      name: 'twice',
      source: `let runs = 0
export const metadata = { name: 'twice', description: 'Doubles' } as const
export default async (input: { n: number }, tools: any, { intents, results }: any): Promise<object> => {
  runs++
  const answer: { n: number } = await tools.test.echo({ n: input.n * 2 })
  return { n: answer.n, runs, intents: typeof intents.twice, results: typeof results.read }
}`,
    },
    {
      path: ['intents', 'renamed'],
      name: 'renamed',
      source: `export default async (input, tools) => [await tools.mine.echo(input), typeof tools.test]`,
      aliases: { mine: 'test' },
    },
    { path: ['intents', 'broken'], name: 'broken', source: `export const a = 1\nexport default = 1` },
    {
      path: ['intents', 'throws'],
      name: 'throws',
      source: `export default async () => {\n  const a: string = 'x'\n  throw new RangeError('no')\n}`,
    },
  ],
  aliases: [
    { path: ['tools', 'test'], name: 'the test' },
    { path: ['tools', 'test', 'echo'], name: 'write' },
    { path: ['tools', 'test', 'echo'], name: 'then' },
    { path: ['tools', 'test', 'echo'], name: 'all' },
  ],
}

/**
 * What every backend of sandboxes must do, as tests of the given runner. Give each test 30 seconds.
 *
 * ```ts
 * import { after, before, describe, it } from 'node:test'
 * sandboxContract('mine', () => createMyBackend(), { after, before, describe, it })
 * ```
 */
export function sandboxContract(
  name: string,
  makeBackend: () => SandboxBackend | Promise<SandboxBackend>,
  { after, before, describe, it }: TestRunner,
): void {
  describe(`${name} as a sandbox`, () => {
    let backend: SandboxBackend
    before(async () => {
      backend = await makeBackend()
    })
    after(async () => {
      await backend[Symbol.asyncDispose]()
    })

    const run = async (
      program: string | Program,
      limits: Partial<SandboxLimits> = {},
      call: HostCall = answer,
      signal?: AbortSignal,
    ): Promise<Outcome> => {
      const sandbox = await backend.create(IMAGE)
      try {
        const whole = typeof program === 'string' ? body(program) : program
        return await sandbox.run(whole, call, { ...DEFAULT_LIMITS, timeoutMs: 20_000, ...limits }, signal)
      } finally {
        await sandbox[Symbol.asyncDispose]()
      }
    }
    const value = async (source: string, input?: unknown): Promise<unknown> => {
      const outcome = await run(body(source, input))
      expect(outcome).toMatchObject({ status: 'ok' })
      return JSON.parse(outcome.value ?? '')
    }

    describe('programs', () => {
      it('answer what the body returns, with top-level await and types', async () => {
        expect(await value('const a: number = await Promise.resolve(params.n as number)\nreturn a + 1', { n: 1 })).toBe(
          2,
        )
      })

      it('are read as they are meant: in a fence, as a function, as exports, as an expression', async () => {
        const meant = [
          'Here it is:\n```ts\nreturn await tools.test.echo(params)\n```\nDone.',
          'async (input: object, tools: any) => await tools.test.echo(input)',
          'async function main() {\n  return await tools.test.echo(params)\n}\n\nmain();',
          'export default async (input: object, tools: any) => await tools.test.echo(input)',
          'module.exports = async ({ n }) => await tools.test.echo({ n })',
          'await tools.test.echo(params)',
          'const { n } = params\n{ n }',
        ]
        for (const source of meant) expect([source, await value(source, { n: 1 })]).toEqual([source, { n: 1 }])
      })

      it('make host calls that cross as JSON text', async () => {
        expect(await value('return await tools.test.echo({ a: [1, "ü", null] })')).toEqual({ a: [1, 'ü', null] })
        expect(await value('return await tools.test.echo()')).toEqual({})
        expect(await value('return await tools.test.all(1, { b: 2 })')).toEqual([1, { b: 2 }])
        expect(await value('return await tools.test["list-items"]({})')).toEqual({})
      })

      it('get text that is no JSON as a string', async () => {
        for (const text of ['[INFO] started', '{not: "json"}', '{"a": 1} and more', '[1, 2'])
          expect((await run('return await tools.test.echo()', {}, async () => text)).value).toBe(JSON.stringify(text))
      })

      it('make host calls in parallel, at most so many at once', async () => {
        let inFlight = 0
        let most = 0
        let open = (): void => undefined
        const full = new Promise<void>((resolve) => {
          open = resolve
        })
        const call: HostCall = async (_name, argument) => {
          most = Math.max(most, ++inFlight)
          // The first ones are answered when there are as many as may be: how fast they come does not matter.
          if (inFlight === 7) open()
          await full
          await new Promise((resolve) => setImmediate(resolve))
          inFlight--
          return argument
        }
        const source = `const all = await Promise.all(Array.from({ length: 50 }, (_, i) => tools.test.echo({ i })))
return all.map((item) => item.i).join()`
        const outcome = await run(source, { hostCallsInFlight: 7 }, call)
        expect(outcome).toMatchObject({ status: 'ok', hostCalls: 50 })
        expect(outcome.value).toBe(JSON.stringify(Array.from({ length: 50 }, (_, i) => i).join()))
        expect(most).toBe(7)
      })

      it('make calls with large arguments in turn, and lose none', async () => {
        const source = `const text = 'x'.repeat(9e5)
const all = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await tools.test.echo([i, text]))[0]))
return all.join()`
        const outcome = await run(source, { hostCallsInFlight: 64 })
        expect(outcome.value).toBe(JSON.stringify(Array.from({ length: 20 }, (_, i) => i).join()))
      })

      it('keep unicode, and texts of megabytes', async () => {
        const text = '𝒳 ü \u0000 \\ " 日本 \ud800'
        expect(await value('return params', text)).toBe(text)
        const large = 'é'.repeat(1_000_000)
        expect(await value('return [params.length, await tools.test.echo(params.slice(0, 400_000))]', large)).toEqual([
          1_000_000,
          'é'.repeat(400_000),
        ])
      })

      it('catch a failed call as an Error with name, code, message and details', async () => {
        const call: HostCall = () =>
          Promise.reject(new OptimizerError('POLICY_DENIED', 'not allowed', { details: { rule: 3 } }))
        const source = `try { await tools.test.fail() } catch (error) {
  return [error instanceof Error, error.name, error.code, error.message, error.details]
}`
        const outcome = await run(source, {}, call)
        expect(outcome.value).toBe(
          JSON.stringify([true, 'OptimizerError', 'POLICY_DENIED', 'not allowed', { rule: 3 }]),
        )
        const uncaught = await run('await tools.test.fail()', {}, call)
        expect(uncaught).toMatchObject({
          status: 'error',
          error: { code: 'POLICY_DENIED', message: 'not allowed', details: { rule: 3 } },
        })
      })

      it('never see host paths or stacks in the message of a failed call', async () => {
        const call: HostCall = () => Promise.reject(new Error('cannot read /home/me/.secret/key'))
        const outcome = await run('try { await tools.test.fail() } catch (e) { return e.message + e.stack }', {}, call)
        expect(outcome.value).not.toMatch(/home|secret|node_modules|node:/)
      })

      it('call modules like functions, with their state for one run only', async () => {
        const source = 'await intents.twice({ n: 1 }); return await intents.twice({ n: 4 })'
        for (let i = 0; i < 2; i++) {
          expect(await value(source)).toEqual({ n: 8, runs: 2, intents: 'function', results: 'function' })
        }
        expect(await value('return await intents.renamed({ a: 1 })')).toEqual([{ a: 1 }, 'object'])
      })

      it('may be a module of the image', async () => {
        const outcome = await run({ kind: 'module', module: 'twice', input: '{"n":5}' })
        expect(JSON.parse(outcome.value ?? '')).toMatchObject({ n: 10, runs: 1 })
        expect(await run({ kind: 'module', module: 'nope', input: '{}' })).toMatchObject({ status: 'error' })
      })

      it('may ask for the metadata of a module', async () => {
        const source = `export const metadata = { name: 'x', input: { type: 'object' } } as const\nexport default async () => 1`
        const outcome = await run({ kind: 'metadata', source })
        expect(JSON.parse(outcome.value ?? '')).toEqual({
          metadata: { name: 'x', input: { type: 'object' } },
          hasDefault: true,
        })
        const none = await run({ kind: 'metadata', source: 'export const other = 1' })
        expect(JSON.parse(none.value ?? '')).toEqual({ metadata: null, hasDefault: false })
      })

      it('give values that JSON has no word for as documented', async () => {
        const source = `return [undefined, NaN, Infinity, 10n, new Date(0), new Map([[1, 2]]), new Set([3]), () => 1, new Uint8Array(2)]`
        expect(await value(source)).toEqual([
          null,
          null,
          null,
          '10',
          '1970-01-01T00:00:00.000Z',
          [[1, 2]],
          [3],
          null,
          [0, 0],
        ])
        expect(await value('return')).toBeNull()
        expect(await value('return () => 1')).toBeNull()
      })

      it('say where a value contains itself', async () => {
        const outcome = await run('const a = { b: { c: [] } }; a.b.c.push(a); return a')
        expect(outcome).toMatchObject({ status: 'error', error: { message: expect.stringContaining('result.b.c.0') } })
      })

      it('have a clock and randomness that differs between runs', async () => {
        const source = 'return [Date.now(), Math.random(), Math.random()]'
        const [first, second] = [(await value(source)) as number[], (await value(source)) as number[]]
        expect(Math.abs((first[0] ?? 0) - Date.now())).toBeLessThan(10_000)
        expect(new Set([...first.slice(1), ...second.slice(1)]).size).toBe(4)
      })
    })

    describe('errors', () => {
      it('have the line and column of the source as it was written', async () => {
        const outcome = await run('const a: string = "x"\n\nlet b: number | null = null; b!.foo()\nreturn 1')
        expect(outcome).toMatchObject({ status: 'error', error: { name: 'TypeError', line: 3 } })
        expect(outcome.error?.column).toBeGreaterThan(29)
      })

      it('of a module have its file, line and frames', async () => {
        const outcome = await run('return await intents.throws()')
        expect(outcome.error).toMatchObject({ name: 'RangeError', message: 'no', line: 3 })
        expect(outcome.error?.stack).toContain('throws.ts:3:')
      })

      it('are explained by what the source says', async () => {
        const cases = [
          [
            'const r = await tools.test.echo({ items: [] })\nreturn r.content[0].text',
            "r.content is undefined, cannot read '0': r is already the value: {items}",
          ],
          [
            'const results = await tools.test.echo({ a: {} })\nreturn results.a.b.c',
            "results.a.b is undefined, cannot read 'c': results is already the value: {a}",
          ],
          [
            'const r = tools.test.echo({})\nr.a.b',
            "cannot read 'a': r is a promise, write await before tools.test.echo(…)",
          ],
          [
            'const lab = tools.toast\nawait lab.run({})',
            'lab is undefined: tools.toast does not exist; nearest: tools.test',
          ],
          ['return echo({})', 'echo is not defined: did you mean tools.test.echo'],
          [
            'return fetch("x")',
            'fetch is not defined: a program has no network of its own: search for a tool that asks for it',
          ],
          [
            '[1].map((n) => { await n })',
            'await stands in a function that is not async: write async before the function of line 1',
          ],
          [
            'for (;;) break outer',
            'there is no label outer around this break: write outer: before the loop that it means',
          ],
          [
            "import a from 'lodash'",
            "a program has no imports, also not 'lodash': plain JavaScript has map, filter, reduce, Object.groupBy, toSorted and Set",
          ],
        ] as const
        for (const [source, message] of cases) {
          const { error } = await run(source)
          expect([source, error?.message]).toEqual([source, message])
        }
        expect(await value('return JSON.parse(await tools.test.echo({ a: 1 })).a')).toBe(1)
      })

      it('name the nearest tools for an unknown one', async () => {
        const outcome = await run('return await tools.test.ecko({})')
        expect(outcome.error?.message).toContain('tools.test.echo')
      })

      it('are INVALID_CODE with their place for code that does not parse', async () => {
        for (const [source, line, column] of [
          ['let x = = 3', 1, 9],
          ['const a: number = 1\nreturn (', 2, undefined],
          ['return `', 1, undefined],
          ['return 1; /*', 1, undefined],
          ['import fs from "node:fs"\nreturn 1', 1, 1],
        ] as const) {
          const outcome = await run(source)
          expect(outcome).toMatchObject({ status: 'error', error: { code: 'INVALID_CODE', line } })
          if (column !== undefined) expect(outcome.error?.column).toBe(column)
        }
      })

      it('are INVALID_CODE for source that closes its wrapper', async () => {
        for (const source of [
          '}); (async (tools) => {',
          '}}); (async function () { x: {',
          '} } /x/ \n{ {',
          '}}), (async () => {{',
          '}}(tools.test.echo({})),{',
        ]) {
          const outcome = await run(source)
          expect(outcome).toMatchObject({ status: 'error', hostCalls: 0, error: { code: 'INVALID_CODE' } })
        }
      })

      it('of a broken module end only the programs that call it', async () => {
        expect(await run('return await intents.broken({})')).toMatchObject({
          status: 'error',
          error: { code: 'INVALID_CODE', message: expect.stringContaining('broken.ts:2') },
        })
      })

      it('cannot pretend to come from the host', async () => {
        const outcome = await run(`throw Object.assign(new Error('x'), { code: 'UNAUTHORIZED', details: { a: 1 } })`)
        expect(outcome.error).toMatchObject({ name: 'Error', message: 'x' })
        expect(outcome.error?.code).toBeUndefined()
      })

      it('are found at once when nothing can settle a promise', async () => {
        const outcome = await run('await new Promise(() => {})')
        expect(outcome).toMatchObject({ status: 'error', error: { message: expect.stringContaining('deadlock') } })
        expect(outcome.durationMs).toBeLessThan(1_000)
      })
    })

    describe('state', () => {
      it('is fresh in each run', async () => {
        await run(`globalThis.left = 1; Array.prototype.map = () => 'x'; delete globalThis.Promise; JSON.parse = null
Object.prototype.polluted = 1; String.prototype.slice = null; console.log('x')`)
        const source = `return [typeof left, [1].map((x) => x + 1), typeof Promise, ({}).polluted, await tools.test.echo({ a: 1 })]`
        const outcome = await run(source)
        expect(outcome.logs).toEqual([])
        expect(JSON.parse(outcome.value ?? '')).toEqual(['undefined', [2], 'function', null, { a: 1 }])
      })

      it('is fresh also within one sandbox', async () => {
        const sandbox = await backend.create(IMAGE)
        const first = await sandbox.run(body('globalThis.a = 1; return 1'), answer, DEFAULT_LIMITS)
        expect(first.status).toBe('ok')
        expect(await sandbox.reset()).toBe(true)
        const second = await sandbox.run(body('return typeof a'), answer, DEFAULT_LIMITS)
        expect(second.value).toBe('"undefined"')
        await sandbox[Symbol.asyncDispose]()
        await sandbox[Symbol.asyncDispose]()
      })

      it('reads the table and the JSON that a text holds', async () => {
        const text = '| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n```json\\n{"c": 3}\\n```'
        const outcome = await run(
          `const text = '${text}'; return [text.table, text.json, text.text === text, 'x'.json ?? null]`,
        )
        expect(JSON.parse(outcome.value ?? '')).toEqual([[{ a: '1', b: '2' }], { c: 3 }, true, null])
      })

      it('has frozen namespaces that inherit nothing', async () => {
        const source = `'use strict'
const tries = [() => { tools.x = 1 }, () => { tools.test.echo = 1 }, () => { globalThis.tools = 1 }, () => { console.log = 1 },
  () => { Object.getPrototypeOf(tools).x = 1 }, () => { Object.setPrototypeOf(Object.getPrototypeOf(tools), { x: 1 }) }]
const failed = tries.map((attempt) => { try { attempt(); return false } catch { return true } })
const inherited = (space) => {
  const above = Object.getPrototypeOf(space)
  return above === null ? [] : [...Reflect.ownKeys(above), ...inherited(above)]
}
return [failed, inherited(tools), inherited(tools.test), tools.constructor, tools.test.constructor, tools.__proto__, tools.x, Object.isFrozen(tools.test.echo)]`
        expect(await value(source)).toEqual([
          [true, true, true, true, true, true],
          [],
          [],
          null,
          null,
          null,
          null,
          true,
        ])
      })

      it('finds what has one name by another spelling and by its aliases, which nothing lists', async () => {
        const source = `const found = [tools['test.echo'], tools.Test.Echo, tools.echo, tools['the test']['e c h o'], tools.test.write]
return [found.map((one) => one === tools.test.echo), typeof tools.test.nothing, typeof tools['other.echo'], Object.keys(tools)]`
        expect(await value(source)).toEqual([[true, true, true, true, true], 'undefined', 'undefined', ['test']])
      })
    })

    describe('limits', () => {
      it('of time end endless loops, promise loops and calls without answer', async () => {
        for (const source of [
          'for (;;);',
          'try { for (;;); } finally { for (;;); }',
          'for (;;) await 0',
          'await tools.test.never({})',
          '/(a+)+$/.test("a".repeat(40) + "b")',
        ]) {
          const before = performance.now()
          const outcome = await run(source, { timeoutMs: 150 })
          expect(outcome).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT' } })
          // The promise is 500 ms; twice that here, as other tests keep the machine busy.
          expect(performance.now() - before).toBeLessThan(150 + 1_000)
        }
      })

      it('of time end native loops that never ask', async () => {
        const outcome = await run('return [].indexOf.call({ length: 2 ** 53 - 1 }, 1)', { timeoutMs: 150 })
        expect(['timeout', 'memory', 'error']).toContain(outcome.status)
        expect(await value('return 1')).toBe(1)
      })

      it('of memory hold for objects, typed arrays and text', async () => {
        for (const source of [
          'const a = []; for (;;) a.push({ a: 1, b: [1, 2, 3] })',
          'const a = []; for (;;) a.push(new Uint8Array(1e6))',
          'let t = "x"; const a = []; for (;;) a.push(t += t)',
          'return new ArrayBuffer(1e9).byteLength',
        ]) {
          const outcome = await run(source, { memoryBytes: 32 * 1024 * 1024 })
          expect(['memory', 'error']).toContain(outcome.status)
          expect(await value('return 1')).toBe(1)
        }
        expect(await run('const a = []; for (;;) a.push(new Uint8Array(1e6))')).toMatchObject({
          status: 'memory',
          error: { code: 'MEMORY_LIMIT' },
        })
      })

      it('of recursion are errors that can be caught', async () => {
        expect(await value('const f = () => f(); try { f() } catch (e) { return e instanceof Error }')).toBe(true)
      })

      it('of the result, the source and the calls end the run', async () => {
        const many = 'for (let i = 0; i < 20; i++) await tools.test.echo({})'
        expect(await run('return "x".repeat(2000)', { resultBytes: 1_000 })).toMatchObject({ status: 'limit' })
        expect(await run(`return "${'x'.repeat(2_000)}"`, { sourceBytes: 1_000 })).toMatchObject({ status: 'limit' })
        expect(await run(many, { hostCalls: 10 })).toMatchObject({
          status: 'limit',
          hostCalls: 10,
          error: { code: 'LIMIT_EXCEEDED' },
        })
        expect(
          await run(`try { ${many} } catch {} for (;;) try { await tools.test.echo({}) } catch {}`, { hostCalls: 10 }),
        ).toMatchObject({ status: 'limit' })
      })

      it('of an argument and of an answer reject that call alone', async () => {
        const source = 'try { await tools.test.echo("x".repeat(5000)) } catch (e) { return e.code }'
        expect(await run(source, { argumentBytes: 1_000 })).toMatchObject({ status: 'ok', value: '"LIMIT_EXCEEDED"' })
        expect(await run(source, { answerBytes: 1_000 })).toMatchObject({ status: 'ok', value: '"LIMIT_EXCEEDED"' })
      })

      it('of the log cut it and let the run go on', async () => {
        const outcome = await run('for (let i = 0; i < 1000; i++) console.log("line", i); return 1', { logBytes: 100 })
        expect(outcome).toMatchObject({ status: 'ok', value: '1' })
        expect(outcome.logs.join('\n').length).toBeLessThan(250)
        expect(outcome.logs.at(-1)).toContain('cut')
      })

      it('of depth hold for arguments and results', async () => {
        const nest = 'let v = 1; for (let i = 0; i < 3000; i++) v = [v];'
        expect((await run(`${nest} return v`)).status).not.toBe('ok')
        expect(await value(`${nest} try { await tools.test.echo(v) } catch (e) { return e instanceof Error }`)).toBe(
          true,
        )
      })
    })

    it('keeps the console, with the level as prefix', async () => {
      const outcome = await run(
        'console.log("a", { b: 1 }, null, undefined); console.warn("c"); console.error(new Error("d"))',
      )
      expect(outcome.logs).toEqual(['a {"b":1} null undefined', 'warn: c', 'error: Error: d'])
    })

    it('ends a run when its signal aborts: one that computes and one that waits', async () => {
      for (const source of [
        'await tools.test.echo({}); for (;;);',
        'await tools.test.echo({}); await tools.test.never({})',
      ]) {
        const controller = new AbortController()
        const call: HostCall = (name, argument, signal) => {
          setImmediate(() => controller.abort())
          return answer(name, argument, signal)
        }
        const outcome = await run(source, {}, call, controller.signal)
        expect(outcome).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } })
      }
      expect(await run('return 1', {}, answer, AbortSignal.abort())).toMatchObject({ status: 'cancelled' })
    })

    it('aborts the calls that are under way when the program ends, and takes no more', async () => {
      let signal: AbortSignal | undefined
      let calls = 0
      const outcome = await run(
        'tools.test.never({}); Promise.resolve().then(async () => { for (;;) { await 0; tools.test.echo({}) } }); return 1',
        { hostCalls: 5 },
        (_name, _argument, given) => {
          signal = given
          calls++
          return new Promise(() => {})
        },
      )
      const before = calls
      expect(['incomplete', 'limit']).toContain(outcome.status)
      expect(signal?.aborted).toBe(true)
      await run('return 1')
      expect(calls).toBe(before)
    })

    it('answers no call of a program that has ended, and takes none', async () => {
      const names: string[] = []
      const outcome = await run(
        `tools.test.never({}).finally(() => tools.test.echo({ late: true })); await null; throw new Error('x')`,
        {},
        (name, _argument, signal) => {
          names.push(name)
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve('{}'), { once: true }))
        },
      )
      expect(outcome).toMatchObject({ status: 'error', error: { message: 'x' } })
      expect(await value('return 1')).toBe(1)
      expect(names).toEqual(['test.never'])
    })

    it('runs many programs at once, while some wait', async () => {
      let release = (): void => undefined
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      const waiting = Array.from({ length: 6 }, () =>
        run('return await tools.test.echo({ a: 1 })', { timeoutMs: 30_000 }, async (_name, argument) => {
          await gate
          return argument
        }),
      )
      const quick = await Promise.all(Array.from({ length: 30 }, (_, i) => value(`return ${i} + 1`)))
      expect(quick).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
      release()
      for (const outcome of await Promise.all(waiting)) expect(outcome.status).toBe('ok')
    })

    it('keeps programs with different images apart', async () => {
      const other: SandboxImage = { version: 'contract-2', functions: [], modules: [] }
      const sandbox = await backend.create(other)
      const outcome = await sandbox.run(
        body('return [typeof tools.test, typeof intents, typeof results]'),
        answer,
        DEFAULT_LIMITS,
      )
      await sandbox[Symbol.asyncDispose]()
      expect(outcome.value).toBe('["undefined","object","object"]')
    })

    settlingContract({ describe, it }, run)

    it('can be disposed twice, with programs running, and leaves no handle of its own behind', async () => {
      const before = handles()
      const own = await makeBackend()
      const sandbox = await own.create(IMAGE)
      await sandbox.run(body('return 1'), answer, DEFAULT_LIMITS)
      const waiting = sandbox.run(body('await tools.test.never({})'), answer, DEFAULT_LIMITS)
      await own[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
      expect(['cancelled', 'lost']).toContain((await waiting).status)
      await sandbox[Symbol.asyncDispose]()
      const end = performance.now() + 10_000
      while (handles() > before && performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
      expect(handles() > before).toBe(false)
    })
  })
}

export function body(source: string, input: unknown = {}): Program {
  return { kind: 'body', source, input: JSON.stringify(input) }
}

export const answer: HostCall = (name, argument) =>
  name === 'test.never' ? new Promise(() => {}) : Promise.resolve(argument)

/** What keeps this process alive or open: sockets, pipes, child processes, timers, ports of threads. */
function handles(): number {
  return getActiveResourcesInfo().filter((kind) => kind !== 'Immediate').length
}
