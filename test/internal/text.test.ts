import { describe, expect, it } from 'vitest'
import { isDeeperThan, parseJson } from '../../src/internal/json.ts'
import { nearestNames } from '../../src/internal/nearest.ts'
import {
  cleanText,
  clip,
  cutText,
  foreignText,
  modelText,
  serverText,
  wellFormedJson,
} from '../../src/internal/text.ts'
import { createKnownScrub } from '../../src/internal/scrub.ts'
import { shortHash, stableJson } from '../../src/internal/hash.ts'

describe('text for models', () => {
  it('hides host paths', () => {
    expect(modelText('cannot read /home/ann/secret.txt now')).toBe('cannot read <path> now')
    expect(modelText(String.raw`at C:\Users\ann\x.ts`)).toBe('at <path>')
  })

  it.each([
    ['open /data/keys/id_rsa failed', 'open <path> failed'],
    ['at run (/data/deploy/app.js:3:4)', 'at run (<path>)'],
    ['in "/workspace/x"', 'in "<path>"'],
    ['see https://a.example/b/c and a/b/c, or 1/2/3', 'see https://a.example/b/c and a/b/c, or 1/2/3'],
  ])('of errors that are nobody’s words names no path of this machine: %s', (text, shown) => {
    expect(foreignText(text)).toBe(shown)
  })

  it('replaces characters that hide or reorder text', () => {
    expect(cleanText('a\u202eb\u0007c\u{e0041}')).toBe('a\ufffdb\ufffdc\ufffd')
  })

  it('cuts on a word and marks the cut', () => {
    expect(clip('one two three four', 15)).toBe('one two three…')
    expect(clip('short', 15)).toBe('short')
  })
})

describe('the words of whoever knew', () => {
  it.each([
    ['paths', 'not allowed: /etc/hostname not in /home/x/files, /srv/a', undefined],
    ['addresses', 'GET https://api.example.com/app/v1/users/5?q=1 returned 404', undefined],
    ['Windows paths', String.raw`cannot open C:\Users\ann\a.txt`, undefined],
    ['colours', '\u001b[31mError:\u001b[0m no', 'Error: no'],
    ['line ends', 'one\r\ntwo\rthree', 'one\ntwo\nthree'],
    ['what reorders text', 'a\u202eb\u0007', 'a\ufffdb\ufffd'],
  ])('%s', (_what, text, shown = text) => {
    expect(serverText(text)).toBe(shown)
  })

  it('keeps both ends of a long text, and no half of a character', () => {
    const text = `first ${'😀'.repeat(50_000)} the real reason`
    for (const maxChars of [100, 101, 102, 103]) {
      const shown = serverText(text, maxChars)
      expect(shown).toMatch(/^first .*… \(\+\d+ characters\) ….* the real reason$/u)
      expect(shown.length).toBeLessThanOrEqual(maxChars)
      expect(encodeURIComponent(shown)).toContain('%20the%20real%20reason')
    }
    const head = serverText('x'.repeat(1_000_000), 100)
    expect(Number(/\d+/.exec(head)?.[0]) + head.replaceAll(/[^x]/g, '').length).toBe(1_000_000)
  })

  it('takes secrets out before it cuts', () => {
    const scrub = createKnownScrub(['Bearer abcdefgh1234', 'pass word'])
    expect(serverText('sent abcdefgh1234 and "pass word"', 100, scrub)).toBe('sent [redacted] and "[redacted]"')
    expect(serverText('Basic authentication is required', 100, scrub)).toBe('Basic authentication is required')
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

describe('no text is cut inside a character (40)', () => {
  const texts = [
    '👩‍🚀 launch 🚀 and 🏳️‍🌈, 👍🏽 twice 👍🏽',
    'résumé is résumé, naïve',
    '日本語𠮷野家と𩸽',
    'नमस्ते',
    'plain words',
  ]

  it.each(texts)('leaves whole characters at every length of %j', (text) => {
    for (let at = 0; at <= text.length + 2; at++) {
      const kept = cutText(text, at)
      expect(kept.length).toBeLessThanOrEqual(at)
      expect(text.startsWith(kept)).toBe(true)
      expect(/\p{Surrogate}/u.test(kept)).toBe(false)
      expect(/\p{Surrogate}/u.test(text.slice(kept.length))).toBe(false)
      expect(clip(text, Math.max(at, 2))).not.toMatch(/\p{Surrogate}/u)
    }
  })

  it('keeps a letter with its marks and an emoji with its tone and joiner, where there is room before it', () => {
    expect(cutText('ab👍🏽', 4)).toBe('ab')
    expect(cutText('ab👩‍🚀!', 5)).toBe('ab')
    expect(cutText('abe\u0301f', 3)).toBe('ab')
  })

  it('cuts a run of marks that has no end', () => {
    expect(cutText(`a${'\u0301'.repeat(500)}`, 300)).toHaveLength(300)
    expect(cutText('\u0301\u0301\u0301', 2)).toBe('\u0301\u0301')
  })

  it('has no line in it that is none of ours', () => {
    const value = { text: 'one\u2028two\u2029three' }
    const json = wellFormedJson(JSON.stringify(value))
    expect(json).not.toMatch(/[\u2028\u2029]/)
    expect(JSON.parse(json)).toEqual(value)
  })

  it('writes half a pair as U+FFFD, and nothing else anew', () => {
    const value = { whole: '😀', half: 'a\ud83d', low: '\udc69b', said: String.raw`\ud83d`, quote: '\\"\n' }
    const json = wellFormedJson(JSON.stringify(value))
    expect(JSON.parse(json)).toEqual({ ...value, half: 'a\ufffd', low: '\ufffdb' })
    expect(wellFormedJson(String.raw`"\ud83d\ude00 \uD83D"`)).toBe(
      '"\\ud83d\\ude00 \\uD83D"'.replace('\\uD83D', '\ufffd'),
    )
  })
})
