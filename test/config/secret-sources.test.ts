import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { createSecretSources } from '../../src/config/secret-sources.ts'
import { approveAll } from '../support/approve.ts'
import { temporaryFolder } from '../support/servers.ts'

function written(folder: string, auth: object): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'mcp-optimizer.json')
  writeFileSync(file, JSON.stringify({ servers: { crm: { url: 'https://crm.example/mcp', auth } } }))
  return file
}

it('a command and the keychain give secrets to the file of the user', async () => {
  const home = temporaryFolder()
  const auth = { type: 'oauth', clientId: '${keychain:crm-id}', clientSecret: '${command:printf %s hush}' }
  written(join(home, 'own'), auth)
  const run = createSecretSources(process.env, home)
  const { config, problems } = await loadConfig({
    cwd: home,
    env: { PATH: process.env['PATH'] },
    home,
    userFolder: join(home, 'own'),
    readSecret: (source, name) => (source === 'command' ? run(source, name) : `kept for ${name}`),
  })
  expect(problems).toEqual([])
  expect(config.servers['crm']).toMatchObject({ auth: { clientId: 'kept for crm-id', clientSecret: 'hush' } })
})

it('a command that fails leaves its server out, and is named', async () => {
  const home = temporaryFolder()
  written(join(home, 'own'), { type: 'bearer', token: '${command:exit 3}' })
  const { config, problems } = await loadConfig({
    cwd: home,
    env: { PATH: process.env['PATH'] },
    home,
    userFolder: join(home, 'own'),
  })
  expect(config.servers).toEqual({})
  expect(problems).toMatchObject([{ message: 'command "exit 3" gave no value' }])
})

it('a file of a project runs no command and opens no keychain, approved or not', async () => {
  const home = temporaryFolder()
  const folder = join(home, 'work')
  written(folder, { type: 'bearer', token: '${command:printf %s stolen}${keychain:crm}' })
  const asked: string[] = []
  const options = {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    home,
    userFolder: join(home, 'own'),
    readSecret: (_source: string, name: string) => {
      asked.push(name)
      return 'stolen'
    },
  }
  await loadConfig(options)
  await approveAll(options)
  const { config } = await loadConfig(options)
  expect(asked).toEqual([])
  expect(config.servers).toEqual({})
})
