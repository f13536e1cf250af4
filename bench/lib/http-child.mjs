// A server in a process of its own, for load over HTTP: `gateway` (ours, /rpc) or `floor` (bare node:http with the same answer).
// Tells its port, and its CPU and memory whenever it is asked.
import { createServer } from 'node:http'
import { createShapesGateway } from './shapes.mjs'

const [kind, folder] = process.argv.slice(2)
const port = kind === 'gateway' ? await gateway() : await floor()
process.send({ port })
process.on('message', () =>
  process.send({ cpu: process.cpuUsage(), rssMb: Math.round(process.memoryUsage.rss() / 1e6) }),
)
process.on('disconnect', () => process.exit(0))

async function gateway() {
  const { createSurface, serveHttp } = await import('../../dist/index.js')
  const optimizer = createShapesGateway(folder)
  await optimizer.ready()
  const surface = createSurface({ servers: ['bench'], compact: false, programs: true, version: '0' })
  const { url } = await serveHttp(optimizer, surface, { port: 0 })
  return Number(new URL(url).port)
}

async function floor() {
  const answer = { status: 'ok', data: { id: 0, title: 'Issue 0 in the checkout flow', count: 19 } }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: answer })
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      response.end(text)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}
