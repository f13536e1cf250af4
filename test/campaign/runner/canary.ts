import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An address that nobody may be led to. */
export interface Canary extends AsyncDisposable {
  readonly url: string
  hits(): number
}

export async function openCanary(): Promise<Canary> {
  let hits = 0
  const server = createServer((_request, response) => {
    hits++
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    hits: () => hits,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
