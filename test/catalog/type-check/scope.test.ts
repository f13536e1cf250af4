import { describe, expect, it } from 'vitest'
import { createScopes } from '../../../src/catalog/type-check/scope.ts'
import { createCatalog } from '../../../src/catalog/snapshot.ts'

const tools = ['one', 'two'].map((name) => ({ name, inputSchema: { type: 'object' } }))
const catalog = createCatalog({
  servers: ['github', 'jira', 'slack'].map((name) => ({ name, state: 'ready', tools })),
  intents: [],
})

describe('the scope of a program', () => {
  const scopeOf = createScopes()

  it('declares the tools of the servers that it names, and that there are others', () => {
    const text = scopeOf('const { github } = tools; return tools["slack"].one({})', catalog).declarations()
    expect(text.match(/one\(/g)).toHaveLength(2)
    expect(text).toContain('readonly jira: {}')
  })

  it('is the same for programs that name the same', () => {
    const keyOf = (source: string): string => scopeOf(source, catalog).key
    expect(keyOf('tools.github.one()')).toBe(keyOf('return await tools.github.two({})'))
    expect(keyOf('tools.github.one()')).not.toBe(keyOf('tools.jira.one()'))
    expect(keyOf('tools.github.one()')).not.toBe(keyOf('tools.github.one(); intents.x()'))
    const other = createCatalog({ servers: [{ name: 'github', state: 'ready', tools: [] }], intents: [] })
    expect(keyOf('tools.github.one()')).not.toBe(scopeOf('tools.github.one()', other).key)
  })
})
