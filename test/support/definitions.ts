import type { ToolDefinition } from '../../src/upstream/upstream.ts'

/** A server that is listed, as the catalogs of tests have it. */
export interface ListedServer {
  readonly name: string
  readonly state: 'ready'
  readonly tools: readonly ToolDefinition[]
}

type Schema = Readonly<Record<string, unknown>>

const object = (properties: Schema, required: readonly string[] = [], more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...more,
})
const text = (description: string, more: Schema = {}): Schema => ({ type: 'string', description, ...more })
const page: Schema = {
  page: { type: 'integer', minimum: 1, default: 1, description: 'Page to show, from 1' },
  perPage: { type: 'integer', minimum: 1, maximum: 100, default: 30, description: 'Entries of a page' },
}

/** What a service has, with the fields that one of them is made of. */
const NOUNS: readonly (readonly [noun: string, about: string, fields: Schema])[] = [
  ['ticket', 'a request of a customer', { subject: text('One line'), priority: { enum: ['low', 'normal', 'urgent'] } }],
  [
    'invoice',
    'a bill that was sent',
    { amount: { type: 'number', exclusiveMinimum: 0 }, currency: text('ISO 4217', { pattern: '^[A-Z]{3}$' }) },
  ],
  [
    'meeting',
    'an appointment of several people',
    {
      at: text('When it begins', { format: 'date-time' }),
      guests: { type: 'array', items: text('Mail address', { format: 'email' }), minItems: 1 },
    },
  ],
  ['parcel', 'something on its way', { weightKg: { type: 'number' }, to: { $ref: '#/$defs/address' } }],
  [
    'sensor',
    'a device that measures',
    {
      unit: { type: ['string', 'null'] },
      limits: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }] },
    },
  ],
  [
    'playlist',
    'songs in an order',
    {
      songs: { type: 'array', items: { type: 'string' }, uniqueItems: true },
      public: { type: 'boolean', default: false },
    },
  ],
  [
    'recipe',
    'how a dish is cooked',
    {
      serves: { type: 'integer' },
      steps: { type: 'array', items: object({ text: text('What to do'), minutes: { type: 'integer' } }, ['text']) },
    },
  ],
  ['policy', 'a rule of who may do what', { rule: { $ref: '#/$defs/rule' } }],
]

/** Where a part is defined once and named elsewhere; `rule` names itself. */
const DEFINED: Schema = {
  address: object(
    {
      street: text('Street and number'),
      city: text('City'),
      country: text('Two letters', { minLength: 2, maxLength: 2 }),
    },
    ['city'],
  ),
  rule: {
    anyOf: [
      object({ all: { type: 'array', items: { $ref: '#/$defs/rule' } } }, ['all']),
      object({ role: text('Who'), may: text('What') }, ['role', 'may']),
    ],
  },
}

/** Verbs of each noun: name, description, schema of the input. */
function toolsOf([noun, about, fields]: (typeof NOUNS)[number]): ToolDefinition[] {
  const usesParts = JSON.stringify(fields).includes('$defs')
  const parts: Schema = usesParts ? { $defs: DEFINED } : {}
  const id = text(`The ${noun}'s id, as list_${noun}s shows it`)
  const tool = (name: string, description: string, inputSchema: Schema, more: object = {}): ToolDefinition => ({
    name,
    description,
    inputSchema,
    ...more,
  })
  const readOnly = { annotations: { readOnlyHint: true } }
  return [
    tool(
      `list_${noun}s`,
      `Lists every ${noun}, ${about}, newest first.`,
      object({ ...page, query: text('Words that it holds') }),
      readOnly,
    ),
    tool(`get_${noun}`, `Shows one ${noun}.`, object({ id }, ['id'], { additionalProperties: false }), {
      ...readOnly,
      outputSchema: object({ id: { type: 'string' }, ...fields }, ['id'], parts),
    }),
    tool(
      `create_${noun}`,
      `Makes a ${noun}: ${about}.\n\nFails where one of the same name is there. Everything but the first field may be left out.`,
      object(fields, Object.keys(fields).slice(0, 1), parts),
    ),
    tool(
      `update-${noun}`,
      `Changes fields of a ${noun}; what is left out stays.`,
      object(
        { id, changes: object(fields, [], { minProperties: 1 }), ifMatch: { type: ['string', 'null'], default: null } },
        ['id', 'changes'],
        parts,
      ),
      { annotations: { idempotentHint: true } },
    ),
    tool(
      `${noun}.delete`,
      `Removes a ${noun} for good.`,
      object({ id, force: { type: 'boolean', default: false } }, ['id']),
      { annotations: { destructiveHint: true } },
    ),
    tool(
      `search_${noun}s_by`,
      `Finds ${noun}s by a filter, in the words of OData.`,
      object({
        $filter: text('Such as: amount gt 5'),
        $top: { type: 'integer' },
        'fields[]': { type: 'array', items: { enum: Object.keys(fields) } },
      }),
      readOnly,
    ),
    tool(
      `export_${noun}s`,
      `Writes ${noun}s into a file.`,
      object(
        {
          format: { const: 'csv' },
          where: { oneOf: [text('Path'), object({ url: text('Address', { format: 'uri' }) }, ['url'])] },
          columns: { type: 'object', additionalProperties: { type: 'string' } },
        },
        ['where'],
      ),
    ),
    tool(
      `count_${noun}s`,
      `Counts ${noun}s by a field.`,
      object({ by: { enum: Object.keys(fields) }, since: text('A day', { format: 'date' }), until: {} }),
      readOnly,
    ),
    tool(
      `link_${noun}`,
      `Connects a ${noun} with another.`,
      object(
        { from: id, to: id, kind: { type: 'string', enum: ['blocks', 'follows', 'copies', null], nullable: true } },
        ['from', 'to'],
      ),
    ),
    tool(
      `watch_${noun}`,
      `Tells when a ${noun} changes. ${'Each change is told once, in order, with who made it and what was there before. '.repeat(6)}`,
      object({ id, events: { type: 'array' }, until: { format: 'date-time' } }, ['id']),
    ),
    tool(
      `import_${noun}s`,
      `Reads ${noun}s from rows.`,
      object(
        { rows: { type: 'array', maxItems: 1_000, items: object(fields) }, dryRun: { type: 'boolean' } },
        ['rows'],
        parts,
      ),
    ),
    tool(
      `comment_on_${noun}`,
      `Writes a comment.`,
      object(
        { id, body: text('Markdown', { maxLength: 10_000 }), mentions: { type: 'array', items: { type: 'integer' } } },
        ['id', 'body'],
      ),
    ),
    tool(
      `get_${noun}_history`,
      `Shows who changed a ${noun}, and when.`,
      { ...object({ id, ...page }, ['id']), $schema: 'http://json-schema.org/draft-07/schema#' },
      readOnly,
    ),
  ]
}

/** A hundred and more definitions of our own, in the shapes that servers of the world list: a server for each noun. */
export const OWN_SERVERS: readonly ListedServer[] = NOUNS.map((entry) => ({
  name: `${entry[0]}-desk`,
  state: 'ready',
  tools: toolsOf(entry),
}))
