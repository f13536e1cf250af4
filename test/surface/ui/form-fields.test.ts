import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/internal/json.ts'
import { fieldsOf, fieldText, readFields, readObject } from '../../../src/surface/ui/form-fields.ts'

const INPUT: JsonObject = {
  type: 'object',
  properties: {
    note: { type: 'string', description: 'words' },
    email: { type: 'string', format: 'email' },
    count: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    share: { type: ['number', 'null'] },
    loud: { type: 'boolean' },
    size: { enum: ['s', 'm', 5, null] },
    only: { const: 'x' },
    tags: { type: 'array', items: { type: 'string' } },
    any: {},
    either: { type: ['string', 'number'] },
    linked: { $ref: '#/$defs/size' },
    title: { type: 'string' },
  },
  required: ['title', 'size'],
  $defs: { size: { type: 'string', enum: ['a', 'b'] } },
}

const fields = fieldsOf(INPUT)
const read = (texts: Record<string, string>) => readFields(fields, (name) => texts[name] ?? null)

describe('the fields of a form', () => {
  it('are of the kinds that the parameters are, the required ones first', () => {
    expect(fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ['size', 'choice', true],
      ['title', 'area', true],
      ['note', 'area', false],
      ['email', 'line', false],
      ['count', 'integer', false],
      ['share', 'number', false],
      ['loud', 'boolean', false],
      ['only', 'choice', false],
      ['tags', 'json', false],
      ['any', 'json', false],
      ['either', 'json', false],
      ['linked', 'choice', false],
    ])
    expect(fields.find(({ name }) => name === 'count')).toMatchObject({ minimum: 1, maximum: 9, preset: '3' })
    expect(fields.find(({ name }) => name === 'size')?.choices).toEqual(['"s"', '"m"', '5', 'null'])
    expect(fields.find(({ name }) => name === 'linked')?.choices).toEqual(['"a"', '"b"'])
    expect(fields.find(({ name }) => name === 'tags')?.type).toBe('string[]')
  })

  it('are none where there is nothing to name, and bounded', () => {
    expect(fieldsOf(true)).toEqual([])
    expect(fieldsOf({ type: 'object' })).toEqual([])
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`p${at}`, {}]))
    expect(fieldsOf({ type: 'object', properties: many })).toHaveLength(60)
    const loop = { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { $ref: '#/$defs/a' } } }
    expect(fieldsOf(loop)).toMatchObject([{ name: 'a', kind: 'json' }])
  })
})

describe('reading a form', () => {
  it('makes values of the types; empty fields that are not required are left out', () => {
    expect(
      read({
        title: 'two\r\nlines',
        size: '5',
        count: '4',
        share: '0.5',
        loud: 'true',
        tags: '["a"]',
        either: '7',
        note: '',
      }),
    ).toEqual({
      params: { title: 'two\nlines', size: 5, count: 4, share: 0.5, loud: true, tags: ['a'], either: 7 },
    })
  })

  it('gives a required text that is empty as it is, and leaves other missing ones to the schema', () => {
    expect(read({})).toEqual({ params: { title: '' } })
  })

  it('says by field what is no JSON', () => {
    expect(read({ tags: 'a, b', any: '{', title: 'x' })).toEqual({
      problems: new Map([
        ['tags', expect.stringContaining('not JSON')],
        ['any', expect.stringContaining('not JSON')],
      ]),
    })
  })

  it('changes no prototype', () => {
    const odd = fieldsOf(JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as JsonObject)
    const made = readFields(odd, () => 'x')
    expect('params' in made && Object.getOwnPropertyDescriptor(made.params, '__proto__')?.value).toBe('x')
    expect(readObject('{"__proto__":{"a":1},"b":2}')).toEqual({ params: { b: 2 } })
    expect(({} as { a?: number }).a).toBeUndefined()
  })

  it('takes all parameters as one object of JSON', () => {
    expect(readObject('{"a": [1]}')).toEqual({ params: { a: [1] } })
    expect(readObject('[1]')).toEqual({ problem: expect.stringContaining('JSON object') })
    expect(readObject('{'.repeat(3))).toEqual({ problem: expect.stringContaining('not JSON') })
    expect(readObject(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)).toEqual({
      problem: expect.stringContaining('deeper'),
    })
  })

  it('writes a value as its field reads it', () => {
    for (const [name, value] of Object.entries({ title: 'a "b"\nc', size: 's', count: 4, loud: false, tags: ['a'] })) {
      const field = fields.find((one) => one.name === name)
      if (field === undefined) throw new Error(name)
      expect(readFields([field], () => fieldText(field, value))).toEqual({ params: { [name]: value } })
    }
  })
})
