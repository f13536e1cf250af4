import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Engine, type Priming } from '../../src/sandbox/engine/engine.ts'
import { primeInPlace } from '../../src/sandbox/engine/engine-in-place.ts'
import { GuestHeap, type HeapExports, type HeapLayout } from '../../src/sandbox/engine/guest-heap.ts'
import { HeapJson } from '../../src/sandbox/engine/heap-json.ts'
import { compileBounded } from '../../src/sandbox/engine/wasm-module.ts'

const MB = 1024 * 1024
/** Keeps each value that it is given, and says what it is as JSON text. */
const PRIMING: Priming = {
  glue: `(host) => {
    globalThis.values = []
    return (operation, number, text, value) => {
      if (operation === 1) return value(host)
      if (operation !== 9) return host(0, 0, 0, 'left to the engine')
      values.push(value)
      host(0, 0, 0, JSON.stringify(value))
    }
  }`,
  spec: '',
  modules: [],
  operations: { module: 0, broken: 0, value: 9, json: 4, rejection: 10 },
}
const ROWS = Array.from({ length: 300 }, (_, id) => ({
  id,
  title: `Row ${id} — “quoted”`,
  state: id % 3 === 0 ? 'closed' : 'open',
  score: id / 7,
  owner: id % 5 === 0 ? null : { name: `n${id % 10}`, tags: ['a', 'b', 'c'].slice(id % 4) },
}))

let module: WebAssembly.Module
let engine: Engine
let said: string[]

beforeAll(async () => {
  module = await compileBounded(64 * MB)
})

beforeEach(async () => {
  said = []
  const host = {
    call: (_a: number, _b: number, _c: number, text: { read(): string }) => said.push(text.read()),
    interrupt: () => false,
    now: () => 0,
  }
  engine = await (await primeInPlace(module, PRIMING)).start(host)
  await engine.reset(64 * MB)
})

describe('a value made in the heap of the engine', () => {
  it.each([
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '""',
    '[[],[[]],{},[{}],{"a":{}}]',
    '{"a":1,"b":[{"c":"x","d":null},{"c":"y","d":true},{"d":1,"c":2},{"c":"z"},{}]}',
    '[0,-0,7,-7,2147483647,2147483648,-2147483648,-2147483649,999999999999999,1234567890123456789,0.1,-0.5,3.25,123456789.123456]',
    '[1e3,1E-3,-2.5e+10,1e400,5e-324,0.30000000000000004,12345678901234567890.5]',
    String.raw`["\n\t\"\\\/","\u0041\ud83d\ude00","ä€😀","a\u0000b","\u00e9"]`,
    String.raw`[{"\u0061":1,"b":2},{"a":1,"b":2},{"ä":1,"€":2},{"a\"b":3},{"":4},{"":5}]`,
    '[{"a":1,"a":2},{"a":1,"a":2},{"a":1,"b":2,"a":3}]',
    '[{"1":"one","0":"zero","x":2},{"1":"one","0":"zero","x":2},{"4294967295":1}]',
    '[{"__proto__":1,"constructor":2},{"__proto__":{"x":1},"constructor":3}]',
    ' \n\t{ "a" : [ 1 , 2 ] ,\r\n "b" : { } , "c" : [ ] } ',
    JSON.stringify(ROWS),
    JSON.stringify(ROWS, null, 2),
    JSON.stringify('long text '.repeat(5_000)),
    JSON.stringify(Array.from({ length: 3_000 }, (_, i) => [i])),
  ])('is what its text says: %.60s', (text) => {
    // Twice: shapes and keys of the first are known to the second.
    for (let time = 0; time < 2; time++) engine.enterJson(7, text)
    expect(said).toEqual([JSON.stringify(JSON.parse(text)), JSON.stringify(JSON.parse(text))])
  })

  it('keeps the sign of a zero', () => {
    engine.enterJson(7, '[0,-0,-0.0,0.0,0e0,-0e5]')
    run('(host) => host(0, 0, 0, values[0].map((zero) => Object.is(zero, -0)).join())')
    expect(said.at(-1)).toBe('false,true,true,false,false,true')
  })

  it('has the keys of an object that is wide, or one of very many different ones', () => {
    const wide = (count: number, from = 0): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i + from}`, { i, list: [i] }]))
    for (const value of [
      wide(64),
      wide(65),
      wide(3_000),
      [wide(100), wide(100)],
      Array.from({ length: 5_000 }, (_, i) => ({ [`k${i}`]: i, id: i })),
      Array.from({ length: 40 }, (_, i) => wide(60, i * 60)),
      { outer: wide(70), after: [wide(3), wide(3)] },
    ]) {
      engine.enterJson(7, JSON.stringify(value))
      expect(said.pop()).toBe(JSON.stringify(value))
    }
  })

  it('is what JSON.parse gives, whatever the text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.nat(4), (text, spaces) => {
        const value: unknown = JSON.parse(text)
        for (const written of [text, JSON.stringify([value, value, { value }], null, spaces)]) {
          engine.enterJson(7, written)
          expect(said.pop()).toBe(JSON.stringify(JSON.parse(written)))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('is left to the engine where the text is no JSON, and all that was made of it is given back', () => {
    const rows = JSON.stringify(ROWS)
    const broken = [
      ...String.raw`, : } ] " { [1,] {"a":1,} {"a"} {"a":} {1:2} 01 1. .5 - +1 1e tru nul falsy "\x" "\ [1 {"a":[1,{"b":2} [][] NaN`.split(
        ' ',
      ),
      '1 2',
      '"\n"',
      '\u0000',
      ...[1, 10, 100, 2_000].map((end) => rows.slice(0, -end)),
      `${rows.slice(0, 9_000)}\u0007${rows.slice(9_000)}`,
      `{${Array.from({ length: 100 }, (_, i) => `"k${i}":[${i}]`).join()},"last"}`,
    ]
    for (const text of broken) {
      expect(() => JSON.parse(text)).toThrow(SyntaxError)
      engine.enterJson(7, text)
      expect(said.pop()).toBe('left to the engine')
    }
    const before = engine.memoryBytes
    for (let i = 0; i < 500; i++) engine.enterJson(7, rows.slice(0, -1))
    expect(engine.memoryBytes).toBe(before)
  })

  it('is what the engine makes of a text that nests deep', () => {
    const nested = (depth: number): string =>
      '['.repeat(depth) + '{"a":'.repeat(depth) + '1' + '}'.repeat(depth) + ']'.repeat(depth)
    for (const depth of [99, 100, 101, 500]) {
      engine.enterJson(7, nested(depth))
      expect(said.pop()).toBe(nested(depth))
    }
  })

  it('can be changed, copied, frozen and held weakly like any other, in a heap that is collected meanwhile', () => {
    engine.enterJson(7, JSON.stringify(ROWS))
    engine.enterJson(7, JSON.stringify(ROWS))
    said.length = 0
    run(`(host) => {
      const [rows, others] = values
      const cycles = () => { for (let i = 0; i < 60_000; i++) { const a = { b: [{}] }; a.b[0].a = a } }
      const weak = new WeakMap(rows.map((row) => [row, row.id]))
      cycles()
      for (const row of rows) {
        row.extra = [row]
        delete row.score
        if (row.owner) row.owner.tags.push('new'), row.owner.name += '!'
      }
      Object.freeze(rows[1])
      try { 'use strict'; rows[1].id = 5 } catch {}
      rows.sort((a, b) => b.id - a.id).splice(10, 100)
      cycles()
      host(0, 0, 0, JSON.stringify(rows.map(({ extra, ...rest }) => ({ ...rest, self: extra[0].id, weak: weak.get(extra[0]) }))))
      host(0, 0, 0, JSON.stringify(others))
      host(0, 0, 0, JSON.stringify(Object.entries(others[3])))
      values.length = 0
      cycles()
    }`)
    const expected = ROWS.map(({ score: _score, owner, ...row }) => ({
      ...row,
      owner: owner && { name: `${owner.name}!`, tags: [...owner.tags, 'new'] },
      self: row.id,
      weak: row.id,
    })).toSorted((a, b) => b.id - a.id)
    expected.splice(10, 100)
    expect(said).toEqual([
      JSON.stringify(expected),
      JSON.stringify(ROWS),
      JSON.stringify(Object.entries(ROWS[3] as object)),
    ])
    // Its shapes and strings may be gone: they are not used again.
    engine.enterJson(7, JSON.stringify(ROWS))
    expect(said.at(-1)).toBe(JSON.stringify(ROWS))
  })

  it('has texts that can be keys, be joined, cut and searched, whether they are shared or not', () => {
    engine.enterJson(7, JSON.stringify(ROWS))
    said.length = 0
    run(`(host) => {
      const [rows] = values
      const byTitle = Object.fromEntries(rows.map(({ title, id }) => [title, id]))
      const counts = new Map()
      for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1)
      let joined = rows[0].state
      for (const { state, title } of rows) joined += state + title
      const state = Symbol.for(rows[1].state)
      const seen = { [rows[2].state]: 1 }
      seen[rows[1].state]++
      values.length = 0
      host(0, 0, 0, JSON.stringify([byTitle, [...counts], joined.slice(5, 5_000).split('“'), seen, state.description]))
    }`)
    const joined = ROWS[0]?.state + ROWS.map(({ state, title }) => state + title).join('')
    expect(JSON.parse(said[0] ?? '')).toEqual([
      Object.fromEntries(ROWS.map(({ title, id }) => [title, id])),
      [
        ['closed', 100],
        ['open', 200],
      ],
      joined.slice(5, 5_000).split('“'),
      { open: 2 },
      'open',
    ])
  })

  it('is given back with the program that dropped it: answers one after another take no more memory', () => {
    const drop = '() => { values.length = 0 }'
    const answer = JSON.stringify(ROWS)
    for (let i = 0; i < 20; i++) engine.enterJson(7, answer)
    run(drop)
    const before = engine.memoryBytes
    for (let i = 0; i < 500; i++) {
      engine.enterJson(7, answer)
      if (i % 10 === 9) run(drop)
    }
    expect(engine.memoryBytes).toBe(before)
    expect(new Set(said)).toEqual(new Set([answer]))
  })

  it('is left to the engine, which says so, where memory ends', async () => {
    const rows = JSON.stringify(Array.from({ length: 100 }, () => ROWS))
    await engine.reset(4 * MB)
    engine.enterJson(7, rows)
    expect(said).toEqual(['left to the engine'])
    engine.enterJson(7, '[{"a":1}]')
    expect(said.at(-1)).toBe('[{"a":1}]')
  })

  it('knows nothing of the program before', async () => {
    engine.enterJson(7, '[{"a":"x","b":1},{"a":"x","b":2}]')
    await engine.reset(64 * MB)
    run(`() => { globalThis.kept = Array.from({ length: 500 }, (_, i) => ({ b: 'y' + i, a: i })) }`)
    engine.enterJson(7, '[{"a":"x","b":1},{"a":"x","b":2}]')
    expect(said.at(-1)).toBe('[{"a":"x","b":1},{"a":"x","b":2}]')
    run('(host) => host(0, 0, 0, JSON.stringify(kept[499]))')
    expect(said.at(-1)).toBe('{"b":"y499","a":499}')
  })

  it('is made by this reader, not by the parser of the engine', () => {
    const { exports, layout } = insides()
    const reader = new HeapJson(new GuestHeap(withoutParser(exports), layout))
    const text = '{"rows":[{"a":1,"b":"x"},{"a":2.5,"b":null}],"more":[]}'
    const pointer = exports.js_malloc(exports.qjs_get_context_ptr(), text.length + 1)
    Buffer.from(exports.memory.buffer).write(`${text}\0`, pointer, 'latin1')
    expect(reader.parse(pointer, text.length)).toBeTypeOf('bigint')
  })
})

function run(script: string): void {
  engine.evaluate(script, 'test.js', { operation: 1, number: 0, text: '' }, 2)
  while (engine.runJobs(10));
}

/** What the reader works with; no program of ours needs to see it. */
function insides(): { exports: HeapExports; layout: HeapLayout } {
  const { instance, image } = engine as unknown as { instance: { exports: HeapExports }; image: { layout: HeapLayout } }
  return { exports: instance.exports, layout: image.layout }
}

function withoutParser(exports: HeapExports): HeapExports {
  return {
    ...exports,
    JS_ParseJSON: () => {
      throw new Error('the parser of the engine was asked')
    },
  }
}
