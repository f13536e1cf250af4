import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseExact } from '../../src/internal/json.ts'
import { parseInSlices, TooMuchJson } from '../../src/internal/json-slices.ts'

const BOUNDS = { maxDepth: 250, maxValues: 10_000_000 }
const many = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',')
const row = (id: number): string => ` { "id" : ${id}, "name": "row, \\"${id}\\" ]}", "tags": [] } `
const long = 'x\\n"'.replace('"', '\\"').repeat(60_000)

const TEXTS: Readonly<Record<string, string>> = {
  'a number': '12',
  'a large integer': '12345678901234567890',
  'a long text': `"${long}"`,
  'an empty list': ' [ ] ',
  'many rows': `[${many(20_000, row)}]`,
  'many lists': `[${many(200_000, () => '[]')}]`,
  'many members': `{${many(30_000, (at) => `"m${at}": ${at}`)}}`,
  'numbers that look like keys': `{${many(30_000, (at) => `"${30_000 - at}": {"a": [${at}]}`)}}`,
  'lists in lists': `{"a": [[${many(40_000, (at) => `${at}`)}], {"b": {${many(20_000, (at) => `"k${at}": "${at}"`)}}} , 5, "${long}"], "c": null}`,
  'long texts side by side': `["${long}", "${long}" ,{"${long}": "${long}"}]`,
  'integers beyond 2^53': `[${many(20_000, (at) => `9007199254740993${at}`)}]`,
  'a name of a prototype': `{"big": [${many(40_000, () => '{"__proto__": 1, "a": 2}')}], "__proto__": {"x": [${many(40_000, () => '1')}]}, "ok": true}`,
  'the same name twice': `{"a": [${many(40_000, () => '1')}], "b": 2, "a": [${many(40_000, () => '2')}]}`,
}
const BROKEN: Readonly<Record<string, string>> = {
  nothing: '',
  'a comma too many': `[${many(20_000, row)},]`,
  'a comma before': `[,${many(20_000, row)}]`,
  'a comma missing': `[[${many(40_000, () => '1')}] [2]]`,
  'no end': `[${many(20_000, row)}`,
  'another end': `[${many(20_000, row)}}`,
  'two values': `[${many(20_000, row)}] 1`,
  'a text without end': `["${long}]`,
  'a name without end': `{"${long}: 1}`,
  'members in a list': `[${many(20_000, (at) => `"m": ${at}`)}]`,
  'values in an object': `{${many(40_000, () => '1')}}`,
  'a name that is none': `{${many(20_000, (at) => `m${at}: 1`)}}`,
  'no colon': `{"a" [${many(40_000, () => '1')}]}`,
  'a member without a value': `{"a": [${many(40_000, () => '1')}], "b":}`,
}

describe('JSON that is parsed in slices', () => {
  it.each(Object.entries(TEXTS))('is the value that it is at once: %s', async (_what, text) => {
    expect(await parseInSlices(text, BOUNDS)).toEqual(parseExact(text))
  })

  it.each(Object.entries(BROKEN))('is refused where it is none: %s', async (_what, text) => {
    expect(() => parseExact(text)).toThrow(SyntaxError)
    await expect(parseInSlices(text, BOUNDS)).rejects.toThrow(SyntaxError)
  })

  it.each([
    ['maxValues', `[${many(20_000, row)}]`, 50_000],
    ['maxDepth', `[${many(40_000, () => '1')},${'['.repeat(300)}${']'.repeat(300)}]`, 1_000_000],
    ['maxDepth', `${`[[${many(40_000, () => '1')}],`.repeat(260)}1${']'.repeat(260)}`, 100_000_000],
  ])('is bounded: %s', async (by, text, maxValues) => {
    await expect(parseInSlices(text, { maxDepth: 250, maxValues })).rejects.toThrow(new TooMuchJson(by as 'maxDepth'))
  })

  it('leaves turns to others', async () => {
    let turns = 0
    const over = new AbortController()
    const count = async (): Promise<void> => {
      for (; !over.signal.aborted; turns++) await setImmediate()
    }
    const counted = count()
    await parseInSlices(`[${many(400_000, row)}]`, BOUNDS)
    over.abort()
    await counted
    expect(turns).toBeGreaterThan(10)
  })
})
