import { OptimizerError } from '../errors.ts'
import type { Engine } from '../engine/engine.ts'
import { stableJson } from '../internal/hash.ts'
import type { JsonObject } from '../internal/json.ts'
import { createMemoryUpstream } from '../upstream/memory.ts'
import type { ToolDefinition, ToolResult, Upstream } from '../upstream/upstream.ts'

/** What a server said: JSON data, to be kept in a file beside the tests. It holds whatever the answers hold. */
export interface Recording {
  readonly server: string
  readonly tools: readonly ToolDefinition[]
  readonly calls: readonly RecordedCall[]
}

/** One call and its answer. */
export interface RecordedCall {
  /** The server's own name of the tool. */
  readonly tool: string
  readonly arguments: JsonObject
  readonly result: ToolResult
}

/** Calls to record, by the server's own names of its tools. */
export type CallToRecord = Pick<RecordedCall, 'tool'> & Partial<Pick<RecordedCall, 'arguments'>>

/**
 * Makes the calls through a gateway and keeps the definitions of the server's tools and its answers, errors of tools too.
 * Throws what the gateway says of a call that was not answered.
 */
export async function recordServer(engine: Engine, server: string, calls: readonly CallToRecord[]): Promise<Recording> {
  await engine.ready()
  const found = [...engine.catalog().tools.values()].filter((tool) => tool.server === server)
  const recorded: RecordedCall[] = []
  for (const { tool, arguments: input = {} } of calls) {
    const id = found.find((one) => one.tool === tool)?.id ?? `${server}.${tool}`
    const answer = await engine.callTool({ tool: id, arguments: input })
    if (answer.status === 'error') throw new OptimizerError(answer.error.code, answer.error.message)
    // `callTool` gives the whole result, never a preview.
    recorded.push({ tool, arguments: input, result: answer.data as ToolResult })
  }
  return { server, tools: found.map(({ definition }) => definition), calls: recorded }
}

/**
 * A server that answers as it was recorded, and refuses calls that were not, so that a test never passes by chance. Equal
 * calls get their answers in the order of the recording, then the last one again.
 */
export function createRecordedUpstream({ server, tools, calls }: Recording): Upstream {
  const answers = new Map<string, ToolResult[]>()
  for (const { tool, arguments: input, result } of calls) {
    const key = stableJson([tool, input])
    answers.set(key, [...(answers.get(key) ?? []), result])
  }
  const answer = (tool: string, input: JsonObject): ToolResult => {
    const key = stableJson([tool, input])
    const [next, ...rest] = answers.get(key) ?? []
    if (next === undefined)
      throw new Error(`the recording of ${server} has no call of ${tool} with ${JSON.stringify(input).slice(0, 300)}`)
    if (rest.length > 0) answers.set(key, rest)
    return next
  }
  return createMemoryUpstream(
    server,
    tools.map((tool) => ({ ...tool, run: (input) => answer(tool.name, input) })),
  )
}
