import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import { parse as parseToml } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { withoutServer, withServer } from '../../src/config/client-file.ts'
import type { Client, Places } from '../../src/config/clients/client.ts'
import { CLIENTS } from '../../src/config/clients/clients.ts'
import { clientNamed, planInstall, planUninstall, writeChange } from '../../src/config/install.ts'
import { ownCommand } from '../../src/config/own-command.ts'
import { temporaryFolder } from '../support/servers.ts'

const OWN = { command: '/usr/bin/node', args: ['/opt/gateway/cli.js', 'serve'] }
const NAME = 'mcp-optimizer'

interface Place {
  readonly client: Client
  readonly places: Places
  readonly file: string
  readonly text: () => string
  readonly install: () => Promise<string | undefined>
  readonly undo: () => Promise<string | undefined>
}

function placeOf(name: string, text?: string): Place {
  const client = clientNamed(name)
  const home = temporaryFolder()
  const places = { platform: 'linux', home, cwd: join(home, 'work'), env: {} }
  const file = client.userFile(places)
  mkdirSync(dirname(file), { recursive: true })
  if (text !== undefined) writeFileSync(file, text)
  const now = new Date('2026-11-30T12:00:00Z')
  return {
    client,
    places,
    file,
    text: () => readFileSync(file, 'utf8'),
    install: async () => await writeChange(await planInstall(client, places, OWN), now),
    undo: async () => await writeChange(await planUninstall(client, places), now),
  }
}

describe('import into a client', () => {
  it.each(CLIENTS.map(({ name, format }) => [name, format] as const))(
    '%s: adds our entry, keeps the rest, and takes it out byte for byte',
    async (name, format) => {
      const { key } = clientNamed(name)
      const before = {
        json: `{\n    // kept\n    "${key.join('.')}": {\n        "docs": { "command": "x" } // of mine\n    },\n    "other": [1, 2],\n}\n`,
        toml: `# kept\nmodel = "x"\n\n[${key.join('.')}.docs]\ncommand = "x" # of mine\n\n[tui]\nbell = true\n`,
        yaml: `# kept\nmodel: x\n${key.join('.')}:\n  # of mine\n  docs:\n    cmd: x\nlast: 1\n`,
      }[format]
      const { install, undo, text, client, places } = placeOf(name, before)
      await install()
      const after = text()
      expect(after).toContain('of mine')
      expect(after).toContain('/opt/gateway/cli.js')
      expect((await planInstall(client, places, OWN)).after).toBe(after)
      await undo()
      expect(text()).toBe(before)
    },
  )

  it('makes a file where there was none, and leaves it there without our entry', async () => {
    const { install, undo, text } = placeOf('claude-desktop')
    expect(await install()).toBeUndefined()
    expect(JSON.parse(text())).toEqual({ mcpServers: { [NAME]: OWN } })
    await undo()
    expect(JSON.parse(text())).toEqual({ mcpServers: {} })
  })

  it('keeps the former text in a dated file beside it', async () => {
    const { install, file } = placeOf('cursor', '{"mcpServers": {}}')
    const backup = await install()
    expect(basename(backup ?? '')).toBe('mcp.json.2026-11-30T12-00-00.000Z.before-mcp-optimizer')
    expect(readFileSync(backup ?? '', 'utf8')).toBe('{"mcpServers": {}}')
    expect(readdirSync(dirname(file)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('does not write over what another program wrote meanwhile', async () => {
    const { client, places, file, text } = placeOf('cursor', '{}')
    const plan = await planInstall(client, places, OWN)
    writeFileSync(file, '{"mcpServers": {"theirs": {"command": "x"}}}')
    await expect(writeChange(plan, new Date())).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(text()).toContain('theirs')
  })
})

describe('undo takes our entry out and nothing else (1)', () => {
  it.each([
    [
      'our name in a path',
      '{"numStartups": 7, "projects": {"/home/ann/src/mcp-optimizer": {}}, "mcpServers": {"a": {"command": "b"}}}',
    ],
    ['no entry of ours', '{"mcpServers": {"a": {"command": "b"}}}'],
    ['an empty file', ''],
    ['our name as a text', '{"mcpServers": {"a": {"command": "mcp-optimizer"}}}'],
  ])('refuses %s, and the file stays', async (_what, before) => {
    const { undo, text } = placeOf('claude-code', before)
    await expect(undo()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no entry of ours'),
    })
    expect(text()).toBe(before)
  })

  it('keeps what the client wrote after the import', async () => {
    const { install, undo, text, file } = placeOf(
      'claude-code',
      '{\n  "starts": 1,\n  "mcpServers": {\n    "a": {\n      "command": "b"\n    }\n  }\n}\n',
    )
    await install()
    const state = JSON.parse(text()) as { starts: number; mcpServers: Record<string, unknown> }
    state.starts = 57
    state.mcpServers['later'] = { command: 'c' }
    writeFileSync(file, JSON.stringify(state, null, 2))
    await undo()
    expect(JSON.parse(text())).toEqual({ starts: 57, mcpServers: { a: { command: 'b' }, later: { command: 'c' } } })
  })

  it('takes out an entry that was written by hand, without any former file', async () => {
    const { undo, text } = placeOf(
      'cursor',
      '{"mcpServers": {"mcp-optimizer": {"command": "x"}, "a": {"command": "b"}}}',
    )
    await undo()
    expect(JSON.parse(text())).toEqual({ mcpServers: { a: { command: 'b' } } })
  })

  it('removes every entry of ours where it stands twice', async () => {
    const { undo, text } = placeOf(
      'cursor',
      '{"mcpServers": {"mcp-optimizer": {}, "a": {"command": "b"}, "mcp-optimizer": {}}}',
    )
    await undo()
    expect(text()).not.toContain(NAME)
    expect(JSON.parse(text())).toEqual({ mcpServers: { a: { command: 'b' } } })
  })
})

describe('a file that cannot take our entry is refused with its place (1)', () => {
  it.each([
    ['cursor', 'no JSON at all', 'not json at all', /line 1:1/],
    ['cursor', 'a cut file', '{"mcpServers": {"a": {"command": "x"} ', /line 1:\d+/],
    ['cursor', 'null for servers', '{"mcpServers": null}', /found null at "mcpServers", wanted a map/],
    ['cursor', 'a list for servers', '{"mcpServers": []}', /found a list at "mcpServers"/],
    ['cursor', 'a list', '[]', /found a list, wanted a map/],
    ['goose', 'null for extensions', 'extensions: null\n', /found null at "extensions"/],
    ['goose', 'nothing for extensions', 'extensions:\n', /found null at "extensions"/],
    ['goose', 'a list for extensions', 'extensions:\n  - a\n', /found a list at "extensions"/],
    ['goose', 'broken YAML', 'a: [1,\nb: }\n', /line \d+:\d+/],
    ['codex', 'broken TOML', 'a = \n[x\n', /line \d+:\d+/],
    ['codex', 'an inline table', 'mcp_servers = { docs = { command = "x" } }\n', /cannot be added to in place/],
    ['codex', 'a text', 'mcp_servers = "x"\n', /found a string at "mcp_servers"/],
  ])('%s: %s', async (name, _what, before, message) => {
    const { install, text, file } = placeOf(name, before)
    await expect(install()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) })
    expect(text()).toBe(before)
    expect(readdirSync(dirname(file))).toEqual([basename(file)])
  })
})

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

describe('what a client starts', () => {
  it.each([
    [
      'an installation',
      'linux',
      '/usr/lib/node_modules/mcp-optimizer/dist/cli.js',
      { command: '/bin/node', args: ['/usr/lib/node_modules/mcp-optimizer/dist/cli.js', 'serve'] },
    ],
    [
      'npx',
      'linux',
      '/home/ann/.npm/_npx/1a2b/node_modules/mcp-optimizer/dist/cli.js',
      { command: 'npx', args: ['-y', 'mcp-optimizer@1.2.3', 'serve'] },
    ],
    [
      'npx on Windows',
      'win32',
      'C:\\Users\\ann\\npm-cache\\_npx\\1a2b\\node_modules\\mcp-optimizer\\dist\\cli.js',
      { command: 'cmd', args: ['/c', 'npx', '-y', 'mcp-optimizer@1.2.3', 'serve'] },
    ],
  ])('of %s is its path or a pinned version', (_what, platform, script, wanted) => {
    expect(ownCommand({ platform, node: '/bin/node', script, version: '1.2.3' })).toEqual(wanted)
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

it('leaves no file of its own where nothing was to be done', async () => {
  const { undo, file } = placeOf('cursor')
  await expect(undo()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(existsSync(file)).toBe(false)
})
