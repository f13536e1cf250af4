import type { JsonObject } from '../../../src/internal/json.ts'
import { arraysHaveItems, brokenRule, refusedName } from './schema-rules.ts'
import { CLOSING, type Definition, objects, textOf, type Wire } from './wire.ts'

/** OpenAI Responses, with the namespaces of tools that Codex sends. */
export const openaiResponses: Wire = {
  asks: /\/v1\/responses$/,
  others: [],
  isStreamed: (_path, { stream }) => stream === true,
  items: ({ tools }) =>
    objects(tools).map((tool) => ({ text: JSON.stringify(tool), definitions: definitionsOf(tool) })),
  answers: ({ input }) =>
    objects(input)
      .filter(({ type }) => type === 'function_call_output')
      .map(({ output }) => textOf(output)),
  reply({ model }, turn, call) {
    const item = call === undefined ? closingMessage(turn) : functionCall(turn, call.name, call.arguments)
    const started = { id: `resp_${turn}`, object: 'response', created_at: 1, model, status: 'in_progress', output: [] }
    const usage = {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 15,
    }
    const response = { ...started, status: 'completed', output: [item], usage }
    return {
      body: response,
      events: [
        ['response.created', { type: 'response.created', response: started }],
        ['response.output_item.added', { type: 'response.output_item.added', output_index: 0, item }],
        ['response.output_item.done', { type: 'response.output_item.done', output_index: 0, item }],
        ['response.completed', { type: 'response.completed', response }],
      ],
    }
  },
  refusal: ({ name, schema }) => refusedName(name.split('.').at(-1) ?? name) ?? brokenRule(schema, [arraysHaveItems]),
}

function definitionsOf(tool: JsonObject): Definition[] {
  if (tool['type'] !== 'namespace') return [{ name: String(tool['name'] ?? tool['type']), schema: tool['parameters'] }]
  return objects(tool['tools']).map(({ name, parameters }) => ({
    name: `${String(tool['name'])}.${String(name)}`,
    schema: parameters,
  }))
}

function functionCall(turn: number, fullName: string, input: JsonObject): JsonObject {
  const [name = '', namespace] = fullName.split('.').reverse()
  return {
    type: 'function_call',
    id: `fc_${turn}`,
    call_id: `call_${turn}`,
    status: 'completed',
    name,
    ...(namespace !== undefined && { namespace }),
    arguments: JSON.stringify(input),
  }
}

function closingMessage(turn: number): JsonObject {
  const content = [{ type: 'output_text', text: CLOSING, annotations: [] }]
  return { type: 'message', id: `msg_${turn}`, role: 'assistant', status: 'completed', content }
}
