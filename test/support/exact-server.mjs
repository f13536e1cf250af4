// A server that sees and writes JSON as text, so that no integer passes through a JavaScript number.
//   node exact-server.mjs [--http]     over HTTP it answers calls with `"stream":true` as an event stream
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

const object = (properties) => ({ type: 'object', properties, required: Object.keys(properties) })
const text = { type: 'string' }
const TOOLS = [
  {
    name: 'give',
    inputSchema: object({ digits: text }),
    outputSchema: object({ id: { type: 'integer' }, ids: { type: 'array' } }),
  },
  { name: 'give_text', inputSchema: object({ digits: text }) },
  { name: 'take', inputSchema: object({ id: { type: 'integer' } }) },
  { name: 'take_any', inputSchema: { type: 'object', properties: { id: {} } } },
  { name: 'take_text', inputSchema: object({ id: text }) },
  {
    name: 'take_all',
    inputSchema: {
      type: 'object',
      properties: { id: { type: 'integer' }, title: text, maybe: { anyOf: [text, { type: 'null' }] }, any: {} },
    },
  },
  { name: 'refuse', inputSchema: object({ digits: text }) },
]
const BOUNDS = '"maximum":9223372036854775807,"minimum":-9223372036854775808'

function answerTo(line) {
  const { id: asked, method, params } = JSON.parse(line)
  if (asked === undefined) return undefined
  const id = JSON.stringify(asked)
  const reply = (result) => `{"jsonrpc":"2.0","id":${id},"result":${result}}`
  if (method === 'initialize') {
    const serverInfo = { name: 'exact', version: '1' }
    return reply(JSON.stringify({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo }))
  }
  if (method === 'tools/list')
    return reply(JSON.stringify({ tools: TOOLS }).replaceAll('"type":"integer"', `"type":"integer",${BOUNDS}`))
  if (method !== 'tools/call') return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no"}}`
  const { name, arguments: given } = params
  const record = `{"id": ${given.digits},"ids":[[${given.digits}]],"note":"${given.digits}, [${given.digits}]"}`
  if (name === 'give') return reply(`{"content":[],"structuredContent":${record}}`)
  if (name === 'give_text') return reply(`{"content":[{"type":"text","text":${JSON.stringify(record)}}]}`)
  if (name === 'refuse')
    return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"no","data":{"id":${given.digits}}}}`
  if (name === 'take_all') {
    const [, all] = /"arguments":(\{.*\}),"_meta"/.exec(line) ?? []
    return reply(JSON.stringify({ content: [{ type: 'text', text: `: ${all}` }] }))
  }
  const [, raw] = /"id":("?-?[\w.+-]*"?)[,}]/.exec(line.slice(line.indexOf('"arguments"'))) ?? []
  return reply(JSON.stringify({ content: [{ type: 'text', text: `got ${raw}` }] }))
}

if (process.argv.includes('--http')) {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const answer = body === '' ? undefined : answerTo(body)
      if (answer === undefined) return void response.writeHead(request.method === 'GET' ? 405 : 202).end()
      if (!process.argv.includes('--stream'))
        return void response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = Buffer.from(`event: message\ndata: ${answer}\n\n`)
      // In pieces, as networks cut it.
      for (let at = 0; at < event.length; at += 7) response.write(event.subarray(at, at + 7))
      response.end()
    })
  })
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`))
} else
  createInterface({ input: process.stdin }).on('line', (line) => {
    const answer = answerTo(line)
    if (answer !== undefined) process.stdout.write(`${answer}\n`)
  })
