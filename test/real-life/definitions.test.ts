// Definitions of tools as generators and people write them: each is listed, found, described, called with what it wants, and
// taken by stock clients (20-26).
import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as HttpOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, describe, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { serveHttp } from '../../src/surface/http/server.ts'
import { openSurface } from '../../src/surface/open-surface.ts'
import { temporaryFolder } from '../support/servers.ts'
import { definitionServer } from '../support/table-server.ts'

interface Case {
  readonly name: string
  readonly definition: object
  /** Arguments of an agent. */
  readonly given: object
  /** What the server then gets. */
  readonly right: object
}

/** A tool of this input schema. */
const tool = (name: string, inputSchema: unknown, given: object = {}, right = given): Case => ({
  name,
  definition: { name, inputSchema },
  given,
  right,
})
/** A tool of these parameters. */
const takes = (name: string, properties: object, given: object = {}, right = given): Case =>
  tool(name, { type: 'object', properties }, given, right)
/** A tool with other parts of its definition. */
const other = (name: string, parts: object, given: object = {}): Case => ({
  name,
  definition: { name, ...parts },
  given,
  right: given,
})

const DRAFT_7 = 'http://json-schema.org/draft-07/schema#'
const text = { type: 'string' }
const integer = { type: 'integer' }

const GENERATORS: readonly Case[] = [
  tool(
    'zod3_to_json_schema',
    {
      type: 'object',
      properties: {
        owner: { type: 'string', minLength: 1, description: 'Repository owner' },
        labels: { type: 'array', items: { type: 'string' }, default: [] },
        state: { type: 'string', enum: ['open', 'closed', 'all'], default: 'open' },
        since: { type: 'string', format: 'date-time' },
        perPage: { type: 'number', minimum: 1, maximum: 100 },
      },
      required: ['owner'],
      additionalProperties: false,
      $schema: DRAFT_7,
    },
    { owner: 'o', perPage: '30', labels: 'bug' },
    { owner: 'o', perPage: 30, labels: ['bug'] },
  ),
  tool(
    'zod3_same_object_twice',
    {
      type: 'object',
      properties: {
        from: { type: 'object', properties: { lat: { type: 'number' } }, required: ['lat'] },
        to: { $ref: '#/properties/from' },
      },
      required: ['from', 'to'],
      $schema: DRAFT_7,
    },
    { from: { lat: 1 }, to: { lat: '2.5' } },
    { from: { lat: 1 }, to: { lat: 2.5 } },
  ),
  takes(
    'zod3_nullable',
    { note: { anyOf: [text, { type: 'null' }] }, n: { type: ['number', 'null'] } },
    { note: null },
  ),
  takes(
    'zod3_record_and_any',
    { env: { type: 'object', additionalProperties: text }, extra: {} },
    { env: { A: 1 }, extra: [1] },
    { env: { A: '1' }, extra: [1] },
  ),
  tool(
    'zod4_to_json_schema',
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        id: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
        at: { type: 'string', format: 'date-time', pattern: '^(?:(?:\\d\\d[2468][048])-02-29)T.*(?:Z)$' },
        pair: { type: 'array', prefixItems: [text, { type: 'number' }] },
        map: { type: 'object', propertyNames: text, additionalProperties: { type: 'number' } },
      },
      required: ['id'],
      additionalProperties: false,
    },
    { id: 5, at: '2024-02-29T00:00:00Z', pair: ['a', '1'], map: { a: 1 } },
    { id: 5, at: '2024-02-29T00:00:00Z', pair: ['a', 1], map: { a: 1 } },
  ),
  tool(
    'zod4_discriminated',
    {
      type: 'object',
      properties: {
        action: {
          oneOf: [
            {
              type: 'object',
              properties: { kind: { type: 'string', const: 'add' }, n: integer },
              required: ['kind', 'n'],
            },
            { type: 'object', properties: { kind: { type: 'string', const: 'drop' } }, required: ['kind'] },
          ],
        },
      },
      required: ['action'],
    },
    { action: { kind: 'add', n: '2' } },
    { action: { kind: 'add', n: 2 } },
  ),
  tool(
    'zod4_recursive',
    {
      type: 'object',
      properties: { tree: { $ref: '#/$defs/__schema0' } },
      required: ['tree'],
      $defs: {
        __schema0: {
          type: 'object',
          properties: { value: integer, children: { type: 'array', items: { $ref: '#/$defs/__schema0' } } },
          required: ['value'],
        },
      },
    },
    { tree: { value: 1, children: [{ value: '2' }] } },
    { tree: { value: 1, children: [{ value: 2 }] } },
  ),
  tool(
    'pydantic1',
    {
      title: 'SearchArgs',
      description: 'Arguments',
      type: 'object',
      properties: {
        q: { title: 'Q', type: 'string' },
        mode: { $ref: '#/definitions/Mode' },
        page: { title: 'Page', default: { size: 10 }, allOf: [{ $ref: '#/definitions/Page' }] },
      },
      required: ['q', 'mode'],
      definitions: {
        Mode: { title: 'Mode', description: 'An enumeration.', enum: ['fast', 'exact'], type: 'string' },
        Page: { title: 'Page', type: 'object', properties: { size: { title: 'Size', default: 10, type: 'integer' } } },
      },
    },
    { q: 'x', mode: 'fast', page: { size: '5' } },
    { q: 'x', mode: 'fast', page: { size: 5 } },
  ),
  tool(
    'pydantic2_optional',
    {
      title: 'list_itemsArguments',
      type: 'object',
      properties: {
        name: { anyOf: [text, { type: 'null' }], default: null, title: 'Name' },
        ids: { anyOf: [{ type: 'array', items: integer }, { type: 'null' }], default: null, title: 'Ids' },
        strict: { default: false, title: 'Strict', type: 'boolean' },
      },
    },
    { name: null, ids: ['4'], strict: 'true' },
    { name: null, ids: [4], strict: true },
  ),
  tool(
    'pydantic2_model_in_request',
    {
      $defs: {
        Item: {
          properties: { sku: { title: 'Sku', type: 'string' }, qty: { title: 'Qty', type: 'integer' } },
          required: ['sku'],
          title: 'Item',
          type: 'object',
        },
      },
      properties: { request: { $ref: '#/$defs/Item' } },
      required: ['request'],
      title: 'orderArguments',
      type: 'object',
    },
    { request: '{"sku":"A","qty":"2"}' },
    { request: { sku: 'A', qty: 2 } },
  ),
  tool(
    'pydantic2_union_with_discriminator',
    {
      $defs: {
        Cat: {
          properties: { pet: { const: 'cat', title: 'Pet', type: 'string' }, lives: integer },
          required: ['pet'],
          type: 'object',
        },
        Dog: { properties: { pet: { const: 'dog', title: 'Pet', type: 'string' } }, required: ['pet'], type: 'object' },
      },
      properties: {
        pet: {
          discriminator: { mapping: { cat: '#/$defs/Cat', dog: '#/$defs/Dog' }, propertyName: 'pet' },
          oneOf: [{ $ref: '#/$defs/Cat' }, { $ref: '#/$defs/Dog' }],
        },
      },
      required: ['pet'],
      type: 'object',
    },
    { pet: { pet: 'cat', lives: 9 } },
  ),
  takes(
    'pydantic2_decimal',
    { price: { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$' }] } },
    { price: '1.10' },
  ),
  takes(
    'pydantic2_tuple',
    { box: { type: 'array', maxItems: 2, minItems: 2, prefixItems: [integer, integer] } },
    { box: ['1', 2] },
    { box: [1, 2] },
  ),
  tool('fastmcp_no_arguments', { properties: {}, title: 'pingArguments', type: 'object' }),
  takes('fastmcp_context', { kwargs: { title: 'Kwargs', type: 'string' } }, { kwargs: '{"a": 1}' }),
  takes(
    'go_pointers',
    { limit: { type: ['null', 'integer'] }, tags: { type: ['null', 'array'], items: text } },
    { limit: '3', tags: null },
    { limit: 3, tags: null },
  ),
  tool(
    'go_struct',
    {
      type: 'object',
      required: ['Path'],
      properties: { Path: text, Recursive: { type: 'boolean' } },
      additionalProperties: false,
    },
    { Path: '/a', Recursive: 'false' },
    { Path: '/a', Recursive: false },
  ),
  tool('go_no_properties', { type: 'object', properties: null, required: null }, { a: 1 }),
  tool(
    'java_class',
    {
      type: 'object',
      id: 'urn:jsonschema:com:acme:Query',
      properties: { term: { type: 'string', required: true }, size: { type: 'integer', format: 'int32' } },
    },
    { term: 'x', size: '5' },
    { term: 'x', size: 5 },
  ),
  tool(
    'spring_ai',
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { arg0: { type: 'integer', format: 'int64' } },
      required: ['arg0'],
      additionalProperties: false,
    },
    { arg0: '42' },
    { arg0: 42 },
  ),
  tool(
    'csharp',
    {
      title: 'Query',
      description: 'Runs',
      type: 'object',
      properties: {
        sql: text,
        timeout: { type: ['string', 'null'], pattern: '^-?(\\d+\\.)?\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,7})?$' },
        kind: { enum: ['A', 'B', null], default: null },
      },
      required: ['sql'],
    },
    { sql: 's', kind: null },
  ),
  tool(
    'csharp_repeated_reference',
    {
      type: 'object',
      properties: { a: { type: 'object', properties: { x: integer } }, b: { $ref: '#/properties/a' } },
    },
    { b: { x: '1' } },
    { b: { x: 1 } },
  ),
  tool(
    'rust_schemars',
    {
      $schema: DRAFT_7,
      title: 'Args',
      type: 'object',
      required: ['n'],
      properties: {
        n: { type: 'integer', format: 'uint64', minimum: 0 },
        to: { anyOf: [{ $ref: '#/definitions/Target' }, { type: 'null' }] },
      },
      definitions: {
        Target: {
          oneOf: [
            { type: 'string', enum: ['all'] },
            { type: 'object', required: ['one'], properties: { one: text }, additionalProperties: false },
          ],
        },
      },
    },
    { n: 1, to: { one: 'x' } },
  ),
  tool(
    'typebox',
    {
      type: 'object',
      required: ['n'],
      properties: {
        n: { type: 'number' },
        u: {
          anyOf: [
            { const: 'a', type: 'string' },
            { const: 'b', type: 'string' },
          ],
        },
      },
    },
    { n: 1, u: 'b' },
  ),
  tool(
    'openapi_body',
    {
      type: 'object',
      properties: {
        petId: { type: 'integer', format: 'int64', example: 10, readOnly: true, xml: { name: 'id' } },
        status: { type: 'string', nullable: true, enum: ['sold'], deprecated: true, externalDocs: { url: 'x' } },
      },
      'x-operation': 'updatePet',
      example: { petId: 1 },
    },
    { petId: 3, status: null },
  ),
  tool(
    'openapi_component_references',
    {
      type: 'object',
      properties: { body: { $ref: '#/components/schemas/Pet' } },
      components: { schemas: { Pet: { type: 'object', properties: { age: integer } } } },
    },
    { body: { age: '4' } },
    { body: { age: 4 } },
  ),
  tool(
    'openapi_reference_lost',
    { type: 'object', properties: { body: { $ref: '#/components/schemas/Gone' } } },
    { body: { any: 1 } },
  ),
]

const DIALECTS: readonly Case[] = [
  tool(
    'draft4_bounds',
    {
      $schema: 'http://json-schema.org/draft-04/schema#',
      id: 'x',
      type: 'object',
      properties: { n: { type: 'number', minimum: 0, exclusiveMinimum: true, divisibleBy: 2 } },
    },
    { n: 0.5 },
  ),
  tool(
    'draft4_tuple',
    { type: 'object', properties: { p: { type: 'array', items: [text, integer], additionalItems: false } } },
    { p: ['a', '7'] },
    { p: ['a', 7] },
  ),
  tool(
    'draft3_required',
    { type: 'object', properties: { a: { type: 'string', required: true }, b: { type: 'any' } } },
    { a: 'x', b: {} },
  ),
  tool(
    'draft6_contains',
    { type: 'object', properties: { l: { type: 'array', contains: { const: 1 } } } },
    { l: [0, 1] },
  ),
  tool(
    'draft7_conditions',
    {
      type: 'object',
      properties: { kind: { enum: ['card', 'cash'] }, number: text },
      if: { properties: { kind: { const: 'card' } } },
      then: { required: ['number'] },
      else: { not: { required: ['number'] } },
    },
    { kind: 'card', number: '4' },
  ),
  tool(
    'draft7_dependencies',
    { type: 'object', properties: { a: text, b: text }, dependencies: { a: ['b'], b: { properties: { c: integer } } } },
    { a: 'x', b: 'y', c: 1 },
  ),
  tool(
    'draft2019_recursive',
    {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      $recursiveAnchor: true,
      type: 'object',
      properties: { next: { $recursiveRef: '#' }, n: integer },
    },
    { next: { n: '1' } },
    { next: { n: 1 } },
  ),
  tool(
    'draft2020_dynamic',
    { $dynamicAnchor: 'node', type: 'object', properties: { next: { $dynamicRef: '#node' }, n: integer } },
    { next: { n: 1 } },
  ),
  tool(
    'dependent_required',
    { type: 'object', properties: { a: text, b: text }, dependentRequired: { a: ['b'] } },
    { a: 'x', b: 'y' },
  ),
  tool(
    'dependent_schemas',
    { type: 'object', properties: { a: text }, dependentSchemas: { a: { properties: { b: integer } } } },
    { a: 'x', b: 1 },
  ),
  tool(
    'unevaluated',
    { type: 'object', allOf: [{ properties: { a: integer } }], properties: { b: text }, unevaluatedProperties: false },
    { a: '1', b: 'x' },
    { a: 1, b: 'x' },
  ),
  tool(
    'all_of_shut',
    {
      allOf: [
        { type: 'object', properties: { a: integer } },
        { type: 'object', properties: { b: text } },
      ],
      additionalProperties: false,
    },
    { a: 1, b: 'x' },
  ),
  tool(
    'all_of_reference',
    {
      allOf: [{ $ref: '#/$defs/Base' }],
      properties: { extra: text },
      $defs: { Base: { type: 'object', required: ['id'], properties: { id: integer } } },
    },
    { id: '7', extra: 'x' },
    { id: 7, extra: 'x' },
  ),
  tool(
    'reference_at_root',
    {
      $ref: '#/definitions/Args',
      definitions: { Args: { type: 'object', properties: { n: integer }, required: ['n'] } },
    },
    { n: '1' },
    { n: 1 },
  ),
  tool(
    'reference_beside_others',
    {
      type: 'object',
      properties: { n: { $ref: '#/$defs/N', default: 3, description: 'how many' } },
      $defs: { N: integer },
    },
    { n: '4' },
    { n: 4 },
  ),
  tool(
    'reference_with_escapes',
    { type: 'object', properties: { v: { $ref: '#/$defs/a~1b%20c' } }, $defs: { 'a/b c': integer } },
    { v: '5' },
    { v: 5 },
  ),
  tool(
    'reference_by_id',
    {
      type: 'object',
      properties: { v: { $ref: 'https://x.example/v' } },
      $defs: { v: { $id: 'https://x.example/v', type: 'integer' } },
    },
    { v: 1 },
  ),
  tool('reference_to_another_document', { type: 'object', properties: { v: { $ref: 'other.json#/x' } } }, { v: [1] }),
  tool('reference_to_itself', { type: 'object', properties: { v: { $ref: '#/properties/v' } } }, { v: [1] }),
  tool(
    'references_around',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/A' } },
      $defs: {
        A: { type: 'object', properties: { b: { $ref: '#/$defs/B' } } },
        B: { type: 'object', properties: { a: { $ref: '#/$defs/A' }, n: integer } },
      },
    },
    { a: { b: { n: '1' } } },
    { a: { b: { n: 1 } } },
  ),
  tool(
    'one_of_at_root',
    { type: 'object', properties: { id: text, url: text }, oneOf: [{ required: ['id'] }, { required: ['url'] }] },
    { url: 'x' },
  ),
  tool(
    'any_of_without_type',
    {
      anyOf: [
        { type: 'object', properties: { a: integer } },
        { type: 'object', properties: { b: text } },
      ],
    },
    { b: 'x' },
  ),
  tool(
    'not',
    { type: 'object', properties: { a: { not: { type: 'string' } } }, not: { required: ['forbidden'] } },
    { a: 1 },
  ),
  tool('boolean_properties', { type: 'object', properties: { any: true, none: false } }, { any: { x: [1] } }),
  tool('true_alone', true, { a: 1 }),
  tool('empty_schema', {}, { a: 1 }),
  tool('type_left_out', { properties: { n: integer }, required: ['n'] }, { n: '2' }, { n: 2 }),
  tool('type_object_or_null', { type: ['object', 'null'], properties: { n: integer } }, { n: '2' }, { n: 2 }),
  tool('type_in_capitals', { type: 'OBJECT', properties: { n: { type: 'INTEGER' } } }, { n: 2 }),
  takes(
    'type_of_python',
    { n: { type: 'int' }, s: { type: 'str' }, l: { type: 'list' }, d: { type: 'dict' } },
    { n: 1, s: 'a', l: [1], d: {} },
  ),
  takes('type_none', { n: { type: null } }, { n: 1 }),
  tool(
    'required_is_true',
    { type: 'object', properties: { a: { ...text, required: true } }, required: true },
    { a: 'x' },
  ),
  tool('required_unknown', { type: 'object', properties: { a: text }, required: ['a', 'b'] }, { a: 'x', b: 'y' }),
  tool(
    'properties_are_a_list',
    {
      type: 'object',
      properties: [
        { name: 'a', type: 'string', required: true },
        { name: 'b', type: 'integer' },
      ],
    },
    { a: 'x' },
  ),
  tool('description_as_schema', { type: 'object', properties: { city: 'the name of the city' } }, { city: 'Rome' }),
  tool('parameters_alone', { city: { type: 'string', description: 'the city' } }, { city: 'Rome' }),
]

const KEYWORDS: readonly Case[] = [
  takes('enum_with_null', { e: { type: ['string', 'null'], enum: ['a', null] } }, { e: null }),
  takes('enum_of_mixed', { e: { enum: ['auto', 1, true, null] } }, { e: 1 }),
  takes('enum_of_type_that_differs', { e: { type: 'string', enum: [1, 2] } }, { e: 1 }),
  takes(
    'enum_of_one_thousand',
    { e: { type: 'string', enum: Array.from({ length: 1_000 }, (_, n) => `zone/${n}`) } },
    { e: 'zone/999' },
  ),
  takes(
    'enum_with_names',
    { e: { type: 'string', enum: ['a'], enumNames: ['A'], 'x-enum-varnames': ['A'] } },
    { e: 'a' },
  ),
  takes('enum_empty', { e: { type: 'string', enum: [] } }, { e: 'x' }),
  takes('const_object', { c: { const: { v: 1 } } }, { c: { v: 1 } }),
  takes('pattern_of_perl', { p: { type: 'string', pattern: '(?i)^[a-z]++\\z' } }, { p: 'ABC' }),
  takes('pattern_of_pcre_classes', { p: { type: 'string', pattern: '^[[:alpha:]_\\-]+$' } }, { p: 'a-b' }),
  takes('pattern_with_delimiters', { p: { type: 'string', pattern: '/^\\d+$/' } }, { p: '12' }),
  takes('pattern_unclosed', { p: { type: 'string', pattern: '([' } }, { p: 'x' }),
  tool(
    'pattern_properties',
    { type: 'object', patternProperties: { '^x-': integer, '[': text }, additionalProperties: false },
    { 'x-a': 1 },
  ),
  tool(
    'property_names',
    { type: 'object', propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: integer },
    { abc: '1' },
    { abc: 1 },
  ),
  takes(
    'formats',
    Object.fromEntries(
      'date time date-time duration email idn-email hostname ipv4 ipv6 uri uri-reference iri uuid json-pointer regex byte binary password int32 float color nanoid emoji cuid2'
        .split(' ')
        .map((format) => [format.replaceAll('-', '_'), { type: 'string', format }]),
    ),
    { date: 'tomorrow', email: 'none', uri: 'no uri', uuid: '1', color: 'red' },
  ),
  takes(
    'content_keywords',
    { file: { type: 'string', contentEncoding: 'base64', contentMediaType: 'image/png' } },
    { file: 'aGk=' },
  ),
  takes(
    'default_of_other_type',
    { n: { type: 'integer', default: 'ten' }, l: { type: 'array', default: {} } },
    { n: 1 },
  ),
  tool(
    'default_required',
    { type: 'object', properties: { n: { type: 'integer', default: 25 } }, required: ['n'] },
    {},
    { n: 25 },
  ),
  takes('bounds_as_text', { n: { type: 'integer', minimum: '1', maxLength: -5, multipleOf: 0 } }, { n: 3 }),
  takes('array_without_items', { l: { type: 'array' } }, { l: [1, 'a', {}] }),
  takes(
    'array_of_anything',
    { l: { type: 'array', items: {} }, m: { type: 'array', items: true } },
    { l: [1], m: ['x'] },
  ),
  takes(
    'array_of_arrays',
    { cells: { type: 'array', items: { type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] } } } },
    { cells: [['a', 1, null, true]] },
  ),
  takes('object_without_properties', { o: { type: 'object' } }, { o: { a: [1] } }),
  takes(
    'names_of_other_languages',
    { größe: integer, 名前: text, 'with space': text, 'a.b': text, $filter: text, '@type': text, '': text },
    { größe: '1', 名前: 'x', 'with space': 'a', 'a.b': 'b', $filter: 'c', '@type': 'd', '': 'e' },
    { größe: 1, 名前: 'x', 'with space': 'a', 'a.b': 'b', $filter: 'c', '@type': 'd', '': 'e' },
  ),
  takes(
    'names_of_javascript',
    { constructor: text, toString: text, hasOwnProperty: text, then: text, class: text, default: text },
    { constructor: 'a', toString: 'b', hasOwnProperty: 'c', then: 'd', class: 'e', default: 'f' },
  ),
  takes(
    'names_of_our_requests',
    { intent: text, params: { type: 'object' }, arguments: text, input: text, session: text, timeoutMs: integer },
    { intent: 'i', params: { a: 1 }, arguments: 'x', input: 'y', session: 's', timeoutMs: 5 },
  ),
  takes(
    'three_hundred_parameters',
    Object.fromEntries(
      Array.from({ length: 300 }, (_, n) => [`column_${n}`, { type: 'string', description: `Column ${n}` }]),
    ),
    { column_299: 'x' },
  ),
  takes(
    'thirty_levels',
    {
      a: Array.from({ length: 30 }).reduce<object>((inner) => ({ type: 'object', properties: { a: inner } }), integer),
    },
    { a: { a: { a: {} } } },
  ),
]

const DEFINITIONS: readonly Case[] = [
  other('no_schema', { description: 'Without a schema' }, { a: 1 }),
  other(
    'nulls_everywhere',
    {
      title: null,
      description: null,
      inputSchema: {
        type: 'object',
        title: null,
        description: null,
        properties: { a: { type: 'string', title: null, description: null, default: null } },
      },
      outputSchema: null,
      annotations: null,
      icons: null,
      _meta: null,
      execution: null,
    },
    { a: 'x' },
  ),
  other('description_empty', { description: '', inputSchema: { type: 'object', description: 'Resizes a volume' } }),
  other('description_a_list', { description: ['Line one', 'line two'] }),
  other('description_of_pages', {
    description: `Reads a page of the manual. ${'It is long, and says more. '.repeat(800)}`,
  }),
  other('description_of_markup', {
    description: '<b>Drops</b> a table\n\n## Args\n| a | b |\n|---|---|\n```sql\nDROP TABLE x;\n```\u0000\u202e',
  }),
  other('annotations_odd', {
    annotations: { title: 7, readOnlyHint: 'yes', destructiveHint: 0, audience: ['user'], extra: { a: null } },
  }),
  other('annotations_a_list', { annotations: [] }),
  other('schema_as_text', { inputSchema: '{"type":"object","properties":{"a":{"type":"integer"}}}' }, { a: 1 }),
  other('schema_as_list', { inputSchema: [] }, { a: 1 }),
  other(
    'schema_under_other_names',
    { input_schema: { type: 'object', properties: { a: integer } }, function: { name: 'x' } },
    { a: 1 },
  ),
  other('output_of_a_list', { outputSchema: { type: 'array', items: text } }),
  other('output_of_union', { outputSchema: { anyOf: [{ type: 'object' }, { type: 'null' }] } }),
  other('output_with_broken_pattern', {
    outputSchema: { type: 'object', properties: { a: { type: 'string', pattern: '(?<' } } },
  }),
  other('output_of_other_draft', {
    outputSchema: {
      $schema: 'http://json-schema.org/draft-04/schema#',
      id: 'x',
      type: 'object',
      properties: { n: { minimum: 1, exclusiveMinimum: true } },
    },
  }),
  other('output_that_refers_nowhere', {
    outputSchema: { type: 'object', properties: { n: { $ref: '#/$defs/None' } } },
  }),
  other('Kebab-Name.With/Slashes:and spaces', {}, { a: 1 }),
  other('CamelCaseXMLTool2', {}, { a: 1 }),
  other('__init__', {}, { a: 1 }),
  other('delete', {}, { a: 1 }),
  other('7zip', {}, { a: 1 }),
  other('名前を変更', {}, { a: 1 }),
  other('très_utile✨', {}, { a: 1 }),
  other(`long_${'name_'.repeat(30)}`, {}, { a: 1 }),
  other('toString', {}, { a: 1 }),
  other('hasOwnProperty', {}, { a: 1 }),
  other('odd.odd.nested', {}, { a: 1 }),
  other(' padded ', {}, { a: 1 }),
]

/** Any object has something of these names: tools that are called so are found under another one. */
const REFUSED = new Set(['toString', 'hasOwnProperty'])
const CASES = [...GENERATORS, ...DIALECTS, ...KEYWORDS, ...DEFINITIONS]
const open = (traditional: boolean): Optimizer =>
  createOptimizer(
    defineConfig({
      cacheDir: temporaryFolder(),
      servers: { odd: definitionServer(CASES.map(({ definition }) => definition)) },
      ...(traditional ? { features: { executionMode: 'traditional' } } : {}),
    }),
  )
const gateway = open(false)
const traditional = open(true)
const service = await serveHttp(traditional, await openSurface(traditional), { port: 0 })
await Promise.all([gateway.ready(), traditional.ready()])
const address = new URL(`${service.url}/mcp`)
const one = new ClientOne({ name: 'test', version: '1' })
await one.connect(new HttpOne(address))
const two = new Client({ name: 'test', version: '2' })
await two.connect(new StreamableHTTPClientTransport(address))
const lists = await Promise.all([one.listTools(), two.listTools()])
afterAll(async () => {
  await one.close()
  await two.close()
  await service[Symbol.asyncDispose]()
  await traditional[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

function dataOf(answer: Answer): unknown {
  if (answer.status !== 'ok') throw new Error(JSON.stringify(answer))
  return answer.data
}

const ids = new Map([...gateway.catalog().tools.values()].map(({ tool: name, id }) => [name, id]))
const shown = new Map(
  [...traditional.catalog().tools.values()].map(({ tool: name, serverKey, key }) => [name, `${serverKey}__${key}`]),
)

describe('a signature says what a tool takes', () => {
  it.each([
    [
      'zod3_to_json_schema',
      "({owner: string; labels?: string[]; state?: 'open' | 'closed' | 'all'; since?: string; perPage?: number})",
    ],
    ['zod4_discriminated', "({action: {kind: 'add'; n: number} | {kind: 'drop'}})"],
    ['pydantic1', "({q: string; mode: 'fast' | 'exact'; page?: {size?: number}})"],
    ['rust_schemars', "({n: number; to?: 'all' | {one: string} | null})"],
    ['java_class', '({term: string; size?: number})'],
    ['draft3_required', '({a: string; b?: unknown})'],
    ['type_in_capitals', '({n?: number})'],
    ['type_of_python', '({n?: number; s?: string; l?: unknown[]; d?: object})'],
    ['enum_of_type_that_differs', "({e?: 1 | 2 | '1' | '2'})"],
    ['properties_are_a_list', '({a: string; b?: number})'],
    ['parameters_alone', '({city?: string})'],
    [
      'names_of_javascript',
      '({constructor?: string; toString?: string; hasOwnProperty?: string; then?: string; class?: string; default?: string})',
    ],
    ['schema_as_text', '({a?: number})'],
    ['schema_under_other_names', '({a?: number})'],
    ['description_empty', '() // Resizes a volume'],
  ])('%s', async (name, signature) => {
    expect(dataOf(await gateway.search({ query: ids.get(name) ?? '' }))).toContain(`${ids.get(name)}${signature}`)
  })
})

describe.each([
  ['of generators', GENERATORS],
  ['of every dialect', DIALECTS],
  ['with odd keywords', KEYWORDS],
  ['with odd parts and names', DEFINITIONS],
])('definitions %s', (_kind, cases) => {
  it.each(cases)('$name', async ({ name, definition, given, right }) => {
    const id = ids.get(name) ?? 'none'
    const got = { tool: name, got: right }
    expect(id).toMatch(/^odd\.[A-Za-z_$][\w$]*$/)
    expect(dataOf(await gateway.listNames({ server: 'odd' }))).toContain(id)
    expect(dataOf(await gateway.search({ query: id }))).toContain(id)
    expect(dataOf(await gateway.search({ query: name }))).toContain(id)
    // What is larger than an answer comes as a preview.
    const described = JSON.stringify(dataOf(await gateway.describe({ names: [id] })))
    expect(described).toContain(`"name":"${id}"`)
    expect(described).toContain('inputSchema')

    expect(dataOf(await gateway.executeIntent({ intent: id, params: { ...given } }))).toEqual(got)
    expect(dataOf(await gateway.executeIntent({ intent: `odd.${name}`, params: { ...given } }))).toEqual(got)
    const code = `const tool = params.path.split('.').reduce((at, key) => at[key], tools)
const own = params.isRefused ? tool : tools.odd[params.name]
return [await tool(params.given), await own(params.given)]`
    const params = { path: id, name, given, isRefused: REFUSED.has(name) }
    expect(dataOf(await gateway.execute({ code, params }))).toEqual([got, got])

    const listed = lists.map(({ tools }) =>
      tools.find((tool) => tool.name.startsWith((shown.get(name) ?? '?').slice(0, 30))),
    )
    for (const tool of listed) {
      expect(tool?.inputSchema.type).toBe('object')
      const wanted = (definition as { inputSchema?: { properties?: object } }).inputSchema?.properties
      if (typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted))
        for (const own of Object.keys(wanted))
          expect(
            Object.entries(tool?.inputSchema.properties ?? {}).some(
              // A name that vendors refuse is shown as another one, which is told.
              ([key, schema]) =>
                key === own || JSON.stringify(schema).includes(JSON.stringify(`sent as "${own}`).slice(1, -1)),
            ),
          ).toBe(true)
    }
    for (const client of [one, two]) {
      const result = await client.callTool({ name: listed[0]?.name ?? 'none', arguments: { ...given } })
      expect(JSON.parse((result.content as { text: string }[])[0]?.text ?? 'null')).toEqual(got)
    }
  })
})
