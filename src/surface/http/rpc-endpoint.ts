import type { Answer, Engine, RequestContext } from '../../engine/engine.ts'
import { isRecord } from '../../internal/json.ts'
import { modelText } from '../../internal/text.ts'
import type { KeyOf } from './idempotency-key.ts'
import { failure, isRequestId, type Outgoing, type RequestId } from '../dispatch.ts'
import { isBehind, runBehind, runOperation, runShown } from '../operations.ts'
import type { SurfaceToolName } from '../own-tools.ts'
import type { Surface } from '../surface.ts'

const METHODS: ReadonlySet<string> = new Set<SurfaceToolName>([
  'search',
  'execute_intent',
  'execute_batch',
  'execute_code',
])
const MAX_BATCH = 50

/**
 * Plain JSON-RPC 2.0: `discover` and the surface's operations by name; `result` is the whole answer. A failed operation is a
 * result with `status: "error"`; JSON-RPC errors are for malformed requests. Undefined when nothing is to be answered.
 */
export async function serveRpc(
  engine: Engine,
  surface: Surface,
  body: unknown,
  { keyOf, ...context }: RequestContext & { readonly keyOf: KeyOf },
): Promise<unknown> {
  if (!Array.isArray(body)) return await answer(engine, surface, body, { ...context, ...keyOf() })
  if (body.length === 0 || body.length > MAX_BATCH)
    return failure(null, -32600, `a batch has 1 to ${MAX_BATCH} requests`)
  const answers = await Promise.all(
    body.map(async (message, index) => await answer(engine, surface, message, { ...context, ...keyOf(index) })),
  )
  const given = answers.filter((item) => item !== undefined)
  return given.length === 0 ? undefined : given
}

async function answer(
  engine: Engine,
  surface: Surface,
  message: unknown,
  context: RequestContext,
): Promise<Outgoing | undefined> {
  if (!isRecord(message) || message['jsonrpc'] !== '2.0' || typeof message['method'] !== 'string')
    return failure(idOf(message), -32600, 'not a JSON-RPC 2.0 request')
  const { method, id } = message
  const params = message['params'] ?? {}
  if (id !== undefined && idOf(message) === null && id !== null)
    return failure(null, -32600, 'the id must be a text or a number')
  const known = idOf(message)
  if (method === 'discover')
    return known === null ? undefined : { jsonrpc: '2.0', id: known, result: engine.discover() }
  const run = await runnerOf(engine, surface, method, context.principal ?? 'local')
  if (run === undefined) {
    const why = METHODS.has(method) ? 'is switched off in the configuration' : 'is not known'
    return failure(known, -32601, `method "${modelText(String(method), 60)}" ${why}`, {
      methods: ['discover', ...surface.tools.map(({ name }) => name)],
    })
  }
  if (!isRecord(params)) return failure(known, -32602, 'params must be an object')
  const result = await run(params, context)
  return id === undefined || known === null ? undefined : { jsonrpc: '2.0', id: known, result }
}

type Run = (params: unknown, context: RequestContext) => Promise<Answer>

/** What a method stands for: one of the surface's own operations, a tool of a server that is shown on it, or one behind it. */
async function runnerOf(engine: Engine, surface: Surface, method: string, principal: string): Promise<Run | undefined> {
  const tool = surface.tools.find(({ name }) => name === method)
  if (tool !== undefined) return async (params, context) => await runOperation(engine, tool.name, params, context)
  const { shown } = surface
  const id = await shown?.find(method)
  if (shown !== undefined && id !== undefined)
    return async (params, context) => await runShown(engine, shown, id, params, context)
  if (METHODS.has(method) || !isBehind(engine, method, principal)) return undefined
  return async (params, context) => await runBehind(engine, method, params, context)
}

function idOf(message: unknown): RequestId | null {
  const id = isRecord(message) ? message['id'] : undefined
  return isRequestId(id) ? id : null
}
