import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { isRecord } from '../../src/internal/json.ts'

/** A tool as `tools/list` has it. */
export interface ListedTool {
  readonly name: string
  readonly description?: string
  readonly inputSchema: object
}

/** What a vendor or a client would refuse of a tool; nothing where it takes it. */
export type VendorSubset = (tool: ListedTool) => readonly string[]

const DRAFT_2020 = new Ajv2020({ strict: false, logger: false })
const DRAFT_7 = new Ajv({ strict: false, logger: false })

type Node = Readonly<Record<string, unknown>>

/** The tools are called `mcp__SERVER__TOOL` by Claude Code, and alike by others; ours is configured under this name. */
const PREFIX = 'mcp__mcp-optimizer__'
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

/**
 * Function calling without strict mode. Root, arrays and names: "object schema missing properties", "array schema missing
 * items" (https://github.com/tailcallhq/forgecode/issues/1359, https://github.com/tidewave-ai/tidewave_phoenix/issues/224),
 * names of 64 characters (https://github.com/nanbingxyz/5ire/issues/403). Descriptions of any length
 * (https://github.com/run-llama/llama_index/pull/18784).
 */
const openai: VendorSubset = ({ name, inputSchema }) => [
  ...nameFaults(name, /^[a-zA-Z0-9_-]{1,64}$/),
  ...rootFaults(inputSchema, ['oneOf', 'anyOf', 'allOf', 'enum', 'not']),
  ...walk(inputSchema, (node, at) => [
    ...(node['type'] === 'array' && !isRecord(node['items']) ? [`${at}: array schema missing items`] : []),
    ...(Array.isArray(node['type']) ? [`${at}: union of types`] : []),
  ]),
]

/**
 * Strict mode, after what every library does for it: all names required, no others
 * (https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas; the limits as quoted at
 * https://jsonschemaprofiles.unitvectorylabs.com/schemas/openai). Older models and Azure refuse bounds and formats too.
 */
const openaiStrict: VendorSubset = ({ inputSchema }) => {
  const nodes = [...visit(inputSchema, '$', 1)]
  const properties = nodes.flatMap(({ node }) => Object.keys((node['properties'] as object | undefined) ?? {}))
  const values = nodes.flatMap(({ node }) => (node['enum'] as string[] | undefined) ?? [])
  const chars = [...properties, ...values].reduce((sum, text) => sum + String(text).length, 0)
  const taken = new Set(['type', 'description', 'properties', 'required', 'items', 'enum'])
  return [
    ...nodes.flatMap(({ node, at, depth }) => [
      ...others(node, taken).map((key) => `${at}: ${key} is not permitted`),
      ...(typeof node['type'] === 'string' ? [] : [`${at}: no type`]),
      ...(depth > 11 ? [`${at}: more than 10 levels`] : []),
      ...(((node['enum'] as string[] | undefined) ?? []).length > 250 ? [`${at}: more than 250 values`] : []),
    ]),
    ...(properties.length > 5_000 ? ['more than 5000 properties'] : []),
    ...(values.length > 1_000 ? ['more than 1000 values'] : []),
    ...(chars > 120_000 ? ['more than 120000 characters of names'] : []),
  ]
}

/**
 * Function declarations with `parameters` (https://ai.google.dev/api/caching#Schema): unknown fields, values that are no text
 * or empty (https://github.com/anomalyco/opencode/pull/46676), `properties` of what is no object
 * (https://github.com/anomalyco/opencode/pull/11888), required names without a property
 * (https://github.com/Kilo-Org/kilocode/pull/11955), formats.
 */
const gemini: VendorSubset = ({ name, description, inputSchema }) => [
  ...nameFaults(name, /^[a-zA-Z_][\w.:-]{0,63}$/),
  ...(description === undefined || description === '' ? ['no description'] : []),
  ...rootFaults(inputSchema, []),
  ...walk(inputSchema, (node, at) => {
    const { type, enum: values, items, properties, required } = node
    const named = isRecord(properties) ? properties : {}
    return [
      ...others(node, GEMINI_FIELDS).map((key) => `${at}: unknown name ${key}`),
      ...(typeof type === 'string' && TYPES.has(type) ? [] : [`${at}: type ${JSON.stringify(type)}`]),
      ...(type === 'array' && !isRecord(items) ? [`${at}.items: missing field`] : []),
      ...(type !== 'array' && items !== undefined ? [`${at}.items: only allowed for ARRAY`] : []),
      ...(type !== 'object' && properties !== undefined ? [`${at}.properties: only allowed for OBJECT type`] : []),
      ...(values === undefined || (type === 'string' && isTexts(values)) ? [] : [`${at}.enum: cannot be empty`]),
      ...((required as string[] | undefined) ?? [])
        .filter((one) => !Object.hasOwn(named, one))
        .map((one) => `${at}.required: ${one} is not defined`),
    ]
  }),
]

const GEMINI_FIELDS = new Set(
  (
    'type title description nullable enum items maxItems minItems properties required minProperties maxProperties ' +
    'minLength maxLength pattern example propertyOrdering default minimum maximum'
  ).split(' '),
)

/**
 * `input_schema` of Messages: draft 2020-12, an object, no alternatives at the root, no references, names of properties
 * (https://platform.claude.com/docs/en/managed-agents/self-hosted-sandboxes,
 * https://github.com/ComposioHQ/composio/issues/3500, https://github.com/anthropics/claude-code/issues/27337).
 */
const anthropic: VendorSubset = ({ name, inputSchema }) => [
  ...nameFaults(name, /^[a-zA-Z0-9_-]{1,64}$/),
  ...rootFaults(inputSchema, ['oneOf', 'anyOf', 'allOf']),
  ...walk(inputSchema, (node, at) => [
    ...('$ref' in node ? [`${at}: $ref`] : []),
    ...Object.keys((node['properties'] as object | undefined) ?? {})
      .filter((key) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(key))
      .map((key) => `${at}: property key ${JSON.stringify(key)}`),
  ]),
  ...compiled(DRAFT_2020, inputSchema),
]

/**
 * What the chat of VS Code checks before it sends (`toolSchemaNormalizer.ts` of microsoft/vscode-copilot-chat): draft 7,
 * items of arrays, a description; and what it takes away from a schema for some models.
 */
const vscode: VendorSubset = ({ name, description, inputSchema }) => [
  ...nameFaults(name, /^[\w-]{1,64}$/),
  ...(description === undefined || description === '' ? ['schema description may not be empty'] : []),
  ...rootFaults(inputSchema, ['oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else']),
  ...walk(inputSchema, (node, at) => [
    ...(node['type'] === 'array' && !isRecord(node['items']) ? [`${at}: array type must have items`] : []),
    ...Object.keys(node)
      .filter((key) => VSCODE_DROPPED.has(key))
      .map((key) => `${at}: unsupported schema keyword ${key}`),
  ]),
  ...compiled(DRAFT_7, inputSchema),
]

const VSCODE_DROPPED = new Set(
  (
    'minLength maxLength pattern default format minimum maximum multipleOf patternProperties unevaluatedProperties ' +
    'propertyNames minProperties maxProperties unevaluatedItems contains minContains maxContains minItems maxItems uniqueItems'
  ).split(' '),
)

/** What Codex keeps of a schema (`codex-rs/tools/src/json_schema.rs` of openai/codex); what it drops is lost. */
const codex: VendorSubset = ({ name, inputSchema }) => [
  ...nameFaults(name, /^[a-zA-Z0-9_-]{1,64}$/),
  ...rootFaults(inputSchema, []),
  ...walk(inputSchema, (node, at) => [
    ...others(node, CODEX_FIELDS).map((key) => `${at}: ${key} is lost`),
    ...(typeof node['type'] === 'string' && TYPES.has(node['type']) ? [] : [`${at}: no type, taken for a text`]),
  ]),
]

const CODEX_FIELDS = new Set('type description enum items properties required additionalProperties'.split(' '))

/** Each vendor's published or observed rules. */
export const VENDORS: Readonly<Record<string, VendorSubset>> = {
  openai,
  'openai strict': openaiStrict,
  gemini,
  anthropic,
  vscode,
  codex,
}

/** All that any vendor would refuse. */
export function vendorFaults(tool: ListedTool): readonly string[] {
  return Object.entries(VENDORS).flatMap(([vendor, subset]) => subset(tool).map((fault) => `${vendor}: ${fault}`))
}

function nameFaults(name: string, pattern: RegExp): readonly string[] {
  return pattern.test(`${PREFIX}${name}`) && pattern.test(name) ? [] : [`name ${name}`]
}

function rootFaults(schema: object, refused: readonly string[]): readonly string[] {
  const root = schema as Node
  return [
    ...(root['type'] === 'object' ? [] : ['root is no object']),
    ...(isRecord(root['properties']) ? [] : ['object schema missing properties']),
    ...refused.filter((key) => key in root).map((key) => `${key} at the top level`),
  ]
}

function* visit(
  schema: unknown,
  at: string,
  depth: number,
): Generator<{ readonly node: Node; readonly at: string; readonly depth: number }> {
  if (!isRecord(schema)) return void (yield { node: { type: schema }, at, depth })
  yield { node: schema, at, depth }
  for (const [key, inner] of Object.entries(isRecord(schema['properties']) ? schema['properties'] : {}))
    yield* visit(inner, `${at}.${key}`, depth + 1)
  if ('items' in schema) yield* visit(schema['items'], `${at}[]`, depth + 1)
}

function walk(schema: object, check: (node: Node, at: string) => readonly string[]): readonly string[] {
  return [...visit(schema, '$', 1)].flatMap(({ node, at }) => check(node, at))
}

function others(node: Node, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(node).filter((key) => !known.has(key))
}

function isTexts(values: unknown): boolean {
  return (
    Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'string' && value !== '')
  )
}

function compiled(ajv: Ajv | Ajv2020, schema: object): readonly string[] {
  return ajv.validateSchema(schema) === true ? [] : [ajv.errorsText()]
}
