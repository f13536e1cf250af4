import { describe, expect, it } from 'vitest'
import { actionFit, actionOfQuery, actionOfTool } from '../../../src/catalog/search/actions.ts'

describe('the action of a query', () => {
  it.each([
    ['Which fields does the table have?', 'read'],
    ['how many runs failed', 'read'],
    ['github create issue', 'create'],
    ['Put the notes into the wiki', 'create'],
    ['rename the channel', 'update'],
    ['Delete the old branch', 'delete'],
    ['sending messages', 'create'],
    ['my last post', undefined],
    ['weather berlin', undefined],
    ['', undefined],
  ])('%j: %s', (query, action) => {
    expect(actionOfQuery(query)).toBe(action)
  })
})

describe('the action of a tool', () => {
  it.each([
    ['create_issue', '', 'github', 'create'],
    ['getFileContents', '', 'github', 'read'],
    ['slack_post_message', '', 'slack', 'create'],
    ['issue', 'Removes an issue', 'x', 'delete'],
    ['git_log', 'Shows the commits', 'git', 'read'],
    ['workflow', 'A thing', 'x', undefined],
  ])('%s of %s', (name, description, server, action) => {
    expect(actionOfTool(name, description, server)).toBe(action)
  })
})

describe('how a tool fits what is asked', () => {
  it('prefers the same action, and reading least of all gives a tool that deletes', () => {
    expect(actionFit('read', 'read')).toBeGreaterThan(1)
    expect(actionFit('read', 'delete')).toBeLessThan(actionFit('read', 'update'))
    expect(actionFit('create', 'update')).toBeGreaterThan(actionFit('create', 'read'))
  })

  it('says nothing where either is not known', () => {
    expect(actionFit(undefined, 'delete')).toBe(1)
    expect(actionFit('read', undefined)).toBe(1)
  })
})
