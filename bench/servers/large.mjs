// A server whose answers and lists are as large as its bounds let them be, over stdio or HTTP.
//   node large.mjs --mode rows|row-text|lists|numbers|text|wide-text|blocks|small|list-schema|list-words|list-pages [--bytes N] [--http json|sse]
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at > 0 ? process.argv[at + 1] : fallback
}
const mode = option('mode', 'small')
const bytes = Number(option('bytes', 30_000_000))
const http = option('http')

const filled = (open, item, close) => {
  const parts = []
  for (let size = 0, index = 0; size < bytes; index++) {
    const text = item(index)
    parts.push(text)
    size += text.length + 1
  }
  return `${open}${parts.join(',')}${close}`
}
const row = (id) => `{"id":${id},"name":"row ${id}","tags":["a","b"],"done":false}`
const rows = () => filled('{"rows":[', row, ']}')
const text = (json) => `{"content":[{"type":"text","text":${JSON.stringify(json)}}]}`
const WORDS = 'abcdefghijklmnopqrstuvwxyz'
const word = (seed) =>
  Array.from({ length: 7 }, (_, at) => WORDS[(seed * (at + 3) + at * at * (seed >> 3)) % 26]).join('')

const RESULTS = {
  small: () => '{"content":[{"type":"text","text":"hello"}]}',
  rows: () => `{"content":[],"structuredContent":${rows()}}`,
  'row-text': () => text(rows()),
  lists: () => `{"content":[],"structuredContent":{"lists":${filled('[', () => '[]', ']')}}}`,
  numbers: () => `{"content":[],"structuredContent":{"numbers":${filled('[', (id) => String(id % 10), ']')}}}`,
  text: () => text('a line of a log, with "quotes" and {braces}\n'.repeat(bytes / 48)),
  'wide-text': () => text('Zeile mit Umläuten: äöü – und mehr\n'.repeat(bytes / 44)),
  blocks: () => `{"content":${filled('[', (id) => `{"type":"text","text":"block ${id}"}`, ']')}}`,
}
const tool = (name, more = {}) => ({ name, description: `Gives ${name}`, inputSchema: { type: 'object' }, ...more })
const properties = (size) => {
  const made = {}
  for (let at = 0, chars = 0; chars < size; at++) {
    made[`property_${at}`] = { type: 'string', description: `What ${word(at)} is`, enum: [`a${at}`, `b${at}`] }
    chars += 90
  }
  return made
}
const LISTS = {
  'list-schema': () => ({
    tools: [tool('get'), tool('big', { inputSchema: { type: 'object', properties: properties(bytes) } })],
  }),
  'list-schemas': () => ({
    tools: [
      tool('get'),
      ...Array.from({ length: Math.floor(bytes / 1_500_000) }, (_, at) =>
        tool(`big_${at}`, { inputSchema: { type: 'object', properties: properties(1_500_000) } }),
      ),
    ],
  }),
  'list-words': () => ({
    tools: [
      tool('get'),
      ...Array.from({ length: 20_000 }, (_, at) =>
        tool(`${word(at)}_${word(at * 7 + 1)}_${at}`, {
          description: Array.from({ length: 20 }, (_word, of) => word(at * 31 + of * 7)).join(' '),
          inputSchema: {
            type: 'object',
            properties: { [word(at + 5)]: { type: 'string', description: `${word(at)} ${word(at * 3)}` } },
          },
        }),
      ),
    ],
  }),
}
let result
const answerOf = ({ id, method, params }) => {
  const of = (given) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${given}}`
  if (method === 'initialize')
    return of(
      JSON.stringify({
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'large', version: '1' },
      }),
    )
  if (method === 'tools/list') {
    if (mode === 'list-pages') {
      const page = Number(params?.cursor ?? 0)
      const tools = Array.from({ length: 15 }, (_, at) =>
        tool(`t_${page}_${at}`, { inputSchema: { type: 'object', properties: properties(1_900_000) } }),
      )
      return of(JSON.stringify({ tools: page === 0 ? [tool('get'), ...tools] : tools, nextCursor: String(page + 1) }))
    }
    return of(JSON.stringify((LISTS[mode] ?? (() => ({ tools: [tool('get'), tool('size')] })))()))
  }
  if (method === 'tools/call')
    return of(
      params.name === 'size'
        ? text(String(JSON.stringify(params.arguments).length))
        : (result ??= (RESULTS[mode] ?? RESULTS.small)()),
    )
  if (id !== undefined) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"no"}}`
}

const delay = Number(option('delay', 0))
if (http === undefined)
  createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line)
    const answer = answerOf(message)
    const tell = () => answer !== undefined && process.stdout.write(`${answer}\n`)
    if (delay > 0 && message.method === 'tools/list') setTimeout(tell, delay)
    else tell()
  })
else {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') return response.writeHead(405).end()
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString())
      const answer = answerOf(message)
      if (answer === undefined) return response.writeHead(202).end()
      if (http === 'sse')
        response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: message\ndata: ${answer}\n\n`)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    })
  })
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`))
}
