import { describe, expect, it } from 'vitest'
import { assignKeys, isRefusedName, nameProblem, toIdentifier } from '../../src/catalog/names.ts'

describe('toIdentifier', () => {
  it.each([
    ['createIssue', 'createIssue'],
    ['create_issue', 'create_issue'],
    ['create-issue', 'create_issue'],
    ['issues.create', 'issues_create'],
    ['create issue', 'create_issue'],
    ['1password', '_1password'],
    ['class', 'class_'],
    ['delete', 'delete_'],
    ['then', 'then_'],
    ['toJSON', 'toJSON_'],
    ['constructor', 'constructor_'],
    ['__proto__', '__proto___'],
    ['Größe', 'Groudfe'],
    ['a"];process.exit()//', 'a___process_exit____'],
    ['есһо', 'u435u441u4bbu43e'],
    ['echo\u200b', 'echo'],
    ['', '_'],
  ])('makes %j %s', (name, key) => {
    expect(toIdentifier(name)).toBe(key)
  })

  it('cuts long names and keeps them apart by a hash', () => {
    const [a, b] = [toIdentifier(`${'n'.repeat(500)}a`), toIdentifier(`${'n'.repeat(500)}b`)]
    expect(a).toHaveLength(73)
    expect(a).not.toBe(b)
  })
})

describe('assignKeys', () => {
  it('lets the name that needs no cleaning keep the plain key, else the first in order', () => {
    const keys = assignKeys(['a.b', 'a-b', 'c.d', 'c-d', 'a_b'])
    expect(keys.get('a_b')).toBe('a_b')
    expect(keys.get('c-d')).toBe('c_d')
    expect(keys.get('c.d')).toMatch(/^c_d_[0-9a-f]{4}$/)
    expect(new Set(keys.values()).size).toBe(5)
  })

  it('does not depend on the order, nor a suffix on other rivals', () => {
    const names = ['x y', 'x-y', 'x.y', 'x_y']
    expect(assignKeys(names.toReversed())).toEqual(assignKeys(names))
    expect(assignKeys(['x.y', 'x_y']).get('x.y')).toBe(assignKeys(names).get('x.y'))
  })
})

describe('nameProblem', () => {
  it('finds nothing odd in the names that the protocol recommends', () => {
    expect(nameProblem('Create-issue_2.now')).toBeUndefined()
  })

  it.each(['__proto__', 'n'.repeat(129), 'a\nb', '\u202ecba', 'echo\u200b', 'есһо'])(
    'says what is odd about %j',
    (name) => {
      expect(nameProblem(name)).toMatch(/^its name/)
    },
  )
})

it('refuses what has a meaning of its own', () => {
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'then',
    'toJSON',
    'valueOf',
    'toString',
    'hasOwnProperty',
    '__defineGetter__',
  ]
  expect(names.every(isRefusedName)).toBe(true)
  expect(names.map(toIdentifier).some(isRefusedName)).toBe(false)
})
