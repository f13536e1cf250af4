import type { Answer, Engine, RequestContext } from '../engine/engine.ts'
import { isRecord } from '../internal/json.ts'
import type { SurfaceToolName } from './own-tools.ts'
import type { ShownTools } from './shown-tools.ts'

/** Runs one of the surface's tools by name; the arguments are checked by the engine. */
export async function runOperation(
  engine: Engine,
  name: SurfaceToolName,
  input: unknown,
  context: RequestContext,
): Promise<Answer> {
  switch (name) {
    case 'search':
      return await engine.search(input as never, context)
    case 'execute_intent':
      return await engine.executeIntent(input as never, context)
    case 'execute_batch':
      return await engine.executeBatch(input as never, context)
    case 'execute_code':
      return await engine.execute(input as never, context)
    case 'list_tools':
      return await engine.listNames(input as never, context)
    case 'describe_tools':
    case 'find_tools':
      return await engine.describe(input as never, context)
    case 'call_tool':
      return await engine.executeIntent(toIntentRequest(input) as never, context)
  }
}

/** Runs a tool of a server that is shown on the surface, by its id. */
export async function runShown(
  engine: Engine,
  shown: ShownTools,
  id: string,
  input: unknown,
  context: RequestContext,
): Promise<Answer> {
  const request = { tool: id, arguments: shown.ownArguments(id, input) as never, whole: shown.kind === 'all' }
  return await engine.callTool(request, context)
}

/** True for the name of a tool or intent behind the surface, which a client may call as though it were on it. */
export function isBehind(engine: Engine, name: string, principal: string): boolean {
  if (engine.catalog(principal).names.find(name).entries.length > 0) return true
  return engine.intents(principal).some((intent) => intent.name === name)
}

/** Runs a tool or intent that is not on the surface, by its name in any spelling. */
export async function runBehind(
  engine: Engine,
  name: string,
  input: unknown,
  context: RequestContext,
): Promise<Answer> {
  return await engine.executeIntent({ intent: name, params: input as never }, context)
}

/** `call_tool` has the fields of MCP's own `tools/call`: errors of a request without a name speak of these. */
function toIntentRequest(input: unknown): unknown {
  return isRecord(input) && Object.keys(input).length === 0 ? { name: '' } : input
}
