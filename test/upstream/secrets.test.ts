import { describe, expect, it } from 'vitest'
import { serverSecrets } from '../../src/upstream/secrets.ts'

describe('secrets among the options of a server', () => {
  it('are known by their name or their look; folders, words and addresses are none', () => {
    const env = {
      GITHUB_TOKEN: 'plainword',
      DATABASE_URL: 'postgres://ann:hunter22@db.local:5432/x',
      CONNECTION: 'Server=db;Password=swordfish;Encrypt=yes',
      ODD: 'q8!x_77$zzA',
      ALLOWED: '/home/ann/files',
      LOG_LEVEL: 'debug',
      KEY_FILE: '/home/ann/key.pem',
      BASE_URL: 'https://api.example/v1',
      REGION: 'eu-central-1',
    }
    const secrets = serverSecrets({ type: 'stdio', command: 'x', env })
    for (const secret of ['plainword', 'hunter22', 'swordfish', 'q8!x_77$zzA']) expect(secrets).toContain(secret)
    for (const word of ['/home/ann/files', 'debug', '/home/ann/key.pem', 'https://api.example/v1', 'eu-central-1'])
      expect(secrets).not.toContain(word)
  })

  it.each<[args: string[], secret: string | undefined]>([
    [['--token', 'abc-def'], 'abc-def'],
    [['--api-key=abc-def'], 'abc-def'],
    [['-e', 'SLACK_TOKEN=abc-def'], 'abc-def'],
    [['--header', 'Authorization: Bearer abc-def-1'], 'Bearer abc-def-1'],
    [['ghp_abcdefghij0123456789'], 'ghp_abcdefghij0123456789'],
    [['--env=SLACK_TOKEN=abc-def'], 'abc-def'],
    [['--header=Authorization: Bearer abc-def-1'], 'Bearer abc-def-1'],
    [['https://x.example/mcp?apiKey=abc-def'], 'abc-def'],
    [['https://ann:abc-def@x.example/mcp'], 'abc-def'],
    [['-y', '@modelcontextprotocol/server-everything@1.2.3', '/home/ann/files'], undefined],
  ])('in arguments: %j', (args, secret) => {
    expect(serverSecrets({ type: 'stdio', command: 'x', args })).toEqual(secret === undefined ? [] : [secret])
  })

  it('in a command that holds its arguments', () => {
    expect(serverSecrets({ type: 'stdio', command: 'npx -y server --token abc-def' })).toEqual(['abc-def'])
  })

  it('in headers and addresses', () => {
    const headers = { Authorization: 'Basic YW5uOnN3b3JkZmlzaA==', 'X-Org': 'acme', Accept: 'application/json' }
    const url = 'https://x.example/s/aB3dE5gH7jK9mN1pQ3sT/mcp?key=k-1-k'
    const secrets = serverSecrets({ type: 'http', url, headers })
    expect(secrets).toEqual(
      expect.arrayContaining(['Basic YW5uOnN3b3JkZmlzaA==', 'swordfish', 'aB3dE5gH7jK9mN1pQ3sT', 'k-1-k']),
    )
    expect(secrets).not.toContain('acme')
    expect(secrets).not.toContain('application/json')
  })
})
