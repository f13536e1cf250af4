import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Engine,
  type EngineHost,
  type LazyText,
  type Prime,
  type Priming,
} from '../../src/sandbox/engine/engine.ts'
import { isSound } from '../../src/sandbox/engine/engine-choice.ts'
import { primeInPlace } from '../../src/sandbox/engine/engine-in-place.ts'
import { primeByRestore } from '../../src/sandbox/engine/engine-restore.ts'
import { compileBounded } from '../../src/sandbox/engine/wasm-module.ts'

const MB = 1024 * 1024
const HOST_OF_NOTHING: EngineHost = { call: () => 0, interrupt: () => false, now: () => 0 }
const PRIMING: Priming = {
  glue: '(host) => (operation, number, text, value) => { value(host, text) }',
  spec: '',
  modules: [],
  operations: { module: 0, broken: 0, value: 9, json: 4, rejection: 10 },
}
/** Hands what it is given back, as JSON text. */
const ECHO: Priming = {
  ...PRIMING,
  glue: `(host) => (operation, number, text, value) => {
    let seen
    try { seen = JSON.stringify(operation === 9 ? value : JSON.parse(text)) } catch (error) { seen = error.name }
    host(0, 0, 0, number + ' ' + seen)
  }`,
}
let module: WebAssembly.Module

beforeAll(async () => {
  module = await compileBounded(16 * MB)
})

describe.each<[string, Prime]>([
  ['in place', primeInPlace],
  ['by restore', primeByRestore],
])('an engine made clean %s', (_name, prime) => {
  it('passes the canary', async () => {
    expect(await isSound(prime, module)).toBe(true)
  })

  it('hands text to the host and calls the guest with text', async () => {
    const texts: string[] = []
    const engine = await start(prime, { ...HOST_OF_NOTHING, call: (_a, _b, _c, text) => texts.push(text.read()) })
    run(engine, `(host, text) => host(0, 0, 0, text + ' back')`, 'grüße 𝒳')
    expect(texts).toEqual(['grüße 𝒳 back'])
  })

  it('hands what a script throws to the entry', async () => {
    const engine = await start(prime, HOST_OF_NOTHING)
    expect(() => run(engine, '((', 'x')).not.toThrow()
  })

  it.each([
    ['null', 'null'],
    ['"text"', '"text"'],
    [' {"__proto__":{"a":1},"b":[1,2.5,-0,1e400]} ', '{"__proto__":{"a":1},"b":[1,2.5,0,null]}'],
    [JSON.stringify('ä€😀\u0000'.repeat(3_000)), JSON.stringify('ä€😀\u0000'.repeat(3_000))],
    ['{"a":', 'SyntaxError'],
    ['', 'SyntaxError'],
  ])('gives the guest the value of JSON text: %.40s', async (json, seen) => {
    const texts: string[] = []
    const host = {
      ...HOST_OF_NOTHING,
      call: (_a: number, _b: number, _c: number, text: LazyText) => texts.push(text.read()),
    }
    const engine = await (await prime(module, ECHO)).start(host)
    await engine.reset(16 * MB)
    engine.enterJson(7, json)
    expect(texts.map((text) => text.slice(2))).toEqual([seen])
    // And goes on.
    engine.enterJson(7, '[1]')
    expect(texts.at(-1)).toBe('7 [1]')
  })

  it('asks whether to interrupt', async () => {
    let asked = 0
    const engine = await start(prime, { ...HOST_OF_NOTHING, interrupt: () => ++asked > 3 })
    run(engine, '() => { for (;;); }', '')
    expect(asked).toBe(4)
  })
})

describe('the in-place reset', () => {
  const deep = (step: string): string => `(host) => {
    let depth = 0
    const down = () => { depth++; ${step} }
    try { down() } catch (error) { host(0, 0, 0, error.name + ' ' + (depth > 10)) }
  }`
  it.each([
    ['objects', `() => { globalThis.list = Array.from({ length: 1_000 }, (_, i) => ({ i, text: 'x' + i })) }`, ''],
    // Each comes to the end of the stack in other functions of the engine.
    ['calls', deep('down()'), 'RangeError true'],
    ['calls with many variables', deep(`const a = [${'down(),'.repeat(400)}]; return a`), 'RangeError true'],
    ['callbacks of natives', deep('[2, 1].sort(down)'), 'RangeError true'],
    ['replacements by a regular expression', deep(`'a'.replace(/(a)|(b)/g, down)`), 'RangeError true'],
    ['getters and JSON', deep('JSON.stringify({ get a() { return down() } })'), 'RangeError true'],
    ['proxies', deep('new Proxy({}, { get: down }).a'), 'RangeError true'],
    ['numbers as text', deep('(1.7976931348623157e308).toFixed(20) + down()'), 'RangeError true'],
    ['code', deep('new Function("down", "return down()")(down)'), 'SyntaxError true'],
    [
      'nested JSON',
      `(host) => { try { JSON.parse('['.repeat(1e3)) } catch (error) { host(0, 0, 0, error.name) } }`,
      '',
    ],
    [
      'nested groups',
      `(host) => { try { new RegExp('('.repeat(1e5)) } catch (error) { host(0, 0, 0, error.name) } }`,
      '',
    ],
  ])('gives the same memory as before, and the engine again, after %s', async (_what, script, said) => {
    const texts: string[] = []
    const engine = await start(primeInPlace, {
      ...HOST_OF_NOTHING,
      call: (_a, _b, _c, text) => texts.push(text.read()),
    })
    const image = memoryOf(engine)
    run(engine, script, '')
    if (said !== '') expect(texts).toEqual([said])
    expect(memoryOf(engine).equals(image)).toBe(false)
    expect(await engine.reset(16 * MB)).toBe(true)
    expect(memoryOf(engine).equals(image)).toBe(true)
  })

  it('gives up an engine that grew, and makes the next ones with room for as much', async () => {
    const primed = await primeInPlace(module, PRIMING)
    const fill = '() => { globalThis.bytes = new Uint8Array(1e6).fill(1) }'
    const first = await primed.start(HOST_OF_NOTHING)
    await first.reset(16 * MB)
    run(first, fill, '')
    expect(await first.reset(16 * MB)).toBe(false)
    const second = await primed.start(HOST_OF_NOTHING)
    await second.reset(16 * MB)
    const image = memoryOf(second)
    run(second, fill, '')
    expect(await second.reset(16 * MB)).toBe(true)
    expect(memoryOf(second).equals(image)).toBe(true)
  })

  it('makes no room for programs of a size that hardly any has', async () => {
    const primed = await primeInPlace(module, PRIMING)
    const [first, second] = [await primed.start(HOST_OF_NOTHING), await primed.start(HOST_OF_NOTHING)]
    await first.reset(16 * MB)
    run(first, '() => { globalThis.bytes = new Uint8Array(9e6).fill(1) }', '')
    expect(await first.reset(16 * MB)).toBe(false)
    expect(memoryOf(await primed.start(HOST_OF_NOTHING))).toHaveLength(second.memoryBytes)
  })

  it('cannot grow past the maximum of its memory', async () => {
    const engine = await start(primeInPlace, HOST_OF_NOTHING, 1024 * MB)
    run(engine, '() => { const a = []; for (;;) a.push(new Uint8Array(1e6)) }', '')
    expect(engine.memoryBytes).toBeLessThanOrEqual(16 * MB)
  })
})

async function start(prime: Prime, host: EngineHost, limit = 16 * MB): Promise<Engine> {
  const engine = await (await prime(module, PRIMING)).start(host)
  await engine.reset(limit)
  return engine
}

function run(engine: Engine, script: string, text: string): void {
  engine.evaluate(script, 'test.js', { operation: 1, number: 0, text }, 2)
  while (engine.runJobs(10));
}

/** The linear memory, which no program of ours needs to see. */
function memoryOf(engine: Engine): Buffer {
  const { instance } = engine as unknown as { instance: { exports: { memory: { buffer: ArrayBuffer } } } }
  return Buffer.from(Buffer.from(instance.exports.memory.buffer))
}
