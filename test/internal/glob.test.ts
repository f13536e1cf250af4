import { expect, it } from 'vitest'
import { matchesGlob } from '../../src/internal/glob.ts'

it.each([
  ['*', 'anything', true],
  ['*', '', true],
  ['get_*', 'get_issue', true],
  ['get_*', 'forget_issue', false],
  ['*_issue', 'get_issue', true],
  ['a*b*c', 'a--b--c', true],
  ['a*b*c', 'a--c--b', false],
  ['ab*ba', 'aba', false],
  ['exact', 'exact', true],
  ['exact', 'exactly', false],
  ['a.c', 'abc', false],
])('%s against %s: %s', (pattern, text, expected) => {
  expect(matchesGlob(pattern, text)).toBe(expected)
})

it('does not backtrack', () => {
  const started = performance.now()
  expect(matchesGlob('*a'.repeat(500) + '*b', 'a'.repeat(100_000))).toBe(false)
  expect(performance.now() - started).toBeLessThan(500)
})
