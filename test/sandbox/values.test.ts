import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type Outcome, type Sandbox, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { answer, body, IMAGE } from '../contracts/sandbox.ts'

const RUNS = { numRuns: 150 }

/** Rows of the table of `docs/intents.md`. */
const TABLE = readFileSync(new URL('../../docs/intents.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line): [expression: string, json: string][] => {
    const [, expression, json] = /^\| `(.+?)` *\| `(.+?)`/.exec(line) ?? []
    return expression === undefined || json === undefined ? [] : [[expression, json]]
  })

describe('values that cross', () => {
  let backend: SandboxBackend
  let sandbox: Sandbox
  beforeAll(async () => {
    backend = createWasmBackend({ poolSize: 1 })
    sandbox = await backend.create(IMAGE)
  })
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })

  const run = (source: string, input: unknown = {}): Promise<Outcome> =>
    sandbox.run(body(source, input), answer, DEFAULT_LIMITS)

  describe('are documented: as results and, in a list, as arguments', () => {
    it('in a table that is not empty', () => expect(TABLE.length).toBeGreaterThan(20))

    it.each(TABLE)('%s arrives as %s', async (expression, json) => {
      expect(await run(`return ${expression}`)).toMatchObject({ status: 'ok', value: json })
      // Bigints leave as digits, and an object that holds one as any other object.
      const argument = /^(?!.*Object\().*\dn\b/.test(expression) ? json.replaceAll(/"(-?\d+)"/g, '$1') : json
      expect(await run(`return await tools.test.echo([${expression}])`)).toMatchObject({ value: `[${argument}]` })
    })

    it('and what is refused is refused', async () => {
      expect(await run('return await tools.test.echo(undefined)')).toMatchObject({ value: '{}' })
      for (const refused of ['() => 1', `Symbol('s')`, '(() => { const a = []; a.push(a); return a })()']) {
        expect(await run(`return await tools.test.echo(${refused})`)).toMatchObject({ status: 'error' })
      }
      const deep = 'let v = 1; for (let i = 0; i < 2001; i++) v = [v]'
      expect(await run(`${deep}; return v`)).toMatchObject({ status: 'limit' })
      expect(await run(`${deep}; return await tools.test.echo(v)`)).toMatchObject({ status: 'error' })
    })
  })

  it('are the same JSON after any way there and back', async () => {
    await fc.assert(
      fc.asyncProperty(json(), async (value) => {
        const text = JSON.stringify(value)
        expect(await run('return params', value)).toMatchObject({ status: 'ok', value: text })
        expect(await run('return (await tools.test.echo({ v: params })).v', value)).toMatchObject({ value: text })
      }),
      RUNS,
    )
  })

  it('leave a program as the model of the table says, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(anything(), async (value) => {
        const outcome = await run(`return [${fc.stringify(value)}]`)
        expect(outcome).toMatchObject({ status: 'ok', value: crossed([value]) })
      }),
      RUNS,
    )
  })

  it('change nothing of the host, with whatever keys', async () => {
    const keys = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'then', 'toJSON', 'length')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(keys, fc.jsonValue())), async (pairs) => {
        const text = `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:{"polluted":${JSON.stringify(value)}}`).join()}}`
        const program = { kind: 'body', source: 'return await tools.test.echo(params)', input: text } as const
        const outcome = await sandbox.run(program, answer, DEFAULT_LIMITS)
        expect(outcome).toMatchObject({ status: 'ok', value: JSON.stringify(JSON.parse(text)) })
        expect({}).not.toHaveProperty('polluted')
      }),
      RUNS,
    )
  })
})

/** JSON with texts of any code units, halves of surrogate pairs included, and numbers of any size. */
function json(): fc.Arbitrary<fc.JsonValue> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\ud83d', '\udc00', '\u2028', '\u0000', '"', '\\', '𝒳'),
  )
  return fc.jsonValue({ stringUnit: unit, maxDepth: 5 })
}

function anything(): fc.Arbitrary<unknown> {
  return fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  })
}

/** What the table says, on the host. */
function crossed(value: unknown): string {
  return JSON.stringify(value, function replace(this: Record<string, unknown>, key: string, item: unknown) {
    const raw = this[key]
    if (typeof raw === 'bigint') return String(raw)
    if (raw instanceof Map || raw instanceof Set) return [...raw]
    if (ArrayBuffer.isView(raw)) return Array.from(raw as Uint8Array)
    return item
  })
}
