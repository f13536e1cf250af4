// The HTTP front that bench/observe.mjs measures: `node observe-front.mjs CONFIG FOLDER [stdio]`, forked;
// with `stdio` its server is a process, else a part of it that answers at once.
import { createSurface, openMonitor, serveHttp } from '../dist/index.js'
import { keepRequestsYoung } from '../dist/cli/garbage-collector.js'
import { createLog } from '../dist/metrics/log.js'
import { createShapesGateway } from './lib/shapes.mjs'

// As "mcp-optimizer serve" does.
keepRequestsYoung()
const [text, folder, kind] = process.argv.slice(2)
const config = JSON.parse(text)
const logger = createLog({ level: config.features?.enableMetrics === false ? 'silent' : 'info' })
const optimizer = createShapesGateway(folder, {
  overStdio: kind === 'stdio',
  config: { http: { port: 0 }, ...config },
  logger,
})
await optimizer.ready()
const monitor = await openMonitor(optimizer)
const surface = createSurface({ servers: ['bench'], compact: false, programs: true, version: '0' })
const service = await serveHttp(optimizer, surface, { ...optimizer.config.http, monitor })
process.on('message', async (message) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage()
    return process.send(user + system)
  }
  await service[Symbol.asyncDispose]()
  monitor[Symbol.dispose]()
  await optimizer[Symbol.asyncDispose]()
  process.disconnect()
})
process.send(Number(new URL(service.url).port))
