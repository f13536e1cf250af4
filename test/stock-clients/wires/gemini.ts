import { arraysHaveItems, brokenRule, oneType, refusedName } from './schema-rules.ts'
import { CLOSING, objects, textOf, type Wire } from './wire.ts'

/** Gemini's generateContent and streamGenerateContent. */
export const gemini: Wire = {
  asks: /:(?:stream)?generateContent$/i,
  others: [[/:countTokens$/, { totalTokens: 10 }]],
  isStreamed: (path) => path.includes(':stream'),
  items: ({ tools }) =>
    objects(tools)
      .flatMap(({ functionDeclarations }) => objects(functionDeclarations))
      .map((tool) => ({
        text: JSON.stringify(tool),
        definitions: [{ name: String(tool['name']), schema: tool['parameters'] ?? tool['parametersJsonSchema'] }],
      })),
  answers: ({ contents }) =>
    objects(contents)
      .flatMap(({ parts }) => objects(parts))
      .flatMap(({ functionResponse }) => objects([functionResponse]))
      .map(({ response }) => textOf(response)),
  reply(_body, _turn, call) {
    const part = call === undefined ? { text: CLOSING } : { functionCall: { name: call.name, args: call.arguments } }
    const body = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: 'stand-in',
    }
    return { body, events: [[undefined, body]] }
  },
  refusal: ({ name, schema }) => refusedName(name) ?? brokenRule(schema, [arraysHaveItems, oneType]),
}
