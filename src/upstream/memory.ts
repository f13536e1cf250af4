import { OptimizerError } from '../errors.ts'
import type { JsonObject } from '../internal/json.ts'
import { modelText, messageOf } from '../internal/text.ts'
import type { CallOptions, ToolDefinition, ToolResult, Upstream } from './upstream.ts'

/** A tool of this process. */
export interface MemoryTool extends Partial<Omit<ToolDefinition, 'name'>> {
  readonly name: string
  /**
   * Answers a call: a text, or any other JSON value as structured content, or a whole {@link ToolResult} (an object with
   * a `content` array). What it throws becomes a failed result.
   */
  readonly run: (input: JsonObject, options: CallOptions) => unknown
}

/** A server in this process: tools of the library's user, tests, benchmarks. Call `changed()` after changing `tools`. */
export function createMemoryUpstream(
  name: string,
  tools: readonly MemoryTool[],
): Upstream & { replace(tools: readonly MemoryTool[]): void } {
  let byName = new Map(tools.map((tool) => [tool.name, tool]))
  let list = definitions(tools)
  const listeners = new Set<() => void>()
  return {
    name,
    async listTools() {
      return list
    },
    async callTool(tool, input, options) {
      const found = byName.get(tool)
      if (found === undefined)
        throw new OptimizerError('TOOL_ERROR', `${name} refused tools/call: unknown tool "${modelText(tool, 100)}"`)
      options.signal.throwIfAborted()
      try {
        return toResult(await found.run(input, options))
      } catch (thrown) {
        options.signal.throwIfAborted()
        return { content: [{ type: 'text', text: messageOf(thrown) }], isError: true }
      }
    },
    onToolsChanged(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    status: () => ({ state: 'ready', problems: [], restarts: 0, listSource: 'server' }),
    replace(next) {
      byName = new Map(next.map((tool) => [tool.name, tool]))
      list = definitions(next)
      for (const listener of listeners) listener()
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
    },
  }
}

function definitions(tools: readonly MemoryTool[]): ToolDefinition[] {
  return tools.map(({ run: _run, ...definition }) => ({ inputSchema: { type: 'object' }, ...definition }))
}

function toResult(value: unknown): ToolResult {
  if (typeof value === 'string') return { content: [{ type: 'text', text: value }] }
  if (typeof value === 'object' && value !== null && 'content' in value && Array.isArray(value.content))
    return value as ToolResult
  return { content: [], structuredContent: value ?? null }
}
