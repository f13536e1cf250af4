import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { Places } from '../../src/config/clients/client.ts'
import { CLIENTS } from '../../src/config/clients/clients.ts'
import { type RawServer, userServers } from '../../src/config/clients/user-servers.ts'
import { temporaryFolder } from '../support/servers.ts'

async function listed(
  client: string,
  file: string,
  content: unknown,
): Promise<Awaited<ReturnType<typeof userServers>>> {
  const home = temporaryFolder()
  mkdirSync(dirname(join(home, file)), { recursive: true })
  writeFileSync(join(home, file), typeof content === 'string' ? content : JSON.stringify(content))
  const places: Places = { platform: 'linux', home, cwd: join(home, 'work'), env: {} }
  const known = CLIENTS.find(({ name }) => name === client)
  if (known === undefined) throw new Error(`no client ${client}`)
  const found = await userServers(known, places)
  expect(found.file).toBe(join(home, file))
  return found
}

it('lists the servers of a user as they stand, variables and all, and those that are off as off', async () => {
  const entries = { a: { command: 'x', env: { T: '${T}' } }, b: { url: 'https://b.example', disabled: true } }
  const { servers } = await listed('cursor', '.cursor/mcp.json', { mcpServers: entries, other: 1 })
  expect(servers).toEqual<RawServer[]>([
    { name: 'a', entry: entries.a, path: ['mcpServers', 'a'], disabled: false },
    { name: 'b', entry: entries.b, path: ['mcpServers', 'b'], disabled: true },
  ])
})

it('says why a file was not read', async () => {
  expect(await listed('cursor', '.cursor/mcp.json', '{"mcpServers": ')).toMatchObject({
    servers: [],
    fault: expect.stringMatching(/^line 1:/),
  })
})

it('leaves servers and switches of projects out, and follows the switches of the settings', async () => {
  const entries = { mine: { command: 'x' }, off: { command: 'y' }, here: { command: 'z' } }
  const denied = (...names: string[]): string =>
    JSON.stringify({ deniedMcpServers: names.map((serverName) => ({ serverName })) })
  const home = temporaryFolder()
  for (const folder of ['.claude', 'work/.claude']) mkdirSync(join(home, folder), { recursive: true })
  writeFileSync(join(home, '.claude/settings.json'), denied('off'))
  writeFileSync(join(home, 'work/.claude/settings.json'), denied('mine'))
  writeFileSync(
    join(home, '.claude.json'),
    JSON.stringify({
      mcpServers: entries,
      projects: { [join(home, 'work')]: { mcpServers: { local: { command: 'l' } }, disabledMcpServers: ['here'] } },
    }),
  )
  const client = CLIENTS.find(({ name }) => name === 'claude-code')
  const places: Places = { platform: 'linux', home, cwd: join(home, 'work'), env: {} }
  expect(client === undefined ? undefined : (await userServers(client, places)).servers).toEqual<RawServer[]>([
    { name: 'mine', entry: entries.mine, path: ['mcpServers', 'mine'], disabled: false },
    { name: 'off', entry: entries.off, path: ['mcpServers', 'off'], disabled: true },
    { name: 'here', entry: entries.here, path: ['mcpServers', 'here'], disabled: false },
  ])
})

it.each([
  [
    'gemini-cli',
    '.gemini/settings.json',
    { mcp: { serverCommand: 'x', excluded: ['a'] }, mcpServers: { a: { command: 'a' } } },
    [['mcpServers', 'a']],
    true,
  ],
  [
    'opencode',
    '.config/opencode/opencode.jsonc',
    { mcp: { servers: { a: { type: 'local', command: ['a'] } } } },
    [['mcp', 'servers', 'a']],
    false,
  ],
  ['crush', '.config/crush/crush.json', { mcp: { a: { type: 'stdio', command: '$(echo x)' } } }, [['mcp', 'a']], false],
])('%s: entries as they stand, at their own place', async (client, file, content, paths, disabled) => {
  const { servers } = await listed(client, file, content)
  expect(servers.map(({ path }) => path)).toEqual(paths)
  expect(servers.every((server) => server.disabled === disabled)).toBe(true)
  expect(JSON.stringify(content)).toContain(JSON.stringify(servers[0]?.entry))
})

it('nothing is offered for writing where it would not be read', () => {
  expect(CLIENTS.filter(({ unwritable }) => unwritable !== undefined).map(({ name }) => name)).toEqual([
    'jetbrains-ai',
    'continue',
    'docker',
  ])
})
