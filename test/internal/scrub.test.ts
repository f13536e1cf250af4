import { describe, expect, it } from 'vitest'
import { createScrub } from '../../src/internal/scrub.ts'

const scrub = createScrub(['known-value-1'])

describe('a scrubbed line', () => {
  it.each([
    `ghp_${'a1B2'.repeat(9)}`,
    `github_pat_${'a1B2'.repeat(9)}`,
    `sk-proj-${'a1B2'.repeat(9)}`,
    `sk_live_${'a1B2'.repeat(5)}`,
    'xoxb-123456789012-abcdefghij',
    'AKIAIOSFODNN7EXAMPLE',
    `AIza${'Sy1_'.repeat(9)}`,
    `npm_${'a1B2'.repeat(9)}`,
    `eyJ${'hbGc'.repeat(5)}.${'eyJz'.repeat(5)}.${'a_-1'.repeat(5)}`,
    'known-value-1',
  ])('holds no %s', (secret) => {
    for (const text of [secret, `token ${secret}: refused`, `"${secret}"`, `https://a.example/mcp?token=${secret}&x=1`])
      expect(scrub(text)).not.toContain(secret)
    expect(scrub(`found ${secret}, wanted`)).toBe('found [redacted], wanted')
  })

  it('keeps addresses, and names of what it takes out', () => {
    expect(scrub('https://me:pw-123@a.example/x?api_key=abc&limit=5')).toBe(
      'https://[redacted]@a.example/x?api_key=[redacted]&limit=5',
    )
    expect(scrub('Authorization: Bearer abcdefgh12')).toBe('Authorization: Bearer [redacted]')
  })

  it('keeps ordinary words', () => {
    for (const text of ['the task-force is sk-8', 'npm_config', 'eyJ', 'use ghp_ tokens', 'AKIA', '--token TEXT'])
      expect(scrub(text)).toBe(text)
  })
})
