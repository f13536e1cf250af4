import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeValue } from '../../src/context/describe.ts'
import { diffValues } from '../../src/context/diff.ts'
import { exportFile } from '../../src/context/export.ts'
import { searchValue } from '../../src/context/search-value.ts'
import { temporaryFolder } from '../support/servers.ts'

const issues = Array.from({ length: 30 }, (_, id) => ({
  id,
  title: `Issue ${id}`,
  assignee: id % 3 === 0 ? null : 'ann',
  body: 'first line\nsecond line has a Timeout\nthird',
}))
const deep = (levels: number): unknown => {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

describe('describe', () => {
  it('tells shape, counts and types, place by place', () => {
    expect(describeValue({ issues, total: 30 })).toMatchObject({
      shape: expect.stringContaining('issues: Array<{id: number; title: string'),
      places: {
        $: { object: 1 },
        issues: { array: 1, items: 30 },
        'issues[].id': { number: 30, range: '0..29' },
        'issues[].title': { string: 30, chars: '7..8' },
        'issues[].assignee': { null: 10, string: 20 },
      },
    })
  })

  it('stays small for wide, deep and large values', () => {
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, { [`x${at}`]: at }]))
    for (const value of [wide, deep(100_000), Array.from({ length: 300_000 }, () => [1, 'x'])])
      expect(JSON.stringify(describeValue(value)).length).toBeLessThan(8_000)
    expect(describeValue(wide)).toMatchObject({ partial: true })
  })
})

describe('search', () => {
  it('finds text in values and keys, and says where', async () => {
    expect(await searchValue({ issues }, { query: 'timeout', limit: 2 })).toEqual({
      total: 30,
      matches: [
        { path: 'issues[0].body', line: 2, text: 'second line has a Timeout' },
        { path: 'issues[1].body', line: 2, text: 'second line has a Timeout' },
      ],
    })
    expect(await searchValue({ issues }, { query: 'timeout', matchCase: true })).toEqual({ total: 0, matches: [] })
    expect((await searchValue({ 'odd key': { x: 1 } }, { query: 'ODD' })).matches).toEqual([
      { path: 'odd key', text: 'odd key' },
    ])
  })

  it('takes RE2 expressions, in linear time whatever they are', async () => {
    expect((await searchValue(issues, { query: 'issue 1\\d$', regex: true })).total).toBe(10)
    const start = performance.now()
    expect((await searchValue('a'.repeat(200_000), { query: '^(a+)+$b', regex: true })).total).toBe(0)
    expect(performance.now() - start).toBeLessThan(5_000)
  })

  it.each([
    ['', false],
    ['x'.repeat(1_000), false],
    ['(', true],
    ['(?=a)', true],
    ['(a)\\1', true],
    ['((a{1,1000}){1,1000})', true],
  ])('refuses %.20j', async (query, regex) => {
    await expect(searchValue(issues, { query, regex })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { path: 'query' },
    })
  })

  it('survives deep values, and says when it gave up', async () => {
    expect((await searchValue(deep(100_000), { query: 'bottom' })).total).toBe(1)
    const large = Array.from({ length: 40 }, () => 'x'.repeat(1_000_000))
    expect(await searchValue(large, { query: 'y' })).toMatchObject({ partial: true })
  })
})

describe('diff', () => {
  it('names the items of lists by their key, whatever their order', async () => {
    const later = issues
      .filter(({ id }) => id !== 3)
      .map((issue) => (issue.id === 7 ? { ...issue, title: 'New title' } : issue))
      .toReversed()
    expect(await diffValues({ issues }, { issues: [...later, { id: 99, title: 'Added' }] })).toEqual({
      equal: false,
      added: 1,
      removed: 1,
      changed: 1,
      changes: expect.arrayContaining([
        { path: 'issues[id=7].title', kind: 'changed', from: 'Issue 7', to: 'New title' },
        { path: 'issues[id=3]', kind: 'removed', from: expect.objectContaining({ id: 3 }) },
        { path: 'issues[id=99]', kind: 'added', to: { id: 99, title: 'Added' } },
      ]),
    })
  })

  it('compares anything, and says when nothing changed', async () => {
    expect(await diffValues({ issues }, { issues: issues.toReversed() })).toMatchObject({ equal: true, changes: [] })
    expect(await diffValues([1, 2], [1, 3])).toMatchObject({ changed: 1, changes: [{ path: '[1]', from: 2, to: 3 }] })
    expect(await diffValues('a', { b: 1 })).toMatchObject({ changed: 1 })
  })

  it('shows the first of many changes, and refuses what is too deep', async () => {
    const { changes, changed } = await diffValues(
      Array.from({ length: 1_000 }, (_, n) => n),
      Array.from({ length: 1_000 }, (_, n) => n + 1),
    )
    expect(changed).toBe(1_000)
    expect(changes).toHaveLength(50)
    await expect(diffValues(deep(100_000), 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('export', () => {
  const content = 'hello'
  it('writes below its folder, and says when it replaces', async () => {
    const folder = join(temporaryFolder(), 'exports')
    const name = 'reports/week 1.json'
    expect(await exportFile({ folder, name, content, replace: false })).toEqual({
      file: name,
      bytes: 5,
      replaced: false,
    })
    await expect(exportFile({ folder, name, content: 'x', replace: false })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
    expect(readFileSync(join(folder, name), 'utf8')).toBe('hello')
    expect(await exportFile({ folder, name, content: 'x', replace: true })).toMatchObject({ replaced: true })
    expect(readFileSync(join(folder, name), 'utf8')).toBe('x')
  })

  it.each([
    '',
    '.',
    '..',
    '../x',
    '/etc/x',
    'a/../../x',
    'a//b',
    '.hidden',
    'a\\b',
    'a\nb',
    'x'.repeat(300),
    'a/b/c/d/e/f/g',
    'x.',
  ])('refuses the name %j', async (name) => {
    await expect(exportFile({ folder: temporaryFolder(), name, content, replace: true })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })

  it('says so when the folder cannot be written', async () => {
    const folder = join(temporaryFolder(), 'file')
    writeFileSync(folder, '')
    await expect(exportFile({ folder, name: 'x', content, replace: false })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
  })

  it('follows no link out of its folder', async () => {
    const [folder, outside] = [temporaryFolder(), temporaryFolder()]
    writeFileSync(join(outside, 'secret'), 'mine')
    symlinkSync(outside, join(folder, 'out'))
    symlinkSync(join(outside, 'secret'), join(folder, 'file'))
    mkdirSync(join(folder, 'dir'))
    for (const name of ['out/new', 'file', 'dir'])
      await expect(exportFile({ folder, name, content, replace: true })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('mine')
  })
})
