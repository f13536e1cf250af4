// One side of a comparison, in a process of its own: the shapes of operations on the built checkout that it is given.
//   node bench/lib/compare-child.mjs CHECKOUT FOLDER   (forked by bench/compare.mjs)
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'

const [checkout = '', folder = ''] = process.argv.slice(2)
const { createShapesGateway, operation } = await import(pathToFileURL(join(checkout, 'bench/lib/shapes.mjs')).href)
const gateways = {
  memory: createShapesGateway(join(folder, 'memory')),
  stdio: createShapesGateway(join(folder, 'stdio'), { overStdio: true }),
}

/** Operations a second, and microseconds of processor time of this process (all threads) an operation. */
async function measure({ kind, shape, count, concurrency }) {
  const work = operation(gateways[kind], shape)
  let left = count
  const cpu = process.cpuUsage()
  const start = performance.now()
  const worker = async () => {
    while (left-- > 0) {
      const code = await work()
      if (code !== undefined) throw new Error(`${shape} ended with ${code}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: count / seconds, cpuUs: (user + system) / count }
}

process.on('message', (request) => {
  measure(request).then(
    (result) => process.send?.(result),
    (error) => process.send?.({ error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
