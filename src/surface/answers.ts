import type { Answer } from '../engine/engine.ts'

/** `tools/call` result. */
export interface CallResult {
  readonly content: readonly { readonly type: 'text'; readonly text: string }[]
  readonly isError?: true
  readonly _meta: Readonly<Record<string, unknown>>
}

/** Where the whole metadata of an answer is, out of the model's sight. */
const METADATA_KEY = 'mcp-optimizer/metadata'

/**
 * An answer as the agent gets it: JSON `{status, data, metadata}` with the three figures that matter to it, the rest in
 * `_meta`; the text of a search as it is.
 */
export function toCallResult(answer: Answer): CallResult {
  const { metadata } = answer
  const _meta = { [METADATA_KEY]: metadata }
  if (answer.status === 'error') {
    return { content: text({ status: 'error', error: answer.error, ...logs(answer) }), isError: true, _meta }
  }
  const { tokens_used, execution_time_ms, cache_hit, session } = metadata
  return {
    content: text({
      status: 'ok',
      data: answer.data,
      ...logs(answer),
      metadata: {
        tokens_used,
        execution_time_ms: Math.round(execution_time_ms * 10) / 10,
        cache_hit,
        ...(session === undefined ? {} : { session }),
      },
    }),
    _meta,
  }
}

/** A search's answer is text for reading; as JSON it would only grow. */
export function toSearchResult(answer: Answer<string>): CallResult {
  if (answer.status === 'error' || typeof answer.data !== 'string') return toCallResult(answer)
  return { content: [{ type: 'text', text: answer.data }], _meta: { [METADATA_KEY]: answer.metadata } }
}

function logs({ metadata }: Answer): { readonly logs?: readonly string[] } {
  return metadata.logs === undefined ? {} : { logs: shortened(metadata.logs) }
}

/** Console lines are help for the agent, not its result: the last ones, within bounds. */
function shortened(lines: readonly string[]): readonly string[] {
  const kept: string[] = []
  let chars = 0
  for (const line of lines.toReversed()) {
    chars += line.length
    if (chars > 2_000 || kept.length >= 40)
      return [`… ${lines.length - kept.length} lines before`, ...kept.toReversed()]
    kept.push(line)
  }
  return lines
}

function text(value: unknown): CallResult['content'] {
  return [{ type: 'text', text: JSON.stringify(value) }]
}
