import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { filesystem, memory, temporaryFolder } from '../support/servers.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A user with Claude Code, Cursor, and a file of Windsurf that does not parse. */
function user(): {
  write: (path: string, text: string) => void
  run: (...args: string[]) => Promise<Ended>
  text: (path: string) => string
} {
  const home = temporaryFolder()
  const write = (path: string, text: string): void => {
    mkdirSync(join(home, path, '..'), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  const servers = { files: filesystem(home), notes: memory(home), gone: { command: 'no-such-mcp' } }
  write('.claude.json', `${JSON.stringify({ starts: 4, mcpServers: servers }, undefined, 2)}\n`)
  write('.cursor/mcp.json', JSON.stringify({ mcpServers: { files: filesystem(home) } }))
  write('.codeium/windsurf/mcp_config.json', '{"mcpServers": {')
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
  }
  return {
    write,
    text: (path) => readFileSync(join(home, path), 'utf8'),
    run: async (...args) => {
      const child = spawn(process.execPath, [cli, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
      return { code, stdout, stderr }
    },
  }
}

describe('mcp-optimizer setup', () => {
  it('shows the saving, moves, says what it did, and goes back', async () => {
    const { run, text } = user()
    const before = [text('.claude.json'), text('.cursor/mcp.json')]

    const dry = await run('setup', '--yes', '--dry-run')
    expect(dry.stdout).toMatch(/files +14 tools, [\d,]+ tokens/)
    expect(dry.stdout).toMatch(/gone +cost unknown: /)
    expect(dry.stdout).toContain('where the tool search of Claude Code is on, it sends names first')
    expect(dry.stdout).not.toContain('the tool search of Cursor')
    expect(dry.stdout).toContain('Nothing was written')
    expect([text('.claude.json'), text('.cursor/mcp.json')]).toEqual(before)

    const done = await run('setup', '--yes')
    expect(done.code).toBe(3)
    expect(done.stdout).toMatch(
      /Claude Code: 3 servers moved .*\n {2}before +[\d,]+ tokens in each request: files, notes, gone \(not counted: gone\)\n {2}after +\d+ tokens: mcp-optimizer\n {2}where the tool search of Claude Code is on/,
    )
    expect(done.stderr).toMatch(/Windsurf: error CONFIG_INVALID: cannot change .*line 1:\d+/)
    expect(Object.keys((JSON.parse(text('.claude.json')) as { mcpServers: object }).mcpServers)).toEqual([
      'mcp-optimizer',
    ])
    expect(JSON.parse(text('.config/mcp-optimizer/mcp-optimizer.json'))).toMatchObject({
      servers: { gone: { command: 'no-such-mcp' } },
    })

    const again = await run('setup', '--client', 'claude-code', '--client', 'cursor', '--json')
    expect(again.code).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({
      clients: [
        { changed: false, sendsOnDemand: true },
        { changed: false, sendsOnDemand: false },
      ],
    })

    const served = await run('search', 'read file')
    expect(served.stdout).toContain('files.read_text_file')

    expect((await run('setup', '--undo')).code).toBe(0)
    expect([text('.claude.json'), text('.cursor/mcp.json')]).toEqual(before)
    expect(await run('import', '--undo', '--client', 'cursor')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no entry of ours'),
    })
    expect(await run('setup', '--undo')).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to undo') })
  })

  it('writes an address for a gateway that clients share, and says how to start it', async () => {
    const { run, text } = user()
    const { code, stdout } = await run('setup', '--client', 'cursor', '--http', '7331')
    expect(code).toBe(0)
    expect(stdout).toContain('mcp-optimizer serve --http 127.0.0.1:7331')
    expect(JSON.parse(text('.cursor/mcp.json'))).toEqual({
      mcpServers: { 'mcp-optimizer': { url: 'http://127.0.0.1:7331/mcp' } },
    })
  })

  it('leaves a server that wants a login where its client has one', async () => {
    const { run, text, write } = user()
    const server = createServer((_request, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer resource_metadata="http://127.0.0.1/x"' }).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      const locked = { url: `http://127.0.0.1:${port}/mcp` }
      write('.cursor/mcp.json', JSON.stringify({ mcpServers: { locked, open: { command: 'no-such-mcp' } } }))
      const { code, stdout } = await run('setup', '--client', 'cursor')
      expect(code).toBe(0)
      expect(stdout).toMatch(/locked +stays: it wants a login, which Cursor has/)
      expect(JSON.parse(text('.cursor/mcp.json'))).toMatchObject({ mcpServers: { locked, 'mcp-optimizer': {} } })
      expect(JSON.parse(text('.config/mcp-optimizer/mcp-optimizer.json'))).toMatchObject({ servers: { open: {} } })
    } finally {
      server.close()
    }
  })
})
