/** A tool that the gateway itself offers. */
export interface OwnTool {
  readonly name: SurfaceToolName
  readonly description: string
  readonly inputSchema: object
  readonly annotations: { readonly readOnlyHint: boolean; readonly openWorldHint?: boolean }
  readonly _meta: Readonly<Record<string, unknown>>
}

export type SurfaceToolName =
  | 'search'
  | 'execute_intent'
  | 'execute_batch'
  | 'execute_code'
  | 'list_tools'
  | 'describe_tools'
  | 'find_tools'
  | 'call_tool'

// Clients that hide tools behind a search of their own would hide these too.
const META = { 'anthropic/alwaysLoad': true }
const READS = { annotations: { readOnlyHint: true }, _meta: META }
const ACTS = { annotations: { readOnlyHint: false, openWorldHint: true }, _meta: META }

export const SEARCH: OwnTool = {
  name: 'search',
  description:
    "Call first: finds tools and intents. query: 2-6 keywords (product action object), one need a line, or a server's name",
  inputSchema: {
    type: 'object',
    properties: { query: { type: 'string' }, server: { type: 'string' } },
    required: ['query'],
  },
  ...READS,
}

/** Of the compact surface, which has room for little; `server` is taken as well. */
export const SMALL_SEARCH: OwnTool = {
  ...SEARCH,
  description: 'Call first: finds tools and intents. query: 2-6 keywords',
  inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
}

export const INTENT: OwnTool = {
  name: 'execute_intent',
  description: 'Run an intent, or any tool as server.tool, with params as search shows',
  inputSchema: {
    type: 'object',
    properties: { intent: { type: 'string' }, params: { type: 'object' } },
    required: ['intent'],
  },
  ...ACTS,
}

export const BATCH: OwnTool = {
  name: 'execute_batch',
  description: 'Run several at once: [{intent, params}]',
  inputSchema: {
    type: 'object',
    properties: { requests: { type: 'array', items: { type: 'object' } } },
    required: ['requests'],
  },
  ...ACTS,
}

export const CODE: OwnTool = {
  name: 'execute_code',
  description:
    'Run TypeScript: await tools.server.tool(args), intents.name(input), await results.get(handle); return only what you need',
  inputSchema: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
  ...ACTS,
}

export const LIST: OwnTool = {
  name: 'list_tools',
  description: 'Call first: names of all tools, or of one server',
  inputSchema: { type: 'object', properties: { server: { type: 'string' } } },
  ...READS,
}

export const DESCRIBE: OwnTool = {
  name: 'describe_tools',
  description: 'Definitions of the named tools',
  inputSchema: {
    type: 'object',
    properties: { names: { type: 'array', items: { type: 'string' } } },
    required: ['names'],
  },
  ...READS,
}

export const FIND: OwnTool = {
  name: 'find_tools',
  description: 'Call first: definitions of the few tools that serve a need. need: 2-6 keywords (product action object)',
  inputSchema: { type: 'object', properties: { need: { type: 'string' } }, required: ['need'] },
  ...READS,
}

export const CALL: OwnTool = {
  name: 'call_tool',
  description: 'Call a tool by its name server.tool, with the arguments its definition asks for',
  inputSchema: {
    type: 'object',
    properties: { name: { type: 'string' }, arguments: { type: 'object' } },
    required: ['name'],
  },
  ...ACTS,
}
