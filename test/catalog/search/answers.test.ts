import { describe, expect, it } from 'vitest'
import type { ServerInput } from '../../../src/catalog/prepare.ts'
import { createToolSearch } from '../../../src/catalog/search/tool-search.ts'
import { createCatalog } from '../../../src/catalog/snapshot.ts'

type Tool = readonly [name: string, description: string, properties?: object, required?: readonly string[]]

const server = (name: string, tools: readonly Tool[], more: Partial<ServerInput> = {}): ServerInput => ({
  name,
  state: 'ready',
  tools: tools.map(([tool, description, properties = {}, required = []]) => ({
    name: tool,
    description,
    inputSchema: { type: 'object', properties, required },
  })),
  ...more,
})
const many = Array.from({ length: 120 }, (_, at): Tool => [`operation_${at}`, `Does the thing number ${at}`])
const notes = server('notes', [
  ['create_note', 'Creates a note.'],
  ['updates', 'Lists what has changed in the notes since a day.'],
  [
    'find_text',
    'Looks through all folders for notes and drafts matching a pattern, and answers where they are. More follows.',
  ],
])
const catalog = createCatalog({
  servers: [
    notes,
    server('my-graph', [
      ['create_entities', 'Create multiple new entities in the knowledge graph'],
      ['create_relations', 'Create multiple new relations between entities in the knowledge graph'],
      ['delete_entities', 'Delete multiple entities and their associated relations from the knowledge graph'],
    ]),
    server('big', many),
    server('crash-reports', [['create_project', 'Creates a project for reports of crashes']]),
  ],
  intents: [],
})
const search = createToolSearch()
const ask = (query: string | readonly string[], more = {}): string => search.answer(catalog, { query, ...more }).text

describe('a list of what there is (5.6, 5.7)', () => {
  it.each([
    ['*', 'notes'],
    ['', 'notes'],
    ['all tools', 'notes'],
    ['notes', undefined],
    ['notes tools', undefined],
    ['list all tools of the notes server', undefined],
    ['which tools does notes offer?', undefined],
  ])('%j on %j names the tools of the server', (query, only) => {
    const { text, ids } = search.answer(catalog, { query, ...(only === undefined ? {} : { server: only }) })
    expect(text.split('\n')[0]).toBe('notes has 3 tools:')
    expect(ids).toEqual(['notes.create_note', 'notes.find_text', 'notes.updates'])
    for (const id of ids) expect(text).toContain(id)
  })

  it.each(['*', 'all tools', 'list all tools', 'what servers and tools are available?', 'show me all available tools'])(
    '%j names the servers, with how many tools they have',
    (query) => {
      const text = ask(query)
      expect(text).toContain('4 servers, 127 tools: big (120), crash_reports (1), my_graph (3), notes (3)')
      expect(text).toContain('lists its tools')
    },
  )

  it('is bounded, says how many there are and how to go on', () => {
    const text = ask('big')
    expect(text.length).toBeLessThan(1_100)
    expect(text).toMatch(/^big has 120 tools, \d+ of them here:/)
    expect(text).toMatch(/ more: add keywords to find them \(server: "big"\), or limit: 120 to name all$/)
    expect(search.answer(catalog, { query: '*', server: 'big', limit: 120 }).ids).toHaveLength(120)
  })

  it('says why a server has none', () => {
    const down = createCatalog({ servers: [notes, server('mail', [], { state: 'unauthorized' })], intents: [] })
    expect(search.answer(down, { query: 'mail tools' }).text).toContain('mail needs')
    expect(search.answer(down, { query: '*' }).text).toContain('mail needs')
  })

  it.each(['create a note', 'notes changed', 'all notes of today', 'find text in all notes'])(
    '%j is a search',
    (query) => expect(ask(query)).toMatch(/\(\) \/\/ /),
  )
})

describe('sentences of answers (5.1)', () => {
  it('are whole, and more than one where the first says little', () => {
    expect(ask('notes find text').split('\n')[0]).toMatch(
      /\/\/ Looks through all folders for notes and drafts matching a pattern, and answers where they are$/,
    )
    expect(ask('create note').split('\n')[0]).toMatch(/\/\/ Creates a note$/)
  })

  it('types what is optional as long as there is room', () => {
    const properties = Object.fromEntries(
      [
        'dataset',
        'query',
        'fields',
        'sort',
        'environment',
        'statsPeriod',
        'projectSlug',
        'organizationSlug',
        'cursor',
      ].map((name) => [name, { type: 'string', enum: name === 'dataset' ? ['errors', 'logs', 'spans'] : undefined }]),
    )
    const wide = createCatalog({
      servers: [
        server('events', [['search_events', 'Finds events', { ...properties, id: { type: 'number' } }, ['id']]]),
      ],
      intents: [],
    })
    expect(search.answer(wide, { query: 'find events' }).text).toMatch(
      /^events\.search_events\(\{id: number; dataset\?: 'errors' \| 'logs' \| 'spans'; query\?: string; /,
    )
  })
})

describe('products that nothing here knows (5.8)', () => {
  it.each([
    ['github create issue', 'github'],
    ['create a project in Sentry', 'sentry'],
    ['Notion create page', 'notion'],
    ['frobnitz create project', 'frobnitz'],
    ['Our build is red again. Please open an issue on GitHub about the failing project.', 'github'],
  ])('%j is told so first', (query, product) => {
    expect(ask(query).split('\n')[0]).toBe(`No server here knows ${product}. Nearest by function:`)
  })

  it.each([
    'create issue',
    'notes create',
    'project crashes',
    'crash reports create project',
    'write to anna@gmail.com about the project',
    'compare projects on Twitter, Facebook and Instagram',
    'relations between linear entities',
  ])('%j names none', (query) => expect(ask(query)).not.toContain('No server here'))

  it('leaves a server that is known but not there to its own line', () => {
    const down = createCatalog({ servers: [notes, server('github', [], { state: 'starting' })], intents: [] })
    const { text } = search.answer(down, { query: 'github create note' })
    expect(text).not.toContain('No server here')
    expect(text).toContain('github is still starting')
  })
})

describe('exact names (a word at the end of a sentence is none)', () => {
  const first = (query: string): string | undefined => search.find(catalog, query, 1)[0]

  it.each([
    'Please create a note about the new pump, with all of the updates.',
    'create a note, then stop the updates',
    'create a note with the "updates"',
  ])('%j does not ask for the tool "updates"', (query) => expect(first(query)).toBe('notes.create_note'))

  it.each([
    'updates',
    'Updates.',
    '`updates`',
    'notes.updates',
    'notes__updates',
    'notes/updates',
    'run `updates` to create a note',
  ])('%j asks for it', (query) => expect(first(query)).toBe('notes.updates'))

  it.each(['delete_entities', 'deleteEntities', 'create a note like my_graph.delete_entities does.'])(
    '%j asks for delete_entities',
    (query) => expect(first(query)).toBe('my_graph.delete_entities'),
  )
})

describe('words of memory (5.5)', () => {
  it.each([
    'remember fact person',
    'remember fact person relation',
    'memorize information about the user',
    'Just so you know for later: my sister is allergic to nuts. Please remember that about her.',
    'store knowledge about a company',
  ])('%j finds what makes entities', (query) => {
    expect(search.find(catalog, query, 5)).toContain('my_graph.create_entities')
  })
})
