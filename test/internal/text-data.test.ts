import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTextData } from '../../src/internal/text-data.ts'

const { json, table } = createTextData()

describe('JSON in text', () => {
  it.each([
    ['a fenced block', 'Found 2:\n\n```json\n{"a": [1, 2]}\n```\nDone.', { a: [1, 2] }],
    ['the first fenced block that is JSON', '```sh\nls\n```\n```\n[1]\n```', [1]],
    ['text before it', 'Result:\n{\n  "a": 1\n}', { a: 1 }],
    ['a paragraph', 'Result:\n{"a": 1}\n\nAsk for more.', { a: 1 }],
    ['JSON lines', 'Rows\n{"a": 1}\n{"a": 2}\n', [{ a: 1 }, { a: 2 }]],
    ['Windows lines', 'Rows\r\n```json\r\n{"a": 1}\r\n```', { a: 1 }],
    [
      'large integers',
      String.raw`Rows
{"id": 1541815603606036481, "note": "\", 1541815603606036481", "n": [9007199254740991, 0.1234567890123456]}`,
      { id: '1541815603606036481', note: '", 1541815603606036481', n: [9_007_199_254_740_991, 0.1234567890123456] },
    ],
    ['an inherited name', 'x\n{"__proto__": {"b": 1}, "a": 1}', { a: 1 }],
  ])('%s', (_what, text, wanted) => {
    expect(json(text)).toEqual(wanted)
  })

  it.each(['', 'plain', '[WARN] something {x}', '{not json}', '```json\n{"a": 1', 'a {"b": 1} c'])(
    'none in %j',
    (text) => {
      expect(json(text)).toBeUndefined()
    },
  )
})

describe('tables in text', () => {
  it.each([
    [
      'a table',
      '# T\n\n| Id | Name |\n|----|:----:|\n| 1 | a |\n| 2 | b |\n\nend',
      [
        { Id: '1', Name: 'a' },
        { Id: '2', Name: 'b' },
      ],
    ],
    ['one without outer lines', 'Id | Name\n--- | ---\n1 | a', [{ Id: '1', Name: 'a' }]],
    [
      'escaped lines, missing and surplus cells',
      '|a|b|\n|-|-|\n|x \\| y|\n|1|2|3|',
      [
        { a: 'x | y', b: '' },
        { a: '1', b: '2' },
      ],
    ],
    ['equal, empty and bold headers', '|**a**|a||\n|-|-|-|\n|1|2|3|', [{ a: '1', 'a 2': '2', column3: '3' }]],
    ['an empty table', '|a|b|\n|--|--|\n', []],
  ])('%s', (_what, text, wanted) => {
    expect(table(text)).toEqual(wanted)
  })

  it.each(['', 'a | b', '---\ntitle\n---', '|--|\n|--|', 'a\n|---|'])('none in %j', (text) => {
    expect(table(text) ?? []).toEqual([])
  })
})

describe('hostile text', () => {
  it.each([
    ['lines', '|'.repeat(500_000)],
    ['rules', '|-\n'.repeat(200_000)],
    ['spaces', ` ${' '.repeat(500_000)}|-`],
    ['open brackets', '['.repeat(500_000)],
    ['open braces in lines', '{\n'.repeat(200_000)],
    ['fences', '```\n{\n'.repeat(100_000)],
    ['headers', `${'|a'.repeat(9_000)}\n${'|-'.repeat(9_000)}\n${'|b\n'.repeat(50_000)}`],
    ['dashes', `a|b\n${'-'.repeat(19_000)}|${'-:'.repeat(400)}`],
    ['quotes', `{"${'\\'.repeat(300_000)}`],
  ])('of %s costs little', (_what, text) => {
    const start = performance.now()
    json(text)
    table(text)
    expect(performance.now() - start).toBeLessThan(3_000)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('|', '-', '\n', '`', '```\n', '{', '}', '[', ']', '"', ':', ' ', 'a', '\\', '~~~')),
        (parts) => {
          json(parts.join(''))
          table(parts.join(''))
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
