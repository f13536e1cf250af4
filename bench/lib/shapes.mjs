// The three shapes of operations that are always shown together, and the zero-latency server they run against.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMemoryUpstream, createOptimizer, defineConfig } from '../../dist/index.js'

const row = (id) => ({
  id,
  title: `Issue ${id} in the checkout flow`,
  state: id % 3 === 0 ? 'closed' : 'open',
  score: (id * 7_919) % 1_000,
  tags: ['a', 'b'],
})
const rows = (count) => ({ items: Array.from({ length: count }, (_, id) => row(id)) })
export const ANSWERS = { small: rows(19), list: rows(218), big: rows(1_420) }

const bytes = (value) => Buffer.byteLength(JSON.stringify(value))

/** By name: the intent, its server calls and the bytes that these answer. */
export const SHAPES = {
  light: { intent: 'light', hostCalls: 1, bytes: bytes(ANSWERS.small) },
  list: { intent: 'list', hostCalls: 1, bytes: bytes(ANSWERS.list) },
  heavy: { intent: 'heavy', hostCalls: 14, bytes: bytes(ANSWERS.small) * 13 + bytes(ANSWERS.big) },
}

const INTENTS = {
  light: `const { items } = await tools.bench.small({ q: input.q })
  return { id: items[0].id, title: items[0].title, count: items.length }`,
  list: `const { items } = await tools.bench.list({ q: input.q })
  return items.filter((item: any) => item.state === 'open').slice(0, 10).map(({ id, title }: any) => ({ id, title }))`,
  heavy: `for (let q = 0; q < 3; q++) await tools.bench.small({ q })
  await Promise.all(Array.from({ length: 10 }, (_, q) => tools.bench.small({ q })))
  const { items } = await tools.bench.big({ q: input.q })
  const open = items.filter((item: any) => item.state === 'open').map(({ id, score }: any) => ({ id, score }))
  return { count: open.length, top: open.sort((a: any, b: any) => b.score - a.score).slice(0, 5) }`,
}

const SERVER = {
  type: 'stdio',
  command: process.execPath,
  args: [fileURLToPath(new URL('../peers/upstream.mjs', import.meta.url)), 'structured'],
}

/**
 * A gateway with two workers in front of the server of the shapes; with `cached`, its answers may come from the cache; `overStdio`:
 * the server is a process of its own. `config` goes before ours.
 */
export function createShapesGateway(
  folder,
  { cached = false, poolSize = 2, overStdio = false, config = {}, logger } = {},
) {
  mkdirSync(folder, { recursive: true })
  for (const [name, body] of Object.entries(INTENTS)) {
    writeFileSync(
      join(folder, `${name}.ts`),
      `export const metadata = { name: '${name}', description: 'A ${name} operation', servers: ['bench'], readOnly: true, input: { type: 'object', properties: { q: { type: 'integer' } } } }
export default async (input: { q?: number }, tools: any) => {
  ${body}
}
`,
    )
  }
  const tools = Object.entries(ANSWERS).map(([name, answer]) => ({
    name,
    annotations: { readOnlyHint: true },
    inputSchema: { type: 'object', properties: { q: { type: 'integer' } } },
    run: () => answer,
  }))
  return createOptimizer(
    defineConfig({
      cacheDir: join(folder, 'cache'),
      intents: [folder],
      sandbox: { poolSize },
      features: { enableCaching: true },
      // The cache is for servers whose hints are believed: the in-memory one has an entry for that alone.
      servers: overStdio ? { bench: SERVER } : cached ? { bench: { ...SERVER, disabled: true, trustHints: true } } : {},
      ...config,
    }),
    {
      upstreams: overStdio ? [] : [createMemoryUpstream('bench', tools)],
      ...(logger === undefined ? {} : { logger }),
    },
  )
}

/** One operation of a shape as a driver wants it: undefined, or the code of the error. */
export function operation(optimizer, shape, next = () => 1) {
  return async () => {
    const answer = await optimizer.executeIntent({ intent: SHAPES[shape].intent, params: { q: next() } })
    return answer.status === 'ok' ? undefined : answer.error.code
  }
}

/** The shapes of the production mix, always in the same order: 60 of 100 light, 30 list, 10 heavy. */
export const MIX = ['light', 'light', 'light', 'light', 'list', 'light', 'list', 'heavy', 'list', 'light']
