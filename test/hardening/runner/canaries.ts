import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** In the host's environment, in the canary file and in the answers of the canary server: it must never get out. */
export const SECRET = 'canary-secret-7f3a9'

/** What a program finds where it gets out of its sandbox. */
export interface Canaries extends AsyncDisposable {
  readonly port: number
  readonly file: string
  /** Requests to the server so far. */
  hits(): number
  fileChanged(): boolean
}

export async function openCanaries(): Promise<Canaries> {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'))
  const file = join(folder, 'canary.txt')
  const content = `unchanged ${SECRET}`
  let hits = 0
  process.env['MCPO_CANARY'] = SECRET
  writeFileSync(file, content)
  const server = createServer((_request, response) => {
    hits++
    response.end(SECRET)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    file,
    hits: () => hits,
    fileChanged: () => readFileSync(file, 'utf8') !== content,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
      delete process.env['MCPO_CANARY']
    },
  }
}
