import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Optimizer } from '../../src/optimizer.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { demoGateway } from '../support/gateway.ts'

/** The official suite (npm package `@modelcontextprotocol/conformance`): its entry file; it needs Node 22 or later. */
const suite = process.env['MCP_CONFORMANCE'] ?? ''
const surface = createSurface({ servers: ['demo'], compact: false, programs: true, version: '0.0.0' })
const baseline = fileURLToPath(new URL('conformance-baseline.yml', import.meta.url))
const major = Number(process.versions.node.split('.')[0])
const missing = !existsSync(suite) ? 'MCP_CONFORMANCE names no file' : major < 22 ? 'Node is older than 22' : undefined
if (missing !== undefined) console.log(`skipped: official conformance suite: ${missing}`)

const SCENARIOS: readonly [scenario: string, version: string][] = [
  ['server-initialize', '2025-11-25'],
  ['ping', '2025-11-25'],
  ['tools-list', '2025-11-25'],
  ['tools-list', '2026-07-28'],
  ['server-stateless', '2026-07-28'],
  ['http-header-validation', '2026-07-28'],
  ['caching', '2026-07-28'],
  ['server-sse-multiple-streams', '2026-07-28'],
  ['dns-rebinding-protection', '2026-07-28'],
]

describe.skipIf(missing !== undefined)('official conformance suite over HTTP', () => {
  let gateway: Optimizer
  let service: HttpService
  beforeAll(async () => {
    gateway = demoGateway()
    service = await serveHttp(gateway, surface, { port: 0 })
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await gateway[Symbol.asyncDispose]()
  })

  it.each(SCENARIOS)('%s (%s)', async (scenario, version) => {
    const { code, output } = await run(`${service.url}/mcp`, scenario, version)
    expect(code, output).toBe(0)
  })
})

async function run(url: string, scenario: string, version: string): Promise<{ code: number | null; output: string }> {
  const args = ['--url', url, '--scenario', scenario, '--spec-version', version, '--expected-failures', baseline]
  const child = spawn(process.execPath, [suite, 'server', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}
