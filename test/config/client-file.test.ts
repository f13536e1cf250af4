import fc from 'fast-check'
import { parse as parseToml } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { withoutServer, withServer } from '../../src/config/client-file.ts'
import { clientNamed } from '../../src/config/setup/client-named.ts'
import { OWN } from '../support/setup-home.ts'

const NAME = 'mcp-optimizer'

describe('the text of a file around our entry', () => {
  it.each([
    ['an object on one line', '{"mcpServers": {"a": {"command": "b"}}}'],
    ['tabs', '{\n\t"mcpServers": {\n\t\t"a": {}\n\t}\n}\n'],
    ['CRLF', '{\r\n  "mcpServers": {\r\n    "a": {}\r\n  }\r\n}\r\n'],
    ['a byte order mark', '\ufeff{\n  "mcpServers": {\n    "a": {}\n  }\n}\n'],
    ['trailing commas', '{\n  "mcpServers": {\n    "a": {}, // c\n  },\n}\n'],
    ['a comment at the last entry', '{\n  "mcpServers": {\n    "a": {} // c\n  }\n}\n'],
    ['a block comment behind the comma', '{\n  "mcpServers": {\n    "a": {}, /* c */\n  }\n}\n'],
    ['comments before the end', '{\n  "mcpServers": {\n    "a": {}\n    // "old": {}\n  }\n}\n'],
    ['only comments', '{\n  "mcpServers": {\n    // nothing yet\n  }\n}\n'],
    ['no line end', '{\n  "mcpServers": {\n    "a": {}\n  }\n}'],
    ['other keys behind', '{ "mcpServers": { "a": {} }, "z": [ 1,2 ] }'],
  ])('JSON with %s comes back byte for byte', async (_what, before) => {
    const client = clientNamed('cursor')
    const after = await withServer(before, client, 'f', NAME, OWN)
    expect(after).not.toBe(before)
    expect(await withoutServer(after, client, 'f', NAME)).toBe(before)
  })

  it('keeps the indentation of two spaces beside deeper ones', async () => {
    const before = '{\n  "mcpServers": {\n    "a": {\n      "command": "b"\n    }\n  }\n}\n'
    expect(await withServer(before, clientNamed('cursor'), 'f', NAME, { command: 'c' })).toBe(
      '{\n  "mcpServers": {\n    "a": {\n      "command": "b"\n    },\n    "mcp-optimizer": {\n      "command": "c"\n    }\n  }\n}\n',
    )
  })

  it('JSON, TOML and YAML of any content: our entry in and out again leaves every byte', async () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)
    const value = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.boolean())
    const server = fc.record({
      command: fc.string({ maxLength: 20 }),
      args: fc.array(fc.string({ maxLength: 8 }), { maxLength: 3 }),
    })
    const content = fc.record({
      servers: fc.dictionary(word, server, { minKeys: 1, maxKeys: 4 }),
      others: fc.dictionary(word, value, { maxKeys: 3 }),
      comment: fc.stringMatching(/^[ \w:,{}[\]"'-]{0,30}$/),
      gap: fc.constantFrom('', '\n'),
      indent: fc.constantFrom('  ', '    ', '\t'),
      end: fc.constantFrom('\n', '\r\n'),
    })
    await fc.assert(
      fc.asyncProperty(content, async ({ servers, others, comment, gap, indent, end }) => {
        const json = JSON.stringify({ ...others, mcpServers: servers }, undefined, indent).replace(
          '{',
          `{\n${indent}// ${comment}\n${gap}`,
        )
        const lines = (record: object): string =>
          Object.entries(record)
            .map(([key, inner]) => `${key} = ${JSON.stringify(inner)}\n`)
            .join('')
        const toml = `${lines(others)}# ${comment}\n${Object.entries(servers)
          .map(([name, inner]) => `${gap}[mcp_servers.${name}]\n# ${comment}\n${lines(inner)}`)
          .join('')}`
        const yaml = `${Object.entries(others)
          .map(([key, inner]) => `${key}: ${JSON.stringify(inner)}\n`)
          .join('')}extensions:\n  # ${comment}\n${Object.entries(servers)
          .map(
            ([name, inner]) =>
              `  ${name}: # ${comment}\n    cmd: ${JSON.stringify(inner.command)}\n    args:\n${inner.args.map((part) => `    - ${JSON.stringify(part)}\n`).join('')}${gap}`,
          )
          .join('')}last: 1\n`
        for (const [name, text] of [
          ['cursor', json],
          ['codex', toml],
          ['goose', yaml],
        ] as const) {
          const client = clientNamed(name)
          const before = text.replaceAll('\n', end)
          if (name === 'codex' && !isReadable(() => parseToml(before))) continue
          if (name === 'goose' && !isReadable(() => parseYaml(before) as unknown)) continue
          const after = await withServer(before, client, 'f', NAME, { command: 'x', args: ['y'] })
          expect(await withoutServer(after, client, 'f', NAME)).toBe(before)
        }
      }),
      { numRuns: 700 },
    )
  })
})

function isReadable(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch {
    return false
  }
}
