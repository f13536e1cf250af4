import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { completeConfig } from '../../src/config/complete-config.ts'
import type { PartialConfig } from '../../src/config/partial-config.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from './servers.ts'

/** What a server of `offering-server.mjs` offers, and how it answers. */
export interface Offering {
  readonly name?: string
  readonly era?: 'legacy' | 'modern'
  readonly capabilities?: object
  readonly tools?: readonly object[]
  readonly resources?: readonly unknown[]
  readonly templates?: readonly unknown[]
  readonly prompts?: readonly unknown[]
  /** Entries of a page. */
  readonly pageSize?: number
  /** Whole results of `resources/read`, by address. */
  readonly reads?: Readonly<Record<string, object>>
  /** Whole results of `prompts/get`, by name. */
  readonly gets?: Readonly<Record<string, object>>
  /** Methods that are never answered. */
  readonly silent?: readonly string[]
  /** Over HTTP, at the address that it prints. */
  readonly http?: boolean
  /** File that gets a line for each message. */
  readonly seen?: string
}

export function offering(settings: Offering): { type: 'stdio'; command: string; args: string[]; timeoutMs: number } {
  const file = fileURLToPath(new URL('offering-server.mjs', import.meta.url))
  return { type: 'stdio', command: process.execPath, args: [file, JSON.stringify(settings)], timeoutMs: 20_000 }
}

/** The same over HTTP; resolves once it listens. */
export async function offeringOverHttp(
  settings: Offering,
): Promise<AsyncDisposable & { readonly server: { readonly type: 'http'; readonly url: string } }> {
  const { command, args } = offering({ ...settings, http: true })
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  return {
    server: { type: 'http', url: url.trim() },
    async [Symbol.asyncDispose]() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** A gateway that passes through what these servers offer. */
export function passingGateway(
  servers: NonNullable<PartialConfig['servers']>,
  features: NonNullable<PartialConfig['features']> = { executionMode: 'traditional' },
): Optimizer {
  return createOptimizer(completeConfig({ cacheDir: temporaryFolder(), features, servers }))
}

export interface Served<C> extends AsyncDisposable {
  readonly client: C
  readonly gateway: Optimizer
}

/** A stock client of the 2026 era on the gateway, over HTTP. */
export async function modernClient(gateway: Optimizer): Promise<Served<Client>> {
  const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${service.url}/mcp`)))
  return served(client, gateway, service)
}

/** A stock client of the eras before, of the first SDK, over HTTP. */
export async function legacyClient(gateway: Optimizer): Promise<Served<OldClient>> {
  const service = await serveHttp(gateway, await openSurface(gateway), { port: 0 })
  const client = new OldClient({ name: 'test', version: '1' })
  await client.connect(new OldHttp(new URL(`${service.url}/mcp`)))
  return served(client, gateway, service)
}

function served<C extends { close(): Promise<void> }>(
  client: C,
  gateway: Optimizer,
  service: AsyncDisposable,
): Served<C> {
  return {
    client,
    gateway,
    async [Symbol.asyncDispose]() {
      await client.close()
      await service[Symbol.asyncDispose]()
      await gateway[Symbol.asyncDispose]()
    },
  }
}
