import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { parseIntentMetadata } from '../../src/catalog/intents.ts'

const metadata = {
  name: 'list_errors',
  description: 'Lists the unresolved errors of a project, most frequent first',
  servers: ['sentry'],
  readOnly: true,
  input: {
    type: 'object',
    properties: { project: { type: 'string' } },
    required: ['project'],
    additionalProperties: false,
  },
  examples: [{ project: 'web' }],
}

function failure(value: unknown): OptimizerError {
  try {
    parseIntentMetadata(value, 'file:mine')
  } catch (thrown) {
    if (thrown instanceof OptimizerError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

describe('parseIntentMetadata', () => {
  it('answers the metadata with its origin', () => {
    expect(parseIntentMetadata(metadata, 'pack:sentry')).toEqual({ ...metadata, origin: 'pack:sentry' })
  })

  it('fills in what may be left out', () => {
    const { name, description, input } = metadata
    expect(parseIntentMetadata({ name, description, input }, 'file:x')).toEqual({
      name,
      description,
      input,
      servers: [],
      readOnly: false,
      examples: [],
      origin: 'file:x',
    })
  })

  it.each(['issues.list', 'a', 'a1.b_2.c'])('takes the name %s', (name) => {
    expect(parseIntentMetadata({ ...metadata, name }, 'x').name).toBe(name)
  })

  it.each([
    ['metadata', null],
    ['metadata', 'text'],
    ['metadata', { ...metadata, reads: true }],
    ['metadata.name', { ...metadata, name: 'List-errors' }],
    ['metadata.name', { ...metadata, name: 'a..b' }],
    ['metadata.name', { ...metadata, name: 'a.1b' }],
    ['metadata.name', { ...metadata, name: 'issues.then' }],
    ['metadata.name', { ...metadata, name: 'constructor' }],
    ['metadata.description', { ...metadata, description: ' ' }],
    ['metadata.description', { ...metadata, description: undefined }],
    ['metadata.input', { ...metadata, input: undefined }],
    ['metadata.input', { ...metadata, input: { type: 'string' } }],
    ['metadata.input', { ...metadata, input: { type: 'object', properties: { a: { type: 'banana' } } } }],
    ['metadata.output', { ...metadata, output: 'text' }],
    ['metadata.servers', { ...metadata, servers: 'sentry' }],
    ['metadata.servers[1]', { ...metadata, servers: ['a', 5] }],
    ['metadata.examples[0]', { ...metadata, examples: ['web'] }],
    ['metadata.readOnly', { ...metadata, readOnly: 'yes' }],
  ])('refuses wrong %s', (path, value) => {
    const error = failure(value)
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.details).toMatchObject({ path, expected: expect.any(String), origin: 'file:mine' })
    expect(error.message).toMatch(/^intent file:mine has invalid metadata/)
  })

  it('says what was found and what is right', () => {
    expect(failure({ ...metadata, name: 'List' }).message).toContain('found "List", expected lower-case words')
    expect(failure({ ...metadata, reads: true }).message).toContain('(unknown: reads), expected only name, description')
  })
})
