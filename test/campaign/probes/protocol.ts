import type { Door } from '../runner/door.ts'
import type { Probe } from './probe.ts'
import { MCP, rpcCode, status } from './probe.ts'

const kind = 'protocol'
const VERSION = 'io.modelcontextprotocol/protocolVersion'

function code(name: string, make: (door: Door) => string, ...wanted: readonly number[]): Probe {
  return { name, kind, attempt: async (door) => rpcCode(await door.post(make(door)), ...wanted) }
}

/** A call whose answer has to be an error that says what is wrong with it. */
function odd(name: string, params: object): Probe {
  return {
    name,
    kind,
    ways: MCP,
    async attempt(door) {
      const sent = await door.post(door.message('tools/call', params))
      const isInside = sent.text.includes('-32603') || sent.text.includes('INTERNAL')
      return isInside || sent.status >= 500 || !/"error"|"isError":true/.test(sent.text)
        ? `answered ${sent.status} ${sent.text.slice(0, 160)}`
        : undefined
    },
  }
}

const mismatch = (name: string, method: string, params: object, headers: Record<string, string>): Probe => ({
  name,
  kind: 'headers of 2026-07-28',
  ways: ['modern'],
  attempt: async (door) => rpcCode(await door.post(door.message(method, params), headers), -32_020, -32_022, -32_602),
})

const session = (name: string, id: string): Probe => ({
  name,
  kind: 'sessions',
  ways: ['legacy'],
  attempt: async (door) => status(await door.post(door.good, { 'mcp-session-id': id }), 404, 400, 431),
})

const GUESSES = ['local', 's_1', 'r_1', '../../../etc/passwd', '__proto__', `s_${'a'.repeat(43)}`, '\u0000', '*']

export const PROTOCOL: readonly Probe[] = [
  code('another version of JSON-RPC', () => '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32_600, -32_602),
  code('an id that is an object', () => '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32_600, -32_602),
  code('a method that is a number', () => '{"jsonrpc":"2.0","id":1,"method":5}', -32_600),
  code('no method', () => '{"jsonrpc":"2.0","id":1}', -32_600),
  code('a batch of nothing', () => '[]', -32_600),
  code('a batch of too many', (door) => `[${Array.from({ length: 101 }, () => door.good).join(',')}]`, -32_600),
  code('a method of Object', (door) => door.message('constructor'), -32_601),
  { ...code('a method of megabytes', (door) => door.message('m'.repeat(1_000_000)), -32_601), ways: ['legacy', 'rpc'] },
  { name: 'a batch in a batch', kind, attempt: async (door) => status(await door.post(`[[${door.good}]]`), 200, 400) },
  {
    name: 'an answer nobody asked for',
    kind,
    ways: MCP,
    attempt: async (door) => status(await door.post('{"jsonrpc":"2.0","id":7,"result":{}}'), 202),
  },
  {
    name: 'a notice of cancelling what others do',
    kind,
    ways: ['legacy'],
    attempt: async (door) =>
      status(await door.post('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'), 202),
  },
  {
    name: 'no Accept',
    kind,
    ways: MCP,
    attempt: async (door) => status(await door.post(door.good, { accept: 'text/html' }), 406),
  },
  odd('a tool of Object', { name: '__proto__', arguments: {} }),
  odd('a tool whose name is an object', { name: { toString: 1 }, arguments: {} }),
  odd('a tool whose name is a list', { name: ['search'], arguments: {} }),
  odd('no name of a tool', { arguments: {} }),
  odd('arguments that are a text', { name: 'execute_code', arguments: 'return 1' }),
  odd('an input that is null', { name: 'execute_intent', arguments: { intent: null } }),
  odd('a time that is a text', { name: 'execute_code', arguments: { code: 'return 1', timeoutMs: 'for ever' } }),
  odd('a name of a megabyte', { name: 'execute_intent', arguments: { intent: 'i'.repeat(1_000_000) } }),
  odd('an intent that is a path', { name: 'execute_intent', arguments: { intent: '../../../etc/passwd' } }),
  mismatch('another method in the header', 'tools/list', {}, { 'mcp-method': 'tools/call' }),
  mismatch('another version in the header', 'tools/list', {}, { 'mcp-protocol-version': '2025-11-25' }),
  mismatch(
    'another name in the header',
    'tools/call',
    { name: 'search', arguments: {} },
    { 'mcp-name': 'execute_code' },
  ),
  mismatch('no name in the header', 'tools/call', { name: 'search', arguments: {} }, { 'mcp-name': '' }),
  mismatch(
    'a version of nobody',
    'tools/list',
    { _meta: { [VERSION]: '2099-01-01' } },
    { 'mcp-protocol-version': '2099-01-01' },
  ),
  mismatch('a version that is an object', 'tools/list', { _meta: { [VERSION]: {} } }, {}),
  mismatch('no capabilities', 'tools/list', { _meta: { 'io.modelcontextprotocol/clientCapabilities': null } }, {}),
  session('an invented session', 'b5a3c2e0-0000-4000-8000-000000000000'),
  session('a session that is a path', '../../../etc/passwd'),
  session('a session of Object', '__proto__'),
  session('a session of kilobytes', 's'.repeat(8_000)),
  {
    name: 'guesses of handles',
    kind: 'sessions',
    async attempt(door) {
      for (const handle of GUESSES) {
        const { text } = await door.post(door.call('results.read', { handle }))
        if (!/UNKNOWN_HANDLE|INVALID_REQUEST/.test(text)) return `${handle}: ${text.slice(0, 160)}`
      }
      return undefined
    },
  },
  {
    name: 'prototypes in arguments',
    kind,
    async attempt(door) {
      const stain = door
        .call('good.echo', { text: 'x', stain: 1 })
        .replace('"stain":1', '"__proto__":{"stain":1},"constructor":{"prototype":{"stain":1}}')
      await door.post(stain)
      const { text } = await door.post(door.run('return String({}.stain)'))
      return text.includes('undefined') ? undefined : `answered ${text.slice(0, 160)}`
    },
  },
]
