import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

export interface FixturePackage {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
}

export interface NpmRegistry extends AsyncDisposable {
  readonly url: string
  /** Tarballs asked for so far, by file name. */
  readonly asked: readonly string[]
}

/**
 * An npm registry of some packages on this machine, in the real wire format. From a stalled one tarballs are asked for in
 * vain, as on a line that is far too slow.
 */
export async function npmRegistry(
  packages: readonly FixturePackage[],
  { isStalled = false }: { readonly isStalled?: boolean } = {},
): Promise<NpmRegistry> {
  const asked: string[] = []
  const tarballs = new Map<string, Buffer>()
  for (const fixture of packages) tarballs.set(fileName(fixture), await tarball(fixture))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname)
    const [, file = ''] = /\/-\/(.+\.tgz)$/.exec(path) ?? []
    const bytes = tarballs.get(file)
    if (bytes !== undefined) {
      asked.push(file)
      if (!isStalled) response.end(bytes)
      return
    }
    const found = packages.find(({ name }) => path === `/${name}`)
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
    const body =
      found === undefined
        ? { error: 'Not found' }
        : packument(found, `http://${request.headers.host}`, tarballs.get(fileName(found)) ?? Buffer.alloc(0))
    response.end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return {
    url,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function fileName({ name, version }: FixturePackage): string {
  return `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
}

function packument(fixture: FixturePackage, base: string, bytes: Buffer): object {
  const { files: _files, ...manifest } = fixture
  const dist = {
    tarball: `${base}/${fixture.name}/-/${fileName(fixture)}`,
    shasum: createHash('sha1').update(bytes).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
  }
  return {
    _id: fixture.name,
    name: fixture.name,
    'dist-tags': { latest: fixture.version },
    versions: { [fixture.version]: { _id: `${fixture.name}@${fixture.version}`, ...manifest, dist } },
  }
}

async function tarball({ files, ...manifest }: FixturePackage): Promise<Buffer> {
  const archive = pack()
  archive.entry({ name: 'package/package.json' }, JSON.stringify(manifest))
  for (const [name, text] of Object.entries(files)) archive.entry({ name: `package/${name}`, mode: 0o755 }, text)
  archive.finalize()
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part)
  return gzipSync(Buffer.concat(parts))
}
