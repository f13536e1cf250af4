import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { configFolder, homeFolder } from '../../src/config/own-folders.ts'
import { approvalsOf, loadConfig, type LoadOptions, projectParts } from '../../src/config/load.ts'
import { claimHash } from '../../src/config/trust/claim.ts'
import { approveAll } from '../support/approve.ts'
import { temporaryFolder } from '../support/servers.ts'

let root: string
let options: LoadOptions

beforeEach(() => {
  root = temporaryFolder()
  mkdirSync(join(root, 'home/work/sub'), { recursive: true })
  options = {
    cwd: join(root, 'home/work'),
    env: {},
    home: join(root, 'home'),
    platform: 'linux',
    userFolder: join(root, 'home/.config/mcp-optimizer'),
  }
})

function write(file: string, content: unknown): void {
  const path = join(root, 'home', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
}

async function servers(more: Partial<LoadOptions> = {}): Promise<string[]> {
  return Object.keys((await loadConfig({ ...options, ...more })).config.servers)
}

const helper = { command: 'sh', args: ['-c', 'touch marker'], env: { A: '${HOME_OF_A:-a}' } }
const json = (entry: unknown, name = 'helper'): string => JSON.stringify({ mcpServers: { [name]: entry } })

describe('files of a project start nothing until they are approved', () => {
  it.each<[string, unknown]>([
    ['work/.mcp.json', json(helper)],
    ['work/.cursor/mcp.json', json(helper)],
    ['work/.vscode/mcp.json', { servers: { helper } }],
    ['work/.gemini/settings.json', json(helper)],
    ['work/.codex/config.toml', '[mcp_servers.helper]\ncommand = "sh"\n'],
    ['work/.zed/settings.json', { context_servers: { helper } }],
    ['work/opencode.json', { mcp: { helper: { type: 'local', command: ['sh'] } } }],
    ['work/mcp-optimizer.json', { servers: { helper } }],
    ['work/mcp-optimizer.jsonc', { mcpServers: { helper } }],
  ])('%s', async (file, content) => {
    write(file, content)
    const { config, leftOut } = await loadConfig(options)
    expect([config.servers, config.unapproved]).toEqual([{}, ['helper']])
    expect(leftOut).toMatchObject([{ why: 'new', claim: { path: join(root, 'home', file) } }])
    await approveAll(options)
    expect(await servers()).toEqual(['helper'])
    expect((await loadConfig(options)).leftOut).toEqual([])
  })

  it("of a file of our own nothing has effect: the user's is used instead", async () => {
    write('work/mcp-optimizer.json', { cacheDir: './c', compact: true, http: { token: 'x' }, intents: ['./i'] })
    write('.config/mcp-optimizer/mcp-optimizer.json', { servers: { mine: { command: 'x' } } })
    const { config, sources } = await loadConfig(options)
    expect(config).toMatchObject({ compact: false, intents: [], servers: { mine: { command: 'x' } } })
    expect(config.http.token).toBeUndefined()
    expect(config.cacheDir).not.toContain(root)
    expect(sources).toEqual([join(root, 'home/.config/mcp-optimizer/mcp-optimizer.json')])
  })

  it('the user need not approve what is his own, or what he names', async () => {
    write('.cursor/mcp.json', json({ command: 'x' }, 'cursor'))
    write('.claude.json', { projects: { [options.cwd]: { mcpServers: { local: helper } } } })
    expect((await servers()).toSorted()).toEqual(['cursor', 'local'])
    write('work/mcp-optimizer.json', { servers: { named: helper } })
    expect(await servers({ flags: { config: 'mcp-optimizer.json' } })).toEqual(['named'])
    expect(await servers({ env: { MCP_OPTIMIZER_CONFIG: 'mcp-optimizer.json' } })).toEqual(['named'])
  })

  it('switches of a project give the user nothing back that he switched off', async () => {
    write('.gemini/settings.json', {
      mcpServers: { mine: helper, other: { command: 'x' } },
      mcp: { allowed: ['other'] },
    })
    write('work/.gemini/settings.json', { mcp: { allowed: ['mine', 'other'] } })
    expect((await loadConfig(options)).config.servers).toMatchObject({ mine: { disabled: true } })
  })

  it('a file of variables in the folder sets nothing', async () => {
    write('work/.env', 'MCP_OPTIMIZER_CONFIG=evil.json\n')
    write('work/evil.json', { servers: { evil: helper } })
    expect(await servers()).toEqual([])
  })

  it('disabled servers and our own entry are nothing to approve', async () => {
    write('work/.mcp.json', { mcpServers: { off: { ...helper, disabled: true }, us: { command: 'mcp-optimizer' } } })
    expect((await loadConfig(options)).leftOut).toEqual([])
  })

  it('a broken file of ours stops the gateway only where one was approved', async () => {
    write('work/mcp-optimizer.json', '{"servers": ')
    const { problems } = await loadConfig(options)
    expect(problems).toMatchObject([{ message: expect.stringContaining('the file is left out') }])
    write('work/mcp-optimizer.json', {})
    await approveAll(options)
    write('work/mcp-optimizer.json', '{"servers": ')
    await expect(loadConfig(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('an approval holds for what was shown', () => {
  it('comments, spaces and order do not ask again', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    const { command, args, env } = helper
    write('work/.mcp.json', `// mine\n{"mcpServers": {"helper": ${JSON.stringify({ env, args, command })} , } }`)
    expect(await servers()).toEqual(['helper'])
  })

  it.each<[string, object]>([
    ['command', { command: 'bash' }],
    ['args', { args: ['-c', 'touch other'] }],
    ['env', { env: { A: 'b' } }],
    ['cwd', { cwd: '..' }],
    ['a key that nobody knows yet', { headersHelper: './x' }],
    ['tools that are shown', { disabledTools: [] }],
  ])('another %s asks again', async (_what, change) => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    write('work/.mcp.json', json({ ...helper, ...change }))
    expect((await loadConfig(options)).leftOut).toMatchObject([{ why: 'changed', claim: { name: 'helper' } }])
    write('work/.mcp.json', json(helper))
    expect(await servers()).toEqual(['helper'])
  })

  it('another name asks again: it could take the place of a server of the user', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    write('work/.mcp.json', json(helper, 'github'))
    expect(await servers()).toEqual([])
  })

  it('a switch of the user asks nothing again', async () => {
    write('work/.gemini/settings.json', json(helper))
    await approveAll(options)
    write('.gemini/settings.json', { mcp: { excluded: ['other'] } })
    expect(await servers()).toEqual(['helper'])
  })

  it('a new server waits, the others go on', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    write('work/.mcp.json', { mcpServers: { helper, more: { command: 'x' } } })
    expect(await servers()).toEqual(['helper'])
  })

  it('values of variables may change, files that an entry names may not', async () => {
    write('work/.vscode/mcp.json', { servers: { s: { command: '${BIN:-x}', envFile: '.env' } } })
    write('work/.env', 'A=1\n')
    await approveAll(options)
    expect(await servers({ env: { BIN: 'y' } })).toEqual(['s'])
    write('work/.env', 'NODE_OPTIONS=--require ./evil.js\n')
    const changed = await loadConfig(options)
    expect([changed.config.servers, changed.leftOut]).toMatchObject([{}, [{ why: 'changed' }]])
    rmSync(join(options.cwd, '.env'))
    expect(await servers()).toEqual([])
  })

  it.each<[string, string, string, unknown, string]>([
    [
      'a file of variables',
      '.config/Code/User/mcp.json',
      'servers',
      { command: 'x', envFile: '${workspaceFolder}/.env' },
      '.env',
    ],
    ['a relative one', '.cursor/mcp.json', 'mcpServers', { command: 'x', envFile: '.env' }, '.env'],
    ['one by a variable', '.cursor/mcp.json', 'mcpServers', { command: 'x', envFile: '${PWD}/.env' }, '.env'],
    [
      'a file as text',
      '.config/opencode/opencode.json',
      'mcp',
      { type: 'local', command: ['{file:bin.txt}'] },
      'bin.txt',
    ],
  ])("%s of the working folder in the user's entry is the project's", async (_what, file, key, entry, read) => {
    options = { ...options, env: { PWD: options.cwd } }
    write(file, { [key]: { s: entry } })
    write(`work/${read}`, 'NODE_OPTIONS=--require=./evil.js\n')
    const { config, leftOut, problems } = await loadConfig(options)
    expect([config.servers, config.unapproved, problems]).toEqual([{}, ['s'], []])
    expect(leftOut).toMatchObject([{ why: 'new', claim: { name: 's', path: join(root, 'home', file) } }])
    await approveAll(options)
    expect(await servers()).toEqual(['s'])
    write(`work/${read}`, 'NODE_OPTIONS=--require=./other.js\n')
    expect((await loadConfig(options)).leftOut).toMatchObject([{ why: 'changed' }])
    rmSync(join(options.cwd, read))
    expect((await loadConfig(options)).leftOut).toEqual([])
  })

  it('text of files stands beside our own file, not in the working folder', async () => {
    const entry = { command: '${file:bin.txt}' }
    write('.config/mcp-optimizer/mcp-optimizer.json', { servers: { s: entry } })
    write('work/bin.txt', 'evil')
    expect(await servers()).toEqual([])
    write('.config/mcp-optimizer/bin.txt', 'good')
    expect((await loadConfig(options)).config.servers['s']).toMatchObject({ command: 'good' })
    write('work/mcp-optimizer.json', { servers: { s: entry } })
    await approveAll(options)
    expect((await loadConfig({ ...options, cwd: join(options.cwd, 'sub') })).config.servers['s']).toMatchObject({
      command: 'evil',
    })
  })

  it("a file that the user's entry names wherever it is read needs no approval", async () => {
    write('work/.env', 'A=1\n')
    write('.cursor/own.env', 'A=1\n')
    const entries = [join(options.cwd, '.env'), '~/work/.env', 'own.env']
    write('.cursor/mcp.json', {
      mcpServers: Object.fromEntries(entries.map((envFile, index) => [`s${index}`, { command: `x${index}`, envFile }])),
    })
    expect(await servers()).toEqual(['s0', 's1', 's2'])
    write('.cursor/mcp.json', { mcpServers: { s: { command: 'x', envFile: '.env' } } })
    write('.env', 'A=1\n')
    expect(await servers({ cwd: join(root, 'home') })).toEqual(['s'])
  })

  it('files in the place of text are part of it', async () => {
    write('work/opencode.json', { mcp: { s: { type: 'local', command: ['{file:bin.txt}'] } } })
    write('work/bin.txt', 'good')
    await approveAll(options)
    expect((await loadConfig(options)).config.servers['s']).toMatchObject({ command: 'good' })
    write('work/bin.txt', 'evil')
    expect(await servers()).toEqual([])
  })

  it('every setting of a file of ours is part of it', async () => {
    const file = { servers: { helper }, search: { embedder: { type: 'tei', url: 'http://a.example' } } }
    write('work/mcp-optimizer.json', file)
    await approveAll(options)
    expect(await servers()).toEqual(['helper'])
    write('work/mcp-optimizer.json', { ...file, search: { embedder: { type: 'tei', url: 'http://evil.example' } } })
    expect(await servers()).toEqual([])
  })

  it('intents are approved one by one, by their content', async () => {
    write('work/mcp-optimizer.json', { intents: ['./intents'], cacheDir: './cache' })
    write('work/intents/a.ts', 'export default async () => 1')
    await approveAll(options)
    write('work/intents/b.ts', 'export default async () => 2')
    write('work/cache/saved-intents/c.ts', 'export default async () => 3')
    const { config, leftOut } = await loadConfig(options)
    expect(Object.keys(config.projectIntents?.files ?? {})).toEqual([join(options.cwd, 'intents/a.ts')])
    expect(leftOut.map(({ claim }) => [claim.kind, claim.name])).toEqual([
      ['intent', 'b.ts'],
      ['intent', 'c.ts'],
    ])
    write('work/intents/a.ts', 'export default async () => 666')
    expect((await loadConfig(options)).config.projectIntents?.files).toEqual({})
  })

  it('tells values apart that JSON writes alike', () => {
    const hash = (says: unknown): string => claimHash({ kind: 'server', folder: '/f', path: '/f/p', name: 'n', says })
    const values = [
      Number.NaN,
      Infinity,
      null,
      'null',
      '1',
      1,
      [1],
      { 0: 1 },
      new Date(0),
      new Date(0).toJSON(),
      {},
      [],
    ]
    expect(new Set(values.map(hash)).size).toBe(values.length)
    expect(hash({ a: 1, b: 2 })).toBe(hash({ b: 2, a: 1 }))
    expect(hash(JSON.parse('{"__proto__": {"a": 1}}'))).not.toBe(hash({}))
    expect(hash({ a: '1",b:"2' })).not.toBe(hash({ a: '1', b: '2' }))
  })
})

describe('folders', () => {
  it('above the working folder count too; their servers start there', async () => {
    write('work/mcp-optimizer.json', { servers: { a: { command: 'node', args: ['./a.js'] } } })
    const sub = { ...options, cwd: join(options.cwd, 'sub') }
    expect(await servers(sub)).toEqual([])
    await approveAll(options)
    expect((await loadConfig(sub)).config.servers['a']).toEqual({
      type: 'stdio',
      command: 'node',
      args: ['./a.js'],
      cwd: options.cwd,
    })
  })

  it('outside the home folder are projects up to the root', async () => {
    const cwd = join(root, 'srv/app')
    mkdirSync(cwd, { recursive: true })
    writeFileSync(join(root, 'srv/mcp-optimizer.json'), '{"servers":{"a":{"command":"x"}}}')
    expect(await servers({ cwd })).toEqual([])
    writeFileSync(join(root, 'mcp-optimizer.json'), '{"servers":{"a":{"command":"x"}}}')
    expect(await servers({ cwd: root })).toEqual([])
  })

  it('the home folder itself is the user’s, however it is spelled', async () => {
    write('.mcp.json', json(helper))
    write('mcp-optimizer.json', { import: true })
    expect(await servers({ cwd: join(root, 'home') })).toEqual(['helper'])
    symlinkSync(join(root, 'home'), join(root, 'link'))
    expect(await servers({ cwd: join(root, 'link') })).toEqual(['helper'])
    expect(await servers({ cwd: join(root, 'home'), home: join(root, 'link') })).toEqual(['helper'])
  })

  it('a home that is no whole path makes nothing the user’s own', async () => {
    write('work/.cursor/mcp.json', json(helper))
    write('work/.config/Claude/claude_desktop_config.json', json(helper))
    write('work/mcp-optimizer.json', { import: true })
    for (const home of ['', '.']) {
      const { config } = await loadConfig({ ...options, home })
      expect(config.servers).toEqual({})
    }
    const before = process.env['HOME']
    process.env['HOME'] = ''
    try {
      expect([homeFolder(), configFolder()].map((path) => path.startsWith('/'))).toEqual([true, true])
    } finally {
      process.env['HOME'] = before
    }
  })

  it('that move or are copied are asked about again', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    renameSync(options.cwd, join(root, 'home/moved'))
    expect(await servers({ cwd: join(root, 'home/moved') })).toEqual([])
  })

  it('a link to a folder is the folder', async () => {
    write('work/.mcp.json', json(helper))
    symlinkSync(options.cwd, join(root, 'home/alias'))
    await approveAll({ ...options, cwd: join(root, 'home/alias') })
    expect(await servers()).toEqual(['helper'])
  })
})

describe('links', () => {
  it('out of the folder are read, and approved by what they lead to', async () => {
    write('elsewhere.json', json(helper))
    symlinkSync(join(root, 'home/elsewhere.json'), join(options.cwd, '.mcp.json'))
    expect(await servers()).toEqual([])
    await approveAll(options)
    expect(await servers()).toEqual(['helper'])
    write('elsewhere.json', json({ command: 'evil' }))
    expect(await servers()).toEqual([])
  })

  it('to the file of the user are that file: paths in it count from where the user has it', async () => {
    write('.config/mcp-optimizer/mcp-optimizer.json', { servers: { mine: helper }, intents: ['./intents'] })
    symlinkSync(join(root, 'home/.config/mcp-optimizer/mcp-optimizer.json'), join(options.cwd, 'mcp-optimizer.json'))
    const { config } = await loadConfig(options)
    expect(Object.keys(config.servers)).toEqual(['mine'])
    expect(config.intents).toEqual([join(root, 'home/.config/mcp-optimizer/intents')])
  })

  it('to devices and folders are told, and read by nobody', async () => {
    symlinkSync('/dev/zero', join(options.cwd, '.mcp.json'))
    symlinkSync('/dev/zero', join(options.cwd, 'mcp-optimizer.json'))
    symlinkSync('/', join(options.cwd, 'opencode.json'))
    const { problems } = await loadConfig(options)
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('it is no file'),
      expect.stringContaining('it is no file'),
      expect.stringContaining('it is no file'),
    ])
    symlinkSync('/dev/zero', join(options.cwd, '.env'))
    write('work/.continue/mcpServers/a.yaml', 'mcpServers:\n  - name: a\n    command: ${{ secrets.A }}\n')
    expect(await servers()).toEqual([])
    rmSync(join(options.cwd, '.continue'), { recursive: true })
    write('work/.vscode/mcp.json', { servers: { s: { command: 'x', envFile: '/dev/zero' } } })
    expect((await projectParts(options)).parts).toMatchObject([{ files: { '/dev/zero': 'none' } }])
  })
})

describe('approvals', () => {
  const folder = (): string => join(root, 'home/.config/mcp-optimizer/trust')

  it('are files of this user alone', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    const [name = ''] = readdirSync(folder())
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600)
  })

  it.each<[string, (text: string) => string]>([
    ['empty', () => ''],
    ['cut', (text) => text.slice(0, 40)],
    ['of another version', (text) => text.replace('"version": 1', '"version": 2')],
    ['of another claim', (text) => text.replace(/"hash": "../, '"hash": "zz')],
    ['without files', (text) => text.replace('"files"', '"fils"')],
    ['of another folder', (text) => text.replace('"folder": "', '"folder": "/x')],
  ])('that are %s approve nothing', async (_what, damage) => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    const [name = ''] = readdirSync(folder())
    writeFileSync(join(folder(), name), damage(readFileSync(join(folder(), name), 'utf8')))
    expect(await servers()).toEqual([])
  })

  it('copied to another name approve nothing', async () => {
    write('work/.mcp.json', json(helper))
    await approveAll(options)
    const [name = ''] = readdirSync(folder())
    const text = readFileSync(join(folder(), name), 'utf8')
    write('work/.mcp.json', json({ command: 'evil' }))
    const [part] = (await projectParts(options)).parts
    if (part === undefined) throw new Error('nothing to approve')
    writeFileSync(join(folder(), `${claimHash(part)}.json`), text)
    expect(await servers()).toEqual([])
  })

  it('of many at once are all kept', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
    write('work/.mcp.json', { mcpServers: Object.fromEntries(names.map((name) => [name, helper])) })
    const { parts } = await projectParts(options)
    await Promise.all(parts.map(async (part) => await approvalsOf(options).add(part, new Date())))
    expect(await servers()).toEqual(names)
  })

  it('are taken back by folder', async () => {
    write('work/.mcp.json', json(helper))
    write('other/.mcp.json', json(helper))
    const other = { ...options, cwd: join(root, 'home/other') }
    await approveAll(options)
    await approveAll(other)
    const approvals = approvalsOf(options)
    expect(approvals.list().approvals).toHaveLength(2)
    expect(await approvals.revoke(options.cwd)).toBe(1)
    expect([await servers(), await servers(other)]).toEqual([[], ['helper']])
  })
})
