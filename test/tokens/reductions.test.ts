import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeSentry, sentryServerArguments, startFakeSentry } from '../../demo/fake-sentry.mjs'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'
import { createDispatcher } from '../../src/surface/dispatch.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { loadTokenizer } from '../../src/tokens/exact.ts'
import type { Tokenizer } from '../../src/tokens/tokenizer.ts'
import { OWN_SERVERS } from '../support/definitions.ts'
import { serverFile, temporaryFolder } from '../support/servers.ts'
import { dataDir, noData } from '../support/shared-data.ts'

/** Ceilings on published figures that do not depend on a machine; `bench/catalogs.mjs` and `bench/tasks.mjs` publish them. */
interface Defined {
  readonly name: string
  readonly description?: string
  readonly inputSchema: unknown
}

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer('cl100k_base')
})

const definitions = (tools: readonly Defined[]): string =>
  JSON.stringify(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })))

describe.skipIf(noData('reductions on real catalogs'))('definitions of real catalogs', () => {
  const catalogs = (): { name: string; tools: Defined[] }[] =>
    readdirSync(join(dataDir, 'catalogs')).map((file) => ({
      name: file,
      ...(JSON.parse(readFileSync(join(dataDir, 'catalogs', file), 'utf8')) as { tools: Defined[] }),
    }))
  const reduction = (servers: string[], tools: Defined[]): number => {
    const surface = createSurface({ servers, compact: false, programs: true, version: '0' })
    return (
      (1 - tokenizer.count(definitions(surface.tools) + surface.instructions) / tokenizer.count(definitions(tools))) *
      100
    )
  }

  it('shrink by at least 99.98 % for all 3,035 tools', () => {
    const all = catalogs()
    const tools = all.flatMap((catalog) => catalog.tools)
    expect(tools).toHaveLength(3_035)
    expect(
      reduction(
        all.map(({ name }) => name),
        tools,
      ),
    ).toBeGreaterThanOrEqual(99.98)
  })

  it('shrink by at least 99.8 % for the 150 heaviest', () => {
    const weighed = catalogs()
      .flatMap(({ name, tools }) => tools.map((tool) => ({ name, tool, bytes: definitions([tool]).length })))
      .toSorted((a, b) => b.bytes - a.bytes)
      .slice(0, 150)
    expect(
      reduction(
        [...new Set(weighed.map(({ name }) => name))],
        weighed.map(({ tool }) => tool),
      ),
    ).toBeGreaterThanOrEqual(99.8)
  })
})

it('the surface is at least 97 % smaller than a hundred definitions of our own', () => {
  const tools = OWN_SERVERS.flatMap((server) => server.tools)
  expect(tools.length).toBeGreaterThanOrEqual(100)
  const surface = createSurface({
    servers: OWN_SERVERS.map(({ name }) => name),
    compact: false,
    programs: true,
    version: '0',
  })
  const [shown, all] = [definitions(surface.tools) + surface.instructions, definitions(tools)].map(tokenizer.count)
  expect(1 - (shown ?? 0) / (all ?? 0)).toBeGreaterThan(0.97)
})

describe('the list scenario on the real Sentry server', () => {
  let sentry: FakeSentry
  beforeAll(async () => {
    sentry = await startFakeSentry({ issues: 500 })
  })
  afterAll(async () => await sentry.close())

  it.each([
    [537, false, 'execute_intent', { intent: 'list_errors', params: { project: 'web', limit: 5 } }],
    [
      400,
      true,
      'execute_code',
      {
        code: "return (await intents.list_errors({ project: 'web', limit: 5 })).map(({ id, title, events }) => ({ id, title, events }))",
      },
    ],
  ] as const)(
    'costs at most %i tokens: surface, request and answer (compact: %s)',
    async (ceiling, compact, name, input) => {
      const server = {
        type: 'stdio',
        command: process.execPath,
        args: [serverFile('@sentry/mcp-server'), ...sentryServerArguments(sentry.port)],
      } as const
      await using optimizer = createOptimizer(
        defineConfig({ cacheDir: temporaryFolder(), servers: { sentry: server }, compact }),
      )
      const surface = await openSurface(optimizer)
      const request = { name, arguments: input }
      const answer = await createDispatcher(optimizer, surface).handle(
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: request },
        { principal: 'local', signal: new AbortController().signal, notify: () => undefined },
      )
      const [first] = (answer as { result: { content: { text: string }[] } }).result.content
      expect(JSON.parse(first?.text ?? '{}')).toMatchObject({ status: 'ok', data: { length: 5 } })
      const tokens = [definitions(surface.tools) + surface.instructions, JSON.stringify(request), first?.text ?? '']
      expect(tokens.map((text) => tokenizer.count(text)).reduce((a, b) => a + b)).toBeLessThanOrEqual(ceiling)
    },
  )
})
