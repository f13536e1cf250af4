import { describe, expect, it } from 'vitest'
import { csvText } from '../../src/internal/csv.ts'

describe('CSV', () => {
  it('has the names first, and every row in their order', () => {
    expect(csvText(['a', 'b'], [{ b: 2, a: 'x' }, { a: undefined }])).toBe('a,b\nx,2\n,\n')
  })

  it.each([
    ['a comma', 'x,y', '"x,y"'],
    ['a quote', 'say "x"', '"say ""x"""'],
    ['lines', 'x\r\ny', '"x\r\ny"'],
    ['true', true, '1'],
    ['false', false, ''],
    ['null', null, ''],
    ['a number below zero', -1.5, '-1.5'],
  ])('writes %s so that it is read back', (_, value, written) => {
    expect(csvText(['a'], [{ a: value }])).toBe(`a\n${written}\n`)
  })

  it.each(['=1+1', '+1', '-1', '@sum', '\tx', '＝1', '＋1', '－1', '＠x'])('makes no formula of %j', (text) => {
    expect(csvText(['a'], [{ a: text }])).toBe(`a\n'${text}\n`)
  })

  it('quotes what it has made harmless', () => {
    expect(csvText(['a'], [{ a: '=HYPERLINK("x","y")' }])).toBe('a\n"\'=HYPERLINK(""x"",""y"")"\n')
  })
})
