import { describe, expect, it } from 'vitest'
import { isDeeperThan, parseJson } from '../../src/internal/json.ts'
import { nearestNames } from '../../src/internal/nearest.ts'
import { cleanText, clip, modelText } from '../../src/internal/text.ts'
import { shortHash, stableJson } from '../../src/internal/hash.ts'

describe('text for models', () => {
  it('hides host paths', () => {
    expect(modelText('cannot read /home/ann/secret.txt now')).toBe('cannot read <path> now')
    expect(modelText(String.raw`at C:\Users\ann\x.ts`)).toBe('at <path>')
  })

  it('replaces characters that hide or reorder text', () => {
    expect(cleanText('a\u202eb\u0007c\u{e0041}')).toBe('a\ufffdb\ufffdc\ufffd')
  })

  it('cuts on a word and marks the cut', () => {
    expect(clip('one two three four', 15)).toBe('one two three…')
    expect(clip('short', 15)).toBe('short')
  })
})

describe('JSON from strangers', () => {
  it('drops __proto__ keys', () => {
    const value = parseJson('{"a":1,"__proto__":{"polluted":true}}') as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['a'])
    expect(Object.assign({}, value)).not.toHaveProperty('polluted')
  })

  it('measures depth without recursion', () => {
    let deep: unknown = 1
    for (let level = 0; level < 50_000; level++) deep = [deep]
    expect(isDeeperThan(deep, 200)).toBe(true)
    expect(isDeeperThan({ a: [{ b: 1 }] }, 3)).toBe(false)
  })

  it('gives equal text for equal values', () => {
    expect(stableJson({ b: 1, a: { d: 1, c: 2 } })).toBe(stableJson({ a: { c: 2, d: 1 }, b: 1 }))
    expect(shortHash('x')).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('nearest names', () => {
  it('finds typing errors and shared parts', () => {
    expect(nearestNames('githb.create_issue', ['github.create_issue', 'gitlab.create_issue', 'slack.post'])[0]).toBe(
      'github.create_issue',
    )
    expect(nearestNames('issue create', ['create_issue', 'delete_branch'])).toEqual(['create_issue'])
  })

  it('offers nothing for what is like nothing', () => {
    expect(nearestNames('zzzzzz', ['create_issue'])).toEqual([])
  })
})
