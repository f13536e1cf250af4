import { isRecord } from '../internal/json.ts'

/** A request of ours that waits for its answer. */
export interface Asked {
  readonly id: number | string
  readonly method: string
}

const HANDSHAKES: ReadonlySet<string> = new Set(['initialize', 'server/discover'])

/**
 * Results that the client would refuse whole for one tool, block or field that it does not know: they pass it as they are
 * inside of one that it takes, and are judged part by part by whoever asked.
 */
const LISTED = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } as const
const ENVELOPES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'tools/list': { ...LISTED, tools: [] },
  'tools/call': { resultType: 'complete', content: [] },
  'resources/list': { ...LISTED, resources: [] },
  'resources/templates/list': { ...LISTED, resourceTemplates: [] },
  'resources/read': { ...LISTED, contents: [] },
  'prompts/list': { ...LISTED, prompts: [] },
  'prompts/get': { resultType: 'complete', messages: [] },
  'completion/complete': { resultType: 'complete', completion: { values: [] } },
}
const WHOLE = 'mcp-optimizer/whole-result'

/** The result that the client was given another one for. */
export function wholeResult(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { _meta } = result
  const whole = isRecord(_meta) ? _meta[WHOLE] : undefined
  return isRecord(whole) ? whole : result
}

/** True for what opens a connection. */
export function isHandshake(method: string): boolean {
  return HANDSHAKES.has(method)
}

/**
 * A message as the official client takes it, which refuses whole answers for a field too many: null stands for nothing,
 * the id is the one we sent, what is no part of JSON-RPC is left out. The same value where it was so already.
 */
export function cleanMessage(message: Record<string, unknown>, asked: Asked | undefined): Record<string, unknown> {
  const { id, method, params, result, error } = message
  if (typeof method === 'string') {
    if (message['jsonrpc'] === '2.0' && params !== null && params !== undefined) return message
    return { jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, ...(isRecord(params) ? { params } : {}) }
  }
  const answer = { jsonrpc: '2.0', id: asked?.id ?? id }
  if (error !== undefined && error !== null) return { ...answer, error: cleanError(error) }
  if (!isRecord(result)) return message
  const envelope = ENVELOPES[asked?.method ?? '']
  if (envelope !== undefined) return { ...answer, result: { ...envelope, _meta: { [WHOLE]: result } } }
  const cleaned = isHandshake(asked?.method ?? '') ? withoutNulls(result, 20) : withoutNulls(result, 1)
  const isClean =
    cleaned === result && message['jsonrpc'] === '2.0' && id === answer.id && Object.keys(message).length === 3
  return isClean ? message : { ...answer, result: cleaned }
}

function cleanError(error: unknown): Record<string, unknown> {
  const { code, message, data } = isRecord(error) ? error : { code: undefined, message: error, data: undefined }
  const words = typeof message === 'string' ? message : message === undefined ? '' : JSON.stringify(message)
  const isCode = Number.isSafeInteger(code)
  return {
    code: isCode ? code : -32_000,
    message:
      isCode || code === undefined || code === null
        ? words
        : `${typeof code === 'string' ? code : JSON.stringify(code)}: ${words}`,
    ...(data === undefined || data === null ? {} : { data }),
  }
}

/** The value itself where it has none down to `depth` levels. */
function withoutNulls(record: Record<string, unknown>, depth: number): Record<string, unknown> {
  let changed = false
  const entries = Object.entries(record).flatMap(([key, value]) => {
    const kept = depth > 1 && isRecord(value) ? withoutNulls(value, depth - 1) : value
    changed ||= kept !== value || value === null
    return value === null ? [] : [[key, kept] as const]
  })
  return changed ? Object.fromEntries(entries) : record
}
