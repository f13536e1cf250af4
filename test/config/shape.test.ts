import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as schema from '../../src/config/schema-faults.ts'
import { fileFaults, isUsualFile, serverShape, usualServer } from '../../src/config/shape.ts'

const text = fc.oneof(fc.constantFrom('', 'stdio', 'http', 'sse', 'node', '__proto__'), fc.string())
const url = fc.oneof(
  fc.constantFrom(
    'https://a.example/mcp',
    'http://127.0.0.1:1/x',
    'http://-a./',
    'http://a..b',
    'http://a:99999/',
    'http://_a',
    'http://.2',
    'http://a.0x1/',
    'http://xn--a/',
  ),
  fc.webUrl(),
  fc.stringMatching(/^https?:\/\/[\w.-]{1,12}(?::\d{1,5})?(?:\/[\w./-]{0,5})?$/),
)
const value = fc.oneof(
  text,
  url,
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.dictionary(text, text),
  fc.integer(),
  fc.constant(null),
)
const KEYS = `type command args env cwd url headers disabled include exclude trustHints description timeoutMs comand $schema
  cacheDir import features compact http`
const key = fc.constantFrom(...KEYS.split(/\s+/))
const record = fc.dictionary(key, value, { maxKeys: 5 })
const feature = fc.dictionary(
  fc.constantFrom('enableSandbox', 'exactTokens', 'executionMode', 'cacheTtlSeconds', 'odd'),
  value,
)

describe('the quick look at a configuration', () => {
  it('takes no server that the schema refuses or reads otherwise', () => {
    fc.assert(
      fc.property(record, fc.option(url), fc.option(fc.constant('node')), (entry, address, command) => {
        const whole = {
          ...entry,
          ...(address === null ? {} : { url: address }),
          ...(command === null ? {} : { command }),
        }
        const quick = usualServer(whole)
        if (quick !== undefined) expect({ server: quick }).toEqual(schema.serverShape(whole))
      }),
      { numRuns: 3_000 },
    )
  })

  it('takes no file that the schema refuses', () => {
    fc.assert(
      fc.property(record, fc.option(feature), (entries, features) => {
        const whole = { ...entries, ...(features === null ? {} : { features }) }
        if (isUsualFile(whole)) expect(schema.fileFaults(whole)).toEqual([])
      }),
      { numRuns: 3_000 },
    )
  })

  it('is enough for what setup and most people write', () => {
    expect(
      isUsualFile({ $schema: './x.json', cacheDir: 'c', import: ['cursor'], features: { enableSandbox: false } }),
    ).toBe(true)
    expect(usualServer({ command: 'npx', args: ['-y', 'x'], env: { A: 'b' } })).toMatchObject({ type: 'stdio' })
    expect(usualServer({ type: 'http', url: 'https://mcp.example.com/mcp', headers: {} })).toMatchObject({
      type: 'http',
    })
  })

  it('leaves the rest to the schema', () => {
    expect(fileFaults({ comapct: true })).toMatchObject([
      { path: ['comapct'], expected: '"compact"', drops: 'comapct' },
    ])
    expect(serverShape({ command: 'x', comand: 'y' })).toMatchObject({ faults: [{ path: ['comand'] }] })
    expect(serverShape({ command: 'x', timeoutMs: 5 })).toEqual({
      server: { type: 'stdio', command: 'x', timeoutMs: 5 },
    })
  })
})
