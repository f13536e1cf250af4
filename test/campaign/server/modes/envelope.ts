import type { Exchange, Json, Mode } from '../mode.ts'

/** Sends the usual answer, changed. */
function changed(change: (usual: Json, exchange: Exchange) => unknown) {
  return async (exchange: Exchange): Promise<void> => {
    const usual = await exchange.usual()
    exchange.send(change(usual, exchange))
  }
}

/** Sends the usual answer after, or before, some other messages. */
function beside(others: (exchange: Exchange) => Iterable<unknown>) {
  return async (exchange: Exchange): Promise<void> => {
    for (const other of others(exchange)) exchange.send(other)
    exchange.send(await exchange.usual())
  }
}

function* many(count: number, make: (index: number) => unknown): Iterable<unknown> {
  for (let index = 0; index < count; index++) yield make(index)
}

const progress = (progressToken: unknown, value: number): Json => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken, progress: value },
})

export const ENVELOPE: readonly Mode[] = [
  {
    name: 'foreign-id',
    about: 'answers another request than it was asked',
    expected: 'error',
    late: true,
    call: changed((usual) => ({ ...usual, id: 73_737_373 })),
  },
  {
    name: 'text-id',
    about: 'makes a text of a number',
    expected: 'either',
    call: changed((usual) => ({ ...usual, id: String(usual['id']) })),
  },
  {
    name: 'no-id',
    about: 'answers with the id null',
    expected: 'error',
    late: true,
    call: changed((usual) => ({ ...usual, id: null })),
  },
  {
    name: 'object-id',
    about: 'answers with an object as id',
    expected: 'error',
    late: true,
    call: changed((usual) => ({ ...usual, id: { n: usual['id'] } })),
  },
  {
    name: 'prototype-id',
    about: 'answers with the id __proto__',
    expected: 'error',
    late: true,
    call: changed((usual) => ({ ...usual, id: '__proto__' })),
  },
  {
    name: 'float-id',
    about: 'writes the id with a fraction of nothing',
    expected: 'either',
    async call(exchange) {
      const usual = JSON.stringify(await exchange.usual())
      const { id } = exchange.asked
      await exchange.bytes(`${typeof id === 'number' ? usual.replace(`"id":${id}`, `"id":${id}.0`) : usual}\n`)
    },
  },
  {
    name: 'result-beside-error',
    about: 'answers with a result and an error',
    expected: 'error',
    call: changed((usual) => ({ ...usual, error: { code: 1, message: 'as well' } })),
  },
  {
    name: 'neither',
    about: 'answers with neither result nor error',
    expected: 'error',
    late: true,
    call: changed(({ jsonrpc, id }) => ({ jsonrpc, id })),
  },
  {
    name: 'no-version',
    about: 'leaves out the version of JSON-RPC',
    expected: 'either',
    call: changed(({ id, result }) => ({ id, result })),
  },
  { name: 'in-a-list', about: 'answers in a list', expected: 'either', call: changed((usual) => [usual]) },
  {
    name: 'answers-twice',
    about: 'answers everything twice',
    expected: 'right',
    async call(exchange) {
      const usual = await exchange.usual()
      exchange.send(usual)
      exchange.send(usual)
    },
  },
  {
    name: 'answers-differently',
    about: 'answers twice, and not the same',
    expected: 'right',
    async call(exchange) {
      exchange.send(await exchange.usual())
      exchange.send(exchange.answer({ content: [{ type: 'text', text: 'the second answer' }] }))
    },
  },
  {
    name: 'answers-ahead',
    about: 'answers the next request before it comes',
    expected: 'own',
    async call(exchange) {
      exchange.send(await exchange.usual())
      const { id } = exchange.asked
      if (typeof id === 'number')
        exchange.send({ ...exchange.answer({ content: [{ type: 'text', text: 'prepared' }] }), id: id + 1 })
    },
  },
  {
    name: 'empty-messages',
    about: 'sends messages that say nothing',
    expected: 'either',
    call: beside(() => [{}, [], null, 5, 'text', { jsonrpc: '2.0' }]),
  },
  {
    name: 'asks-much',
    heavy: true,
    about: 'asks many things of its client',
    expected: 'either',
    call: beside(({ settings }) =>
      many(settings.many, (index) => ({
        jsonrpc: '2.0',
        id: `ask-${index}`,
        method: index % 2 === 0 ? 'elicitation/create' : 'sampling/createMessage',
        params: { message: 'your password?', messages: [], maxTokens: 1_000_000 },
      })),
    ),
  },
  {
    name: 'progress-of-strangers',
    heavy: true,
    about: 'tells progress of what nobody asked',
    expected: 'either',
    call: beside(({ settings }) => many(settings.many, (index) => progress(`stranger-${index}`, index))),
  },
  {
    name: 'cancels-the-living',
    about: 'cancels requests that are under way',
    expected: 'either',
    call: beside(({ asked }) =>
      many(500, () => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: asked.id } })),
    ),
  },
  {
    name: 'list-changed-in-calls',
    heavy: true,
    about: 'says that its tools changed, with each answer',
    expected: 'either',
    call: beside(() => many(200, () => ({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }))),
  },
  {
    name: 'progress-for-ever',
    about: 'tells progress and never answers',
    expected: 'error',
    late: true,
    call(exchange) {
      const meta = exchange.asked.params['_meta'] as Json | undefined
      const token = meta?.['progressToken'] ?? 0
      let value = 0
      const timer = setInterval(() => exchange.send(progress(token, ++value)), 200)
      exchange.http?.response.on('close', () => clearInterval(timer))
    },
  },
  {
    name: 'error-without-code',
    about: 'answers an error that has no code',
    expected: 'error',
    call: changed(({ jsonrpc, id }) => ({ jsonrpc, id, error: { message: 'broken' } })),
  },
  {
    name: 'error-code-is-text',
    about: 'answers an error whose code is a text',
    expected: 'error',
    call: (exchange) => exchange.send(exchange.failure('E_BROKEN', 'broken')),
  },
  {
    name: 'error-is-text',
    about: 'answers an error that is a text',
    expected: 'error',
    call: changed(({ jsonrpc, id }) => ({ jsonrpc, id, error: 'broken' })),
  },
  {
    name: 'error-of-megabytes',
    heavy: true,
    about: 'answers an error with a message of five megabytes',
    expected: 'error',
    call: (exchange) => exchange.send(exchange.failure(-32_000, 'm'.repeat(5_000_000))),
  },
  {
    name: 'odd-error-data',
    about: 'answers an error with odd data',
    expected: 'error',
    call: changed(({ jsonrpc, id }) => ({
      jsonrpc,
      id,
      error: { code: -1, message: { toString: 1 }, data: { toJSON: 1, __proto__: null } },
    })),
  },
]
