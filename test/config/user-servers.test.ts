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
