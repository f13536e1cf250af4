import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ToolDefinition } from '../../../src/upstream/upstream.ts'
import { hostileServer } from '../../support/servers.ts'
import { type ListedServer, OWN_SERVERS } from '../../support/definitions.ts'
import { dataDir, haveData } from '../../support/shared-data.ts'

/** Our own definitions, and those of real servers where the test data is there, as their `tools/list` answered. */
export function listedServers(): readonly ListedServer[] {
  return [...OWN_SERVERS, ...realServers()]
}

function realServers(): readonly ListedServer[] {
  if (!haveData) return []
  const folder = join(dataDir, 'catalogs')
  return readdirSync(folder).map((file) => {
    const { tools } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { tools: ToolDefinition[] }
    return { name: file.replace(/\.json$/, ''), state: 'ready', tools }
  })
}

/** The raw `tools/list` answer of the misbehaving server, which clients of the SDK refuse as a whole. */
export async function hostileTools(mode: string): Promise<readonly ToolDefinition[]> {
  const child = spawn(process.execPath, [hostileServer, '--mode', mode], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  try {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} })}\n`)
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { tools: ToolDefinition[] } }
      if (id === 1 && result !== undefined) return result.tools
    }
    throw new Error(`hostile server in mode ${mode} ended without an answer`)
  } finally {
    child.kill('SIGKILL')
  }
}
