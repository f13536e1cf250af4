import type { JsonObject } from '../../../src/internal/json.ts'
import { refusedName } from './schema-rules.ts'
import { CLOSING, objects, textOf, type Wire } from './wire.ts'

/** Anthropic Messages. */
export const anthropicMessages: Wire = {
  asks: /\/v1\/messages$/,
  others: [[/\/count_tokens$/, { input_tokens: 10 }]],
  isStreamed: (_path, { stream }) => stream === true,
  items: ({ tools }) =>
    objects(tools).map((tool) => ({
      text: JSON.stringify(tool),
      definitions: [{ name: String(tool['name']), schema: tool['input_schema'] }],
    })),
  answers: ({ messages }) =>
    objects(messages)
      .flatMap(({ content }) => objects(content))
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => textOf(content)),
  reply({ model = '' }, turn, call) {
    const stop_reason = call === undefined ? 'end_turn' : 'tool_use'
    const text = { type: 'text', text: CLOSING }
    const block = call === undefined ? text : { type: 'tool_use', id: `toolu_${turn}`, name: call.name, input: {} }
    const delta =
      call === undefined
        ? { type: 'text_delta', text: CLOSING }
        : { type: 'input_json_delta', partial_json: JSON.stringify(call.arguments) }
    const usage = { input_tokens: 10, output_tokens: 5 }
    const message = {
      id: `msg_${turn}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    }
    return {
      body: { ...message, content: [call === undefined ? text : { ...block, input: call.arguments }], stop_reason },
      events: [
        event({ type: 'message_start', message }),
        event({
          type: 'content_block_start',
          index: 0,
          content_block: call === undefined ? { ...text, text: '' } : block,
        }),
        event({ type: 'content_block_delta', index: 0, delta }),
        event({ type: 'content_block_stop', index: 0 }),
        event({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage }),
        event({ type: 'message_stop' }),
      ],
    }
  },
  refusal: ({ name, schema }) => refusedName(name) ?? unionAtTop(schema),
}

function event(data: JsonObject & { readonly type: string }): [string, unknown] {
  return [data.type, data]
}

/** Anthropic: "input_schema does not support oneOf, allOf, or anyOf at the top level". */
function unionAtTop(schema: unknown): string | undefined {
  const { type, ...rest } = schema as Readonly<Record<string, unknown>>
  if (type !== 'object') return 'input_schema.type is not "object"'
  const union = ['oneOf', 'allOf', 'anyOf'].find((key) => key in rest)
  return union === undefined ? undefined : `input_schema has ${union} at the top level`
}
