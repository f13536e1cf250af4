import type { JsonObject } from '../../internal/json.ts'
import { type Builtin, builtinIntent } from '../builtins.ts'
import type { OfferCallName, OfferCalls } from './offer-calls.ts'
import type { Offers } from './offers.ts'

const SERVER = { type: 'string', description: 'only this server' } as const

/** The gateway's own intents for resources and prompts; they are there once a server offers such. */
export function createOfferIntents(calls: OfferCalls, offers: Offers): readonly Builtin[] {
  const define = (
    name: OfferCallName,
    description: string,
    properties: JsonObject,
    required: readonly string[],
  ): Builtin => ({
    intent: builtinIntent(
      name,
      description,
      { type: 'object', properties, required, additionalProperties: false },
      true,
    ),
    isOffered: () => offers.isOffered(name.startsWith('prompts') ? 'prompts' : 'resources'),
    run: async (input, { principal, signal }) => await calls.run(name, input, { principal, signal }),
  })
  return [
    define('resources.list', 'Lists MCP resources of servers and their URI templates', { server: SERVER }, []),
    define(
      'resources.read',
      'Reads an MCP resource of a server by its uri',
      { uri: { type: 'string', description: 'listed, linked from a result, or made from a template' } },
      ['uri'],
    ),
    define('prompts.list', 'Lists MCP prompts of servers with their arguments', { server: SERVER }, []),
    define(
      'prompts.get',
      'Gets the messages of an MCP prompt of a server',
      {
        name: { type: 'string', description: 'server.name' },
        arguments: { type: 'object', description: 'texts by the names of its arguments' },
      },
      ['name'],
    ),
  ]
}
