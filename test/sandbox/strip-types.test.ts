import { describe, expect, it } from 'vitest'
import { originalColumns, stripTypes } from '../../src/sandbox/guest/strip-types.ts'

describe('stripTypes', () => {
  it('keeps lines', () => {
    const source = 'interface A {\n  a: number\n}\nconst a: A = { a: 1 }\nreturn a.a satisfies number'
    const stripped = stripTypes(source, 'body')
    expect(stripped.ok && stripped.code.split('\n')[3]).toBe('const a = { a: 1 }')
  })

  it('turns exports of a module into properties', () => {
    const stripped = stripTypes('export const metadata = { a: 1 } as const\nexport default async () => 1', 'module')
    expect(stripped).toMatchObject({ ok: true, code: expect.stringContaining('exports.metadata = metadata') })
  })

  it('tells the place of what does not parse', () => {
    expect(stripTypes('let a = 1\nlet x = = 3', 'body')).toMatchObject({ ok: false, line: 2, column: 9 })
  })
})

describe('originalColumns', () => {
  it('finds the column of the source', () => {
    const source = 'const first: Map<string, number> = new Map()\nlet q: string = "x"; q.foo.bar()'
    const stripped = stripTypes(source, 'body')
    const line = (stripped.ok && stripped.code.split('\n')[1]) || ''
    expect(originalColumns(source, 'body')(2, line.indexOf('q.foo') + 1)).toBe(22)
    expect(originalColumns(source, 'body')(1, 1)).toBe(1)
  })
})
