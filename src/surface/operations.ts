import type { Answer, Engine, RequestContext } from '../engine/engine.ts'
import type { SurfaceToolName } from './surface.ts'

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
  }
}
