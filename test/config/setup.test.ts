import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLIENTS } from '../../src/config/clients/clients.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ownCommand } from '../../src/config/own-command.ts'
import { clientNamed } from '../../src/config/setup/client-named.ts'
import { temporaryFolder } from '../support/servers.ts'
import { findDoubled } from '../../src/config/setup/doubled.ts'
import { OWN, setupHome } from '../support/setup-home.ts'

const NAME = 'mcp-optimizer'
const writable = CLIENTS.filter(({ unwritable }) => unwritable === undefined)

/** A file of a client with two servers, comments and settings of its own. */
function sample(name: string): string {
  const { key, format } = clientNamed(name)
  return {
    json: `{\n    // kept\n    "${key.join('": { "')}": {\n        "docs": { "command": "x" }, // of mine\n        "issues": {\n            "command": "y",\n            "args": ["-v"] // loud\n        }\n    }${' }'.repeat(key.length - 1)},\n    "other": [1, 2],\n}\n`,
    toml: `# kept\nmodel = "x"\n\n[${key.join('.')}.docs]\ncommand = "x" # of mine\n\n# loud\n[${key.join('.')}.issues]\ncommand = "y"\nargs = ["-v"]\n\n[tui]\nbell = true\n`,
    yaml: `# kept\nmodel: x\n${key.join('.')}:\n  # of mine\n  docs:\n    cmd: x # here\n  issues:\n    cmd: y\n    args: [-v]\nlast: 1\n`,
  }[format]
}

describe('setup moves the servers of a client into our file', () => {
  it.each(writable.map(({ name }) => [name] as const))('%s: and undo gives back every byte', async (name) => {
    const home = setupHome({ [name]: sample(name) })
    const before = home.textOf(name)
    const { servers } = await home.run(name)
    expect(servers.map((fate) => [fate.name, fate.kind])).toEqual([
      ['docs', 'moves'],
      ['issues', 'moves'],
    ])
    const after = home.textOf(name)
    expect(after).toContain('kept')
    expect(after).toContain('/opt/gateway/cli.js')
    expect(after).not.toContain('docs')
    expect(home.own().servers).toEqual({ docs: { command: 'x' }, issues: { command: 'y', args: ['-v'] } })
    await home.run(name)
    expect(home.textOf(name)).toBe(after)
    await home.runUndo(name)
    expect(home.textOf(name)).toBe(before)
  })

  it('writes our file for this user alone, with a schema beside it', async () => {
    const home = setupHome({ cursor: sample('cursor') })
    await home.run('cursor')
    const { $schema = '' } = home.own()
    expect(readFileSync(join(dirname(home.ownFile), $schema), 'utf8')).toBe('{}\n')
    for (const name of ['mcp-optimizer.json', 'mcp-optimizer.moved.json'])
      expect(statSync(join(home.folder, name)).mode & 0o777).toBe(0o600)
  })

  it('what was moved is what the gateway serves', async () => {
    const home = setupHome({ cursor: sample('cursor') })
    await home.run('cursor')
    const { config, problems } = await loadConfig({
      cwd: home.places.cwd,
      env: {},
      platform: 'linux',
      home: home.places.home,
      userFolder: home.folder,
    })
    expect(problems).toEqual([])
    expect(config.servers).toMatchObject({ docs: { command: 'x' }, issues: { args: ['-v'] } })
  })

  it('makes a file where there was none, and leaves it there without our entry', async () => {
    const home = setupHome()
    expect((await home.run('claude-desktop')).backups).toEqual([])
    expect(JSON.parse(home.textOf('claude-desktop'))).toEqual({ mcpServers: { [NAME]: OWN } })
    // Without a file of ours the servers of all clients are found, as before.
    expect(readdirSync(home.folder)).toEqual(['mcp-optimizer.moved.json'])
    await home.runUndo('claude-desktop')
    expect(JSON.parse(home.textOf('claude-desktop'))).toEqual({ mcpServers: {} })
  })

  it('keeps the former text in a dated file beside it', async () => {
    const home = setupHome({ cursor: sample('cursor') })
    const before = home.textOf('cursor')
    const [backup = ''] = (await home.run('cursor')).backups
    expect(basename(backup)).toMatch(/^mcp\.json\.2026-11-30T12-00-\d\d\.000Z\.before-mcp-optimizer$/)
    expect(readFileSync(backup, 'utf8')).toBe(before)
  })

  it('writes through a link, keeps the rights of the file and its marks', async () => {
    const home = setupHome()
    const real = join(temporaryFolder(), 'dotfiles.json')
    writeFileSync(real, Buffer.from(`\ufeff${JSON.stringify({ mcpServers: { a: { command: 'x' } } })}`, 'utf16le'), {
      mode: 0o640,
    })
    mkdirSync(dirname(home.fileOf('cursor')), { recursive: true })
    symlinkSync(real, home.fileOf('cursor'))
    await home.run('cursor')
    expect(statSync(real).mode & 0o777).toBe(0o640)
    expect(readFileSync(real).toString('utf16le')).toContain(NAME)
    expect(home.own().servers).toEqual({ a: { command: 'x' } })
  })

  it('leaves what only its client can start, and itself', async () => {
    const home = setupHome({
      goose: 'extensions:\n  developer:\n    type: builtin\n    enabled: true\n  a:\n    cmd: x\n',
      cursor: JSON.stringify({
        mcpServers: {
          us: { command: 'npx', args: ['-y', 'mcp-optimizer', 'serve'] },
          secret: { command: 'x', envFile: '.env' },
          helped: { url: 'https://example.org/mcp', headersHelper: 'x' },
        },
      }),
    })
    const goose = await home.run('goose')
    expect(goose.servers).toMatchObject([
      { name: 'developer', kind: 'stays', reason: 'only Goose itself can start it' },
      { name: 'a', kind: 'moves' },
    ])
    expect(home.textOf('goose')).toContain('developer')
    const cursor = await home.run('cursor')
    expect(cursor.servers.map(({ kind }) => kind)).toEqual(['stays', 'stays', 'stays'])
  })
})

describe('TOML entries that are no tables of their own', () => {
  it.each([
    [
      'inline in the table',
      '[mcp_servers]\ndocs = { command = "x" } # mine\nissues.command = "y"\n\n[tui]\nbell = true\n',
    ],
    [
      'as dotted keys',
      'model = "m"\nmcp_servers.docs.command = "x"\nmcp_servers.docs.args = ["a = b"]\n\n[tui]\nbell = true\n',
    ],
  ])('%s: move, and come back byte for byte', async (_what, text) => {
    const home = setupHome({ codex: text })
    await home.run('codex')
    expect(home.own().servers).toMatchObject({ docs: { command: 'x' } })
    expect(home.textOf('codex')).not.toContain('"x"')
    await home.runUndo('codex')
    expect(home.textOf('codex')).toBe(text)
  })
})

describe('several clients', () => {
  const server = { command: 'x', args: ['a'] }

  it('the same server is one, another of its name gets a name of its own', async () => {
    const home = setupHome({
      cursor: JSON.stringify({ mcpServers: { docs: server, issues: { command: 'y' } } }),
      windsurf: JSON.stringify({ mcpServers: { pages: server, issues: { command: 'z' } } }),
    })
    await home.run('cursor')
    const { servers } = await home.run('windsurf')
    expect(servers).toMatchObject([
      { name: 'pages', server: 'docs', notes: ['is the same server as "docs"'] },
      { name: 'issues', server: 'issues-windsurf' },
    ])
    expect(home.own().servers).toEqual({ docs: server, issues: { command: 'y' }, 'issues-windsurf': { command: 'z' } })
  })

  it('a server that another client needs stays in our file until that one is undone too', async () => {
    const home = setupHome({
      cursor: JSON.stringify({ mcpServers: { docs: server } }),
      windsurf: JSON.stringify({ mcpServers: { docs: server } }),
    })
    await home.run('cursor')
    await home.run('windsurf')
    const [first] = await home.runUndo('cursor')
    expect(first?.kept).toEqual([{ name: 'docs', reason: 'windsurf had it too' }])
    expect(home.own().servers).toEqual({ docs: server })
    const [second] = await home.runUndo('windsurf')
    expect(basename(second?.retired ?? '')).toMatch(/^mcp-optimizer\.json\..*\.before-mcp-optimizer$/)
    expect(readdirSync(home.folder)).toEqual([basename(second?.retired ?? '')])
  })

  it('a server that is off stays off, unless another client has it on', async () => {
    const home = setupHome({
      cursor: JSON.stringify({
        mcpServers: { docs: { ...server, disabled: true }, off: { command: 'o', disabled: true } },
      }),
      windsurf: JSON.stringify({ mcpServers: { docs: server } }),
    })
    await home.run('cursor')
    expect(home.own().servers).toEqual({ docs: { ...server, disabled: true }, off: { command: 'o', disabled: true } })
    const { servers } = await home.run('windsurf')
    expect(servers[0]).toMatchObject({ notes: ['was disabled in another client, and is on for all now'] })
    expect(home.own().servers).toMatchObject({ docs: server })
    await home.runUndo('windsurf')
    await home.runUndo('cursor')
    expect(JSON.parse(home.textOf('cursor'))).toMatchObject({ mcpServers: { docs: { disabled: true } } })
    expect(readdirSync(home.folder).filter((name) => name === 'mcp-optimizer.json')).toEqual([])
  })
})

describe('spelling', () => {
  it.each([
    [
      'claude-code',
      { command: 'x', env: { A: '${T}', B: '${T:-d}', C: 'sk-1' } },
      { A: '${T}', B: '${T:-d}', C: 'sk-1' },
    ],
    ['cursor', { command: 'x', env: { A: '${env:T}' } }, { A: '${T}' }],
    [
      'gemini-cli',
      { command: 'x', env: { A: '$T', B: '${T}', C: 'pa$$word' } },
      { A: '${T:-$T}', B: '${T}', C: 'pa$${word:-$word}' },
    ],
    [
      'opencode',
      { type: 'local', command: ['x'], environment: { A: '{env:T}', B: '${T}' } },
      { A: '${T}', B: '$${T}' },
    ],
  ] as const)('of %s: a variable stays a variable, a secret stays as it stood', async (client, entry, env) => {
    const { key } = clientNamed(client)
    const home = setupHome({ [client]: JSON.stringify({ [key[0] ?? '']: { a: entry } }) })
    await home.run(client)
    if (client === 'gemini-cli') return expect(home.own().servers['a']).toMatchObject({ env: { A: env.A, B: '${T}' } })
    expect(home.own().servers).toEqual({ a: { command: 'x', env } })
  })

  it('of Codex: variables that keys name become variables, `${` is a text, and our entry asks for them', async () => {
    const home = setupHome({
      codex:
        '[mcp_servers.web]\nurl = "https://example.org/mcp"\nbearer_token_env_var = "TOK"\nhttp_headers = { X = "a${B}" }\n\n[mcp_servers.loc]\ncommand = "x"\nenv_vars = ["K"]\n',
    })
    await home.run('codex')
    expect(home.own().servers).toEqual({
      web: { url: 'https://example.org/mcp', headers: { X: 'a$${B}', Authorization: 'Bearer ${TOK}' } },
      loc: { command: 'x', env: { K: '${K:-}' } },
    })
    expect(home.textOf('codex')).toContain('env_vars = [ "K", "TOK" ]')
    const { config } = await loadConfig({
      cwd: home.places.cwd,
      env: { TOK: 't', B: 'no' },
      home: home.places.home,
      userFolder: home.folder,
    })
    expect(config.servers).toMatchObject({ web: { headers: { X: 'a${B}', Authorization: 'Bearer t' } } })
  })

  it('an address of a variable is moved', async () => {
    const home = setupHome({ cursor: '{"mcpServers": {"a": {"url": "${env:BASE}/mcp"}}}' })
    await home.run('cursor')
    expect(home.own().servers).toEqual({ a: { url: '${BASE}/mcp' } })
  })

  it('keys without a meaning in our file are told, and come back', async () => {
    const text = '{"mcpServers": {"a": {"command": "x", "autoApprove": ["y"], "gallery": true}}}'
    const home = setupHome({ cursor: text })
    expect((await home.run('cursor')).servers).toMatchObject([{ dropped: ['autoApprove', 'gallery'] }])
    await home.runUndo('cursor')
    expect(home.textOf('cursor')).toBe(text)
  })
})

describe('undo, whatever else changed since', () => {
  const two =
    '{\n  "mcpServers": {\n    "a": {\n      "command": "x" // mine\n    },\n    "b": { "command": "y" }\n  }\n}\n'

  it('keeps what the client wrote', async () => {
    const home = setupHome({ 'claude-code': two })
    await home.run('claude-code')
    home.write(
      'claude-code',
      home
        .textOf('claude-code')
        .replace('{', '{\n  "numStartups": 57,')
        .replace('"mcp-optimizer": {', '"later": {"command": "z"},\n    "mcp-optimizer": {'),
    )
    await home.runUndo('claude-code')
    const text = home.textOf('claude-code')
    expect(text).toContain('// mine')
    expect(text).toContain('"numStartups": 57')
    expect(text).not.toContain(NAME)
    expect(text).toContain('"later": {"command": "z"}')
  })

  it('in a file that the client wrote anew', async () => {
    const home = setupHome({ 'claude-code': two })
    await home.run('claude-code')
    const state = JSON.parse(home.textOf('claude-code')) as Record<string, unknown>
    home.write('claude-code', JSON.stringify({ n: 1, ...state }, null, 4))
    await home.runUndo('claude-code')
    expect(JSON.parse(home.textOf('claude-code').replace('// mine', ''))).toEqual({
      n: 1,
      mcpServers: { a: { command: 'x' }, b: { command: 'y' } },
    })
  })

  it('does not write over a server that has the name now, and keeps ours', async () => {
    const home = setupHome({ cursor: two })
    await home.run('cursor')
    home.write(
      'cursor',
      home.textOf('cursor').replace('"mcp-optimizer": {', '"a": {"command": "new"}, "mcp-optimizer": {'),
    )
    const [done] = await home.runUndo('cursor')
    expect(done).toMatchObject({ back: ['b'], taken: ['a'], removed: ['b'] })
    expect(home.textOf('cursor')).toContain('"new"')
    expect(home.own().servers).toEqual({ a: { command: 'x' } })
  })

  it('puts servers back though the user took our entry out, or deleted the file', async () => {
    const home = setupHome({ cursor: two, windsurf: two })
    await home.run('cursor')
    await home.run('windsurf')
    home.write('cursor', '{"mcpServers": {}}')
    rmSync(home.fileOf('windsurf'))
    await home.runUndo('cursor')
    await home.runUndo('windsurf')
    for (const client of ['cursor', 'windsurf'])
      expect(
        Object.keys((JSON.parse(home.textOf(client).replace('// mine', '')) as { mcpServers: object }).mcpServers),
      ).toEqual(['a', 'b'])
  })

  it('keeps what the user changed in our file, and tells', async () => {
    const home = setupHome({ cursor: two })
    await home.run('cursor')
    writeFileSync(home.ownFile, readFileSync(home.ownFile, 'utf8').replace('"x"', '"x2"').replace('{', '{ // note'))
    const [done] = await home.runUndo('cursor')
    expect(done?.kept).toEqual([{ name: 'a', reason: 'it was changed there since' }])
    expect(readFileSync(home.ownFile, 'utf8')).toContain('// note')
    expect(readFileSync(home.ownFile, 'utf8')).toContain('"x2"')
    expect(home.textOf('cursor')).toBe(two)
  })

  it('leaves servers of a file that was there before', async () => {
    const home = setupHome({ cursor: two })
    mkdirSync(home.folder, { recursive: true })
    writeFileSync(home.ownFile, '{\n  // by hand\n  "servers": { "a": { "command": "x" } }\n}\n')
    const before = readFileSync(home.ownFile, 'utf8')
    await home.run('cursor')
    await home.runUndo('cursor')
    expect(readFileSync(home.ownFile, 'utf8')).toBe(before)
  })

  it.each([
    ['our name in a path', '{"projects": {"/home/ann/src/mcp-optimizer": {}}, "mcpServers": {"a": {"command": "b"}}}'],
    ['no entry of ours', '{"mcpServers": {"a": {"command": "b"}}}'],
    ['an empty file', ''],
    ['our name as a text', '{"mcpServers": {"a": {"command": "mcp-optimizer"}}}'],
  ])('touches nothing where nothing was done: %s', async (_what, text) => {
    const home = setupHome({ 'claude-code': text })
    const before = home.files()
    expect(await home.runUndo('claude-code')).toEqual([])
    expect(await (await home.undo()).clients()).toEqual([])
    expect(home.files()).toEqual(before)
  })

  it('takes out an entry that was written by hand', async () => {
    const home = setupHome({ cursor: '{"mcpServers": {"mcp-optimizer": {"command": "x"}, "a": {"command": "b"}}}' })
    await home.runUndo('cursor')
    expect(JSON.parse(home.textOf('cursor'))).toEqual({ mcpServers: { a: { command: 'b' } } })
  })
})

describe('a file that cannot take our entry is refused with its place, and nothing is written', () => {
  it.each([
    ['cursor', 'no JSON at all', 'not json at all', /line 1:1/],
    ['cursor', 'a cut file', '{"mcpServers": {"a": {"command": "x"} ', /line 1:\d+/],
    ['cursor', 'null for servers', '{\n  "mcpServers": null}', /line 2:17: found null at "mcpServers", wanted a map/],
    ['cursor', 'a list for servers', '{"mcpServers": []}', /line 1:16: found a list at "mcpServers"/],
    ['cursor', 'a list', '[]', /found a list, wanted a map/],
    ['goose', 'null for extensions', 'extensions: null\n', /line 1:1: found null at "extensions"/],
    ['goose', 'a list for extensions', 'a: 1\nextensions:\n  - a\n', /line 2:1: found a list at "extensions"/],
    ['goose', 'broken YAML', 'a: [1,\nb: }\n', /line \d+:\d+/],
    ['codex', 'broken TOML', 'a = \n[x\n', /line \d+:\d+/],
    [
      'codex',
      'an inline table',
      'a = 1\nmcp_servers = { docs = { command = "x" } }\n',
      /line 2:1: .* cannot be changed in place/,
    ],
    ['codex', 'a text', 'mcp_servers = "x"\n', /line 1:1: found a string at "mcp_servers"/],
  ])('%s: %s', async (name, _what, text, message) => {
    const home = setupHome({ [name]: text })
    const before = home.files()
    await expect(home.run(name)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
    expect(home.files()).toEqual(before)
  })

  it.each([
    ['bytes that are no text', 'cursor', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a broken file of ours', '.config/mcp-optimizer/mcp-optimizer.json', Buffer.from('{"servers": {')],
    ['a list in a file of ours', '.config/mcp-optimizer/mcp-optimizer.json', Buffer.from('{"servers": []}')],
    ['a broken record', '.config/mcp-optimizer/mcp-optimizer.moved.json', Buffer.from('{}')],
  ])('%s', async (_what, place, bytes) => {
    const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
    mkdirSync(home.folder, { recursive: true })
    writeFileSync(place === 'cursor' ? home.fileOf('cursor') : join(home.places.home, place), bytes)
    const before = home.files()
    await expect(home.run('cursor')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(home.files()).toEqual(before)
  })
})

describe('our entry', () => {
  it.each([
    ['claude-code', { type: 'stdio', ...OWN, alwaysLoad: true }],
    ['copilot-cli', { type: 'local', ...OWN, deferTools: 'never', tools: ['*'] }],
    ['qwen-code', { ...OWN, alwaysLoadTools: true }],
    ['cursor', OWN],
  ])('for %s is loaded at once where it has a key for it', async (name, entry) => {
    const home = setupHome({ [name]: '{}' })
    await home.run(name)
    expect(JSON.parse(home.textOf(name))).toEqual({ mcpServers: { [NAME]: entry } })
  })

  it.each([
    ['claude-code', { type: 'http', url: 'U', alwaysLoad: true }],
    ['windsurf', { serverUrl: 'U' }],
    ['gemini-cli', { httpUrl: 'U' }],
    ['cursor', { url: 'U' }],
  ])('for %s can be an address', async (name, entry) => {
    const home = setupHome({ [name]: '{}' })
    await home.run(name, { url: 'U' })
    expect(JSON.parse(home.textOf(name))).toEqual({ mcpServers: { [NAME]: entry } })
    // The address stays when other clients are set up without it.
    await home.run(name)
    expect(JSON.parse(home.textOf(name))).toEqual({ mcpServers: { [NAME]: entry } })
  })

  it('is renewed where it would start another program, or none, and kept where the user changed it', async () => {
    const home = setupHome({
      cursor: '{"mcpServers": {"mcp-optimizer": {"command": "npx", "args": ["-y", "mcp-optimizer", "serve"]}}}',
      windsurf:
        '{"mcpServers": {"mcp-optimizer": {"command": "npx", "args": ["-y", "mcp-optimizer@0.1.0", "serve", "--compact"]}}}',
    })
    expect((await home.run('cursor')).ours).toBe('replaced')
    expect(JSON.parse(home.textOf('cursor'))).toEqual({ mcpServers: { [NAME]: OWN } })
    expect((await home.run('windsurf')).ours).toBe('kept')
  })

  it('makes room for itself where another server has its name', async () => {
    const text = '{"mcpServers": {"mcp-optimizer": {"command": "prompt-optimizer"}, "b": {"command": "y"}}}'
    const home = setupHome({ cursor: text })
    await home.run('cursor')
    expect(home.own().servers).toMatchObject({ 'mcp-optimizer': { command: 'prompt-optimizer' } })
    expect(home.textOf('cursor')).toContain('/opt/gateway')
    await home.runUndo('cursor')
    expect(JSON.parse(home.textOf('cursor'))).toEqual(JSON.parse(text))
  })

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
  ])('of %s starts its path or a pinned version', (_what, platform, script, wanted) => {
    expect(ownCommand({ platform, node: '/bin/node', script, version: '1.2.3' })).toEqual(wanted)
  })
})

describe('a client that has us and the same servers', () => {
  it('is told until they are moved', async () => {
    const home = setupHome({
      cursor: JSON.stringify({
        mcpServers: {
          docs: { command: 'x', args: ['a'] },
          alone: { command: 'z' },
          'mcp-optimizer': { command: 'npx', args: ['-y', 'mcp-optimizer', 'serve'] },
        },
      }),
      windsurf: '{"mcpServers": {"docs": {"command": "x", "args": ["a"]}}}',
    })
    const served = { docs: { type: 'stdio', command: 'x', args: ['a'] } } as const
    expect(await findDoubled(served, home.places)).toMatchObject([{ client: { name: 'cursor' }, servers: ['docs'] }])
    await home.run('cursor')
    expect(await findDoubled(served, home.places)).toEqual([])
  })
})
