import { describe, expect, it } from 'vitest'
import { isRecord } from '../../src/internal/json.ts'
import * as ownTools from '../../src/surface/own-tools.ts'

/** What OpenAI's function calling and Gemini's function declarations both take, without strict modes. */
const KEYS = new Set(['type', 'description', 'properties', 'required', 'items', 'enum'])
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

function* faults(schema: unknown, path: string): Generator<string> {
  if (!isRecord(schema)) return void (yield `${path} is no object`)
  for (const key of Object.keys(schema)) if (!KEYS.has(key)) yield `${path} has ${key}`
  const { type, properties, items, required = [] } = schema
  if (typeof type !== 'string' || !TYPES.has(type)) yield `${path} has type ${JSON.stringify(type)}`
  if (type === 'array' && !isRecord(items)) yield `${path} is an array without items`
  if (items !== undefined) yield* faults(items, `${path}[]`)
  for (const [name, inner] of Object.entries(isRecord(properties) ? properties : {}))
    yield* faults(inner, `${path}.${name}`)
  for (const name of required as string[])
    if (!isRecord(properties) || !(name in properties)) yield `${path} requires ${name}`
}

describe("the gateway's own tools (F3)", () => {
  it.each(Object.values(ownTools))('$name is declared as the APIs of models take it', ({ name, inputSchema }) => {
    expect(name).toMatch(/^[a-z_]{1,64}$/)
    expect(inputSchema).toMatchObject({ type: 'object', properties: expect.any(Object) })
    expect([...faults(inputSchema, '$')]).toEqual([])
  })
})
