import { toJson } from '../internal/json.ts'
import type { Optimizer } from '../optimizer.ts'
import { openSurface } from '../surface/open-surface.ts'

interface Definition {
  readonly name: string
  readonly description?: string
  readonly inputSchema: unknown
}

/** What a client hands its model of each tool, as the text whose tokens are counted. */
export function definitionsJson(tools: readonly Definition[]): string {
  return toJson(tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })))
}

/** The two texts whose tokens every page and command compares: all definitions, and the surface in their place. */
export async function comparedTexts(
  optimizer: Optimizer,
): Promise<{ readonly today: string; readonly withUs: string }> {
  const all = [...optimizer.catalog().tools.values()].map(({ definition }) => definition)
  const { tools, shown, instructions } = await openSurface(optimizer)
  return {
    today: all.length === 0 ? '' : definitionsJson(all),
    withUs: definitionsJson([...tools, ...((await shown?.list()) ?? [])]) + instructions,
  }
}
