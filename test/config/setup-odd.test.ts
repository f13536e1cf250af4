import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { clientNamed } from '../../src/config/setup/client-named.ts'
import { nodeDisk } from '../../src/config/setup/disk.ts'
import { OWN, setupHome } from '../support/setup-home.ts'
import { createSetup, type Setup } from '../../src/config/setup/setup.ts'

describe('setup and undo give back every byte of a file that is written in an odd way', () => {
  it.each([
    ['codex', 'a table within a text', 'x = """\n[mcp_servers.no]\n"""\n[mcp_servers.a]\ncommand = "x"\n', ['a']],
    [
      'codex',
      'texts and lists on several lines',
      `[mcp_servers.a]\ncommand = 'x'\nargs = ['''\n[y]\n# z\n''', """\\"""\n[w]\n""",\n  "k = 1", # ]\n]\n[tui]\nb = [\n  [1],\n]\n`,
      ['a'],
    ],
    [
      'codex',
      'keys with dots and lists on several lines',
      '[mcp_servers]\na.command = "x"\na.args = [\n  "b = 1",\n]\n[tui]\n',
      ['a'],
    ],
    [
      'codex',
      'escapes in names',
      '[mcp_servers."a\\u0062"]\ncommand = "x"\n[mcp_servers."q\\"q"]\nurl = "http://q.example"\n',
      ['ab', 'q"q'],
    ],
    ['codex', 'a mark', '\ufeff[mcp_servers.a]\ncommand = "x"\n', ['a']],
    ['codex', 'an integer of 64 bits', 'limit = 9223372036854775807\n[mcp_servers.a]\ncommand = "x"\n', ['a']],
    ['cursor', 'nothing but a mark', '\ufeff', []],
    [
      'cursor',
      'one server under three names',
      `{"mcpServers": {${['a', 'b', 'c'].map((name) => `"${name}": {"command": "x"}`).join()}}}`,
      ['a', 'b', 'c'],
    ],
  ])('%s: %s', async (client, _about, text, names) => {
    const home = setupHome({ [client]: text })
    const { servers } = await home.run(client)
    const moved = servers.flatMap((fate) => (fate.kind === 'moves' ? [fate] : []))
    expect(moved.map(({ name }) => name)).toEqual(names)
    const own = names.length === 0 ? [] : Object.keys(home.own().servers)
    expect(moved.filter(({ server }) => !own.includes(server))).toEqual([])
    expect(home.textOf(client).startsWith('\ufeff')).toBe(text.startsWith('\ufeff'))
    await home.runUndo(client)
    expect(home.textOf(client)).toBe(text)
  })

  it('a JSON file that is null is refused as what it is', async () => {
    await expect(setupHome({ cursor: 'null' }).run('cursor')).rejects.toThrow('line 1:1: found null, wanted a map')
  })
})

it('what an entry of YAML takes from elsewhere comes with it', async () => {
  const text =
    'shared: &shared\n  enabled: true\n  envs: {A: b}\nextensions:\n  a:\n    <<: *shared\n    type: stdio\n    cmd: x\n    name: a\n'
  const home = setupHome({ goose: text })
  expect((await home.run('goose')).servers).toMatchObject([{ name: 'a', dropped: [] }])
  expect(home.own().servers).toEqual({ a: { command: 'x', env: { A: 'b' } } })
  await home.runUndo('goose')
  expect(home.textOf('goose')).toBe(text)
})

it('a server whose value a command of its client gives stays there', async () => {
  const home = setupHome({ crush: '{"mcp": {"a": {"type": "stdio", "command": "x", "env": {"K": "$(pass show k)"}}}}' })
  expect((await home.run('crush')).servers).toMatchObject([
    { kind: 'stays', reason: expect.stringContaining('runs a command') },
  ])
})

it('a list of tools that names all of them is nothing that is dropped', async () => {
  const home = setupHome({ 'copilot-cli': '{"mcpServers": {"a": {"type": "local", "command": "x", "tools": ["*"]}}}' })
  expect((await home.run('copilot-cli')).servers).toMatchObject([{ name: 'a', dropped: [] }])
})

it('what a killed run had begun is cleared by the next one, and nothing else of that kind', async () => {
  const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
  const folder = dirname(home.fileOf('cursor'))
  const id = '00000000-0000-4000-8000-000000000000'
  // No process has the number that lies beyond the largest one of any system.
  const [gone, running, foreign] = ['4294967', String(process.pid), 'x'].map(
    (writer) => `mcp.json.${writer}-${id}.mcp-optimizer.tmp`,
  )
  for (const name of [gone, running, foreign]) writeFileSync(join(folder, name ?? ''), '{')
  await home.run('cursor')
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([running, foreign]))
  expect(readdirSync(folder)).not.toContain(gone)
})

describe('setup refuses to move servers into a file that would not be read', () => {
  it('because one in the home folder is', async () => {
    const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
    const other = join(home.places.home, 'mcp-optimizer.json')
    writeFileSync(other, '{"servers": {}}')
    await expect(home.run('cursor')).rejects.toThrow(`${other} is read in its place`)
    expect(home.textOf('cursor')).toContain('"a"')
  })

  it('because the user names another', async () => {
    const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
    const setup = async (path: string): Promise<Setup> =>
      await createSetup({
        places: { ...home.places, env: { MCP_OPTIMIZER_CONFIG: path } },
        folder: home.folder,
        own: OWN,
        disk: nodeDisk,
        now: new Date(),
        schema: async () => '{}\n',
      })
    await expect(setup('/etc/other.json')).rejects.toThrow('/etc/other.json is named by MCP_OPTIMIZER_CONFIG')
    mkdirSync(home.folder, { recursive: true })
    await (await setup(home.ownFile)).run(clientNamed('cursor'))
    expect(readFileSync(home.ownFile, 'utf8')).toContain('"a"')
  })
})

it('a file that is read-only is left as it is, and our file too', async () => {
  const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
  chmodSync(home.fileOf('cursor'), 0o444)
  const before = home.files()
  await expect(home.run('cursor')).rejects.toThrow('it is read-only; nothing was written')
  expect(home.files()).toEqual(before)
})

it('without its record undo takes our entry out, and names the former files', async () => {
  const home = setupHome({ cursor: '{"mcpServers": {"a": {"command": "x"}}}' })
  const own = { command: '/usr/bin/node', args: ['/opt/mcp-optimizer/dist/cli.js', 'serve'] }
  const { backups } = await home.run('cursor', own)
  rmSync(home.folder, { recursive: true })
  expect(await home.runUndo('cursor')).toMatchObject([{ back: [], oursOut: true, formers: [backups.at(-1)] }])
})
