import type { JsonObject } from '../../../src/internal/json.ts'
import { arraysHaveItems, brokenRule, refusedName } from './schema-rules.ts'
import { CLOSING, objects, textOf, type Wire } from './wire.ts'

/** OpenAI Chat Completions: what "OpenAI-compatible" means. */
export const chatCompletions: Wire = {
  asks: /\/v1\/chat\/completions$/,
  others: [],
  isStreamed: (_path, { stream }) => stream === true,
  items: ({ tools }) =>
    objects(tools).map((tool) => {
      const { name, parameters } = tool['function'] as JsonObject
      return { text: JSON.stringify(tool), definitions: [{ name: String(name), schema: parameters }] }
    }),
  answers: ({ messages }) =>
    objects(messages)
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => textOf(content)),
  reply({ model }, turn, call) {
    const chunk = { id: `chat_${turn}`, object: 'chat.completion.chunk', created: 1, model }
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
    const finish_reason = call === undefined ? 'stop' : 'tool_calls'
    const called = call && {
      id: `call_${turn}`,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    }
    const message =
      called === undefined ? { content: CLOSING } : { content: null, tool_calls: [{ index: 0, ...called }] }
    const delta = { role: 'assistant', ...message }
    return {
      body: { ...chunk, object: 'chat.completion', choices: [{ index: 0, message: delta, finish_reason }], usage },
      events: [
        [undefined, { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] }],
        [undefined, { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] }],
        [undefined, { ...chunk, choices: [], usage }],
        [undefined, '[DONE]'],
      ],
    }
  },
  refusal: ({ name, schema }) => refusedName(name) ?? brokenRule(schema, [arraysHaveItems]),
}
