import { describe, expect, it } from 'vitest'
import { likeliestName, nearestNames } from '../../src/internal/nearest.ts'

describe('nearestNames', () => {
  it.each([
    ['list_issue', ['shop.list_issues', 'shop.create_issue', 'fs.read'], 'shop.list_issues'],
    ['odd.日本語ツール', ['odd.upper', 'odd.allof', 'odd.日本語', 'odd.draft4'], 'odd.日本語'],
    ['odd.Größe', ['odd.groesse_2', 'odd.größe', 'odd.grow'], 'odd.größe'],
    ['tools.gitlab', ['tools.shop', 'tools.github'], 'tools.github'],
  ])('of %s', (wanted, names, best) => {
    expect(nearestNames(wanted, names)[0]).toBe(best)
  })

  it('are none where nothing is alike', () => {
    expect(nearestNames('abc', ['xyzxyz', 'qqqq'])).toEqual([])
  })
})

describe('likeliestName', () => {
  const clients = ['cursor', 'goose', 'codex', 'claude-code', 'claude-desktop']
  it.each([
    ['cursr', 'cursor'],
    ['Cursor', 'cursor'],
    ['claude-c', 'claude-code'],
    ['code', 'codex'],
    ['foo', undefined],
    ['claude', undefined],
    ['', undefined],
    ['x'.repeat(1_000), undefined],
  ])('of %s is %s', (word, name) => {
    expect(likeliestName(word, clients)).toBe(name)
  })
})
