import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { Asked, Json, Settings } from './mode.ts'

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'
const MODERN_VERSION = '2026-07-28'
const LEGACY_VERSION = '2025-11-25'

export function objectSchema(properties: Json = {}, more: Json = {}): Json {
  return { type: 'object', properties, ...more }
}

/** Tools of the server before a mode changes them. */
export const TOOLS: readonly Json[] = [
  {
    name: 'echo',
    description: 'Gives back its text.',
    inputSchema: objectSchema({ text: { type: 'string' } }, { required: ['text'] }),
    annotations: { readOnlyHint: true },
  },
  {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: objectSchema({ a: { type: 'number' }, b: { type: 'number' } }, { required: ['a', 'b'] }),
    outputSchema: objectSchema({ sum: { type: 'number' } }, { required: ['sum'] }),
  },
  {
    name: 'wait',
    description: 'Answers after some milliseconds.',
    inputSchema: objectSchema({ ms: { type: 'integer' } }, { required: ['ms'] }),
  },
  {
    name: 'counter',
    description: 'Writes a line into the journal; whoever calls it twice has two.',
    inputSchema: objectSchema({ key: { type: 'string' }, ms: { type: 'integer' } }, { required: ['key'] }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
  },
]

/** True for requests of the era without a handshake. */
export function isModern({ params }: Asked): boolean {
  const meta = params['_meta']
  return typeof meta === 'object' && meta !== null && VERSION_KEY in meta
}

export function answer(asked: Asked, result: unknown): Json {
  const isWhole = isModern(asked) && typeof result === 'object' && result !== null && !Array.isArray(result)
  return { jsonrpc: '2.0', id: asked.id, result: isWhole ? { resultType: 'complete', ...result } : result }
}

export function failure(asked: Asked, code: unknown, message: unknown): Json {
  return { jsonrpc: '2.0', id: asked.id, error: { code, message } }
}

export function text(value: string): Json {
  return { content: [{ type: 'text', text: value }] }
}

/** What a well-behaved server answers; without `modernEra` it knows the handshake alone. */
export async function usualAnswer(
  asked: Asked,
  tools: readonly unknown[],
  { settings, modernEra }: { readonly settings: Settings; readonly modernEra: boolean },
): Promise<Json> {
  const holds = isModern(asked) ? { ttlMs: 60_000, cacheScope: 'private' } : {}
  const about = {
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: 'misbehaving', version: '1.0.0' },
  }
  switch (asked.method) {
    case 'initialize':
      return answer(asked, { protocolVersion: LEGACY_VERSION, ...about })
    case 'server/discover':
      if (!modernEra) break
      return answer(asked, { supportedVersions: [MODERN_VERSION, LEGACY_VERSION], ...about, ...holds })
    case 'ping':
      return answer(asked, {})
    case 'tools/list':
      return answer(asked, { tools, ...holds })
    case 'tools/call':
      return await call(asked, settings)
  }
  return failure(asked, -32_601, `there is no method ${asked.method}`)
}

async function call(asked: Asked, { journal }: Settings): Promise<Json> {
  const { name, arguments: given = {} } = asked.params
  const input = given as Json
  switch (name) {
    case 'echo':
      return answer(asked, text(String(input['text'])))
    case 'add': {
      const sum = Number(input['a']) + Number(input['b'])
      return answer(asked, { ...text(JSON.stringify({ sum })), structuredContent: { sum } })
    }
    case 'wait':
      await pause(Number(input['ms']))
      return answer(asked, text('waited'))
    case 'counter':
      count(journal, input['key'])
      await pause(Number(input['ms'] ?? 0))
      return answer(asked, text(String(input['key'])))
  }
  return failure(asked, -32_602, `there is no tool ${String(name)}`)
}

/** The effect of `counter`: appended in one write, so that a kill leaves it whole or not there. */
export function count(journal: string | undefined, key: unknown): void {
  if (journal !== undefined) appendFileSync(journal, `${String(key)}\n`)
}
