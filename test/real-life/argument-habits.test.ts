// Arguments in the habits of models that fill in forms, from the client's envelope to what the server gets (42-44).
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { createDispatcher } from '../../src/surface/dispatch.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { definitionServer } from '../support/table-server.ts'
import { temporaryFolder } from '../support/servers.ts'

const text = { type: 'string' }
const book = {
  name: 'book',
  description: 'Books a room',
  inputSchema: {
    type: 'object',
    properties: {
      roomId: text,
      nights: { type: 'integer', minimum: 1 },
      bed: { type: 'string', enum: ['single', 'double', 'King size'] },
      sort_order: { type: 'string', enum: ['ASC', 'DESC'] },
      price: { type: 'number' },
      breakfast: { type: 'boolean' },
      guests: {
        type: 'array',
        items: {
          type: 'object',
          properties: { firstName: text, age: { type: 'integer' } },
          required: ['firstName'],
          additionalProperties: false,
        },
      },
      tags: { type: 'array', items: text },
      address: { type: 'object', properties: { street: text, zip_code: text }, additionalProperties: false },
      note: text,
    },
    required: ['roomId'],
    additionalProperties: false,
  },
}
const open = {
  name: 'open',
  inputSchema: {
    type: 'object',
    properties: { fileName: text, maxLines: { type: 'integer' } },
    required: ['fileName'],
  },
}

const gateway = createOptimizer(
  defineConfig({ cacheDir: temporaryFolder(), servers: { hotel: definitionServer([book, open]) } }),
)
await gateway.ready()
const dispatcher = createDispatcher(gateway, await openSurface(gateway))
afterAll(async () => await gateway[Symbol.asyncDispose]())

/** What the server gets, or the sentence of the refusal, of a call as a client sends it. */
async function received(name: string, given: unknown): Promise<unknown> {
  const context = { principal: 'local', signal: new AbortController().signal, notify: () => undefined }
  const params = { name: 'execute_intent', arguments: { intent: `hotel.${name}`, params: given } }
  const answer = await dispatcher.handle({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }, context)
  const { result } = answer as unknown as { result: { isError?: boolean; content: { text: string }[] } }
  const said = JSON.parse(result.content[0]?.text ?? 'null')
  return result.isError === true ? said.error.message : (said.data ?? said).got
}

const base = { roomId: 'r1' }
describe('a form that a model filled in', () => {
  it.each<[what: string, given: object, right: object]>([
    ['as it should be', { ...base, nights: 2, bed: 'double' }, { ...base, nights: 2, bed: 'double' }],
    ['names in snake case', { room_id: 'r1' }, base],
    ['names with hyphens', { 'room-id': 'r1' }, base],
    ['names with a capital', { RoomId: 'r1', Nights: '3' }, { ...base, nights: 3 }],
    ['names in camel case', { ...base, sortOrder: 'DESC' }, { ...base, sort_order: 'DESC' }],
    ['names inside', { ...base, address: { zipCode: 1234 } }, { ...base, address: { zip_code: '1234' } }],
    [
      'names in items',
      { ...base, guests: [{ first_name: 'Ann', Age: '5' }] },
      { ...base, guests: [{ firstName: 'Ann', age: 5 }] },
    ],
    ['a choice in capitals', { ...base, bed: 'DOUBLE' }, { ...base, bed: 'double' }],
    ['a choice in small letters', { ...base, sort_order: 'desc' }, { ...base, sort_order: 'DESC' }],
    ['a choice with blanks', { ...base, bed: ' King Size ' }, { ...base, bed: 'King size' }],
    ['no choice', { ...base, bed: '' }, base],
    ['no number', { ...base, nights: '' }, base],
    ['no list', { ...base, tags: '' }, base],
    ['no object', { ...base, address: '' }, base],
    ['an empty text where text is meant', { ...base, note: '' }, { ...base, note: '' }],
    ['the word null for a number', { ...base, nights: 'null' }, base],
    ['the word None for a boolean', { ...base, breakfast: 'None' }, base],
    ['the word undefined for an object', { ...base, address: 'undefined' }, base],
    ['the word null where text is meant', { ...base, note: 'null' }, { ...base, note: 'null' }],
    ['a list of one for a text', { roomId: ['r1'] }, base],
    ['a list of one for a number', { ...base, nights: ['2'] }, { ...base, nights: 2 }],
    [
      'everything as text',
      {
        roomId: 7,
        nights: '2',
        price: '80.50',
        breakfast: 'false',
        tags: '["a"]',
        guests: '[{"firstName":"Bo"}]',
        address: '{"street":"Main"}',
      },
      {
        roomId: '7',
        nights: 2,
        price: 80.5,
        breakfast: false,
        tags: ['a'],
        guests: [{ firstName: 'Bo' }],
        address: { street: 'Main' },
      },
    ],
    [
      'everything optional null',
      {
        ...base,
        nights: null,
        bed: null,
        price: null,
        breakfast: null,
        guests: null,
        tags: null,
        address: null,
        note: null,
      },
      base,
    ],
    [
      'JSON text of the whole',
      JSON.stringify({ roomId: 'r1', nights: 1 }) as unknown as object,
      { roomId: 'r1', nights: 1 },
    ],
    ['a guest alone', { ...base, guests: { firstName: 'Cy' } }, { ...base, guests: [{ firstName: 'Cy' }] }],
    ['texts of numbers in a list of texts', { ...base, tags: [1, true, 'x'] }, { ...base, tags: ['1', 'true', 'x'] }],
  ])('%s', async (_what, given, right) => {
    expect(await received('book', given)).toEqual(right)
  })

  it.each<[what: string, given: object, right: object]>([
    ['a required name in another spelling', { file_name: 'a' }, { fileName: 'a' }],
    ['an unknown name beside', { fileName: 'a', encoding: 'utf8' }, { fileName: 'a', encoding: 'utf8' }],
    ['two spellings of one name', { fileName: 'a', file_name: 'b' }, { fileName: 'a', file_name: 'b' }],
    ['an optional name that the server may know', { fileName: 'a', max_lines: 5 }, { fileName: 'a', max_lines: 5 }],
  ])('of a tool that takes others too: %s', async (_what, given, right) => {
    expect(await received('open', given)).toEqual(right)
  })

  it.each<[what: string, given: object, words: string]>([
    [
      'a choice that is none',
      { ...base, bed: 'queen' },
      "bed must be 'single' | 'double' | 'King size', found \"queen\"",
    ],
    ['two spellings', { room_id: 'a', RoomID: 'b' }, 'roomId'],
    ['a number too small', { ...base, nights: '0' }, 'nights must be >= 1'],
    ['a list of two for a text', { roomId: ['a', 'b'] }, 'roomId must be string'],
    ['a word for a number', { ...base, nights: 'two' }, 'nights must be integer, found "two"'],
    ['yes for a boolean', { ...base, breakfast: 'yes' }, 'breakfast must be boolean, found "yes"'],
    ['nothing for what is required', {}, 'roomId is missing'],
    [
      'the word null for what is required in items',
      { ...base, guests: [{ firstName: null }] },
      'guests[0].firstName must be string',
    ],
    ['a name that nothing is like', { ...base, floor: 3 }, 'floor is not a known property'],
  ])('%s is refused in one sentence', async (_what, given, words) => {
    expect(await received('book', given)).toContain(words)
  })
})
