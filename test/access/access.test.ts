import { describe, expect, it } from 'vitest'
import { type Access, accessKey, allowsAllOf, allowsServer, allowsTool, effectsOf } from '../../src/access/access.ts'

const tool = (name: string, hints: object = {}) => ({
  id: `notes.${name.replaceAll(/\W/g, '_')}`,
  server: 'my-notes',
  serverKey: 'notes',
  tool: name,
  ...hints,
})

describe('effectsOf', () => {
  it.each([
    ['what the server says to be read only', tool('delete_all', { readOnlyHint: true }), 'read'],
    ['what the server says to destroy', tool('get', { destructiveHint: true }), 'destructive'],
    ['what the server says not to destroy', tool('remove_label', { destructiveHint: false }), 'write'],
    ['a name that tells of it', tool('delete-file'), 'destructive'],
    ['such a name in camel case', tool('issueDelete'), 'destructive'],
    ['a name that tells of it in its middle', tool('repo_purge_cache'), 'destructive'],
    ['a name that only holds such a word', tool('dropdown_options'), 'write'],
    ['a name that promises to read, and no hint', tool('get_issue'), 'write'],
  ])('of %s', (_what, given, expected) => {
    expect(effectsOf(given)).toBe(expected)
  })
})

describe('allowsTool', () => {
  const cases: readonly [string, Access, boolean][] = [
    ['no rule', [], true],
    ['a server by its name', [{ servers: ['my-notes'] }], true],
    ['a server by its identifier', [{ servers: ['notes'] }], true],
    ['a server by a pattern', [{ servers: ['my-*'] }], true],
    ['another server', [{ servers: ['other'] }], false],
    ['no server at all', [{ servers: [] }], false],
    ['a tool by its id', [{ tools: ['notes.add'] }], true],
    ['a tool by the names of its server', [{ tools: ['my-notes.add'] }], true],
    ['tools by a pattern', [{ tools: ['notes.*'] }], true],
    ['another tool', [{ tools: ['notes.list'] }], false],
    ['reading alone', [{ effects: 'read' }], false],
    ['writing', [{ effects: 'write' }], true],
    ['two rules of which one refuses', [{ servers: ['notes'] }, { tools: ['notes.list'] }], false],
  ]
  it.each(cases)('under %s', (_what, access, expected) => {
    expect(allowsTool(access, tool('add'), false)).toBe(expected)
  })

  it('takes for reading what the configuration calls so', () => {
    expect(allowsTool([{ effects: 'read' }], tool('add'), true)).toBe(true)
  })
})

describe('allowsServer', () => {
  const notes = { name: 'my-notes', key: 'notes' }
  it.each([
    [['notes.*'], true],
    [['notes.add'], true],
    [['*.add'], true],
    [['my-notes.add'], true],
    [['n*'], true],
    [['other.*'], false],
    [['notesother.add'], false],
  ])('for the tools %j', (tools, expected) => {
    expect(allowsServer([{ tools }], notes)).toBe(expected)
  })
})

describe('allowsAllOf', () => {
  const notes = { name: 'my-notes', key: 'notes' }
  it.each([
    [{}, true],
    [{ servers: ['notes'] }, true],
    [{ tools: ['notes.*'] }, true],
    [{ tools: ['*'] }, true],
    [{ tools: ['my-notes.*'], effects: 'read' as const }, true],
    [{ tools: ['notes.list*'] }, false],
    [{ tools: ['notes.add'] }, false],
    [{ tools: ['*.add'] }, false],
    [{ servers: ['other'] }, false],
  ])('under %j', (rule, expected) => {
    expect(allowsAllOf([rule], notes)).toBe(expected)
  })
})

describe('accessKey', () => {
  it('is equal for equal rules, whatever the order of their fields', () => {
    expect(accessKey([{ servers: ['a'], effects: 'read' }])).toBe(accessKey([{ effects: 'read', servers: ['a'] }]))
    expect(accessKey([{ servers: ['a'] }])).not.toBe(accessKey([{ servers: ['b'] }]))
    expect(accessKey([])).toBe('')
  })
})
