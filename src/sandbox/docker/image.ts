import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { platform } from 'node:os'
import { join, posix } from 'node:path'
import { allowedNodeEnvironmentFlags, execPath, version } from 'node:process'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import type * as tarStream from 'tar-stream'
import { OptimizerError } from '../../errors.ts'
import { RUNNER_ENTRY, runnerFiles } from '../remote/runner-files.ts'
import { defaultImage } from './backend.ts'
import { createClient, engineError, type EngineAddress, load } from './client.ts'

export interface ImageOptions extends EngineAddress {
  /** @default 'mcp-optimizer-sandbox:<version of this package>' */
  readonly image?: string
}

/**
 * Makes the image of the sandbox without any registry: from the Node.js that runs this, the shared libraries that it
 * needs, and the runner's own files. There is no shell in it and no tool. Answers the image's name.
 */
export async function buildSandboxImage({ image = defaultImage(), ...address }: ImageOptions = {}): Promise<string> {
  if (platform() !== 'linux') {
    throw new OptimizerError('CONFIG_INVALID', 'cannot make an image from this Node.js: it is not one for Linux', {
      suggestion: 'build deploy/sandbox.Dockerfile instead',
    })
  }
  const client = await createClient(address)
  const { pack } = await load<typeof tarStream>('tar-stream')
  const archive = pack()
  const body = new PassThrough()
  const [repo = image, tag = 'latest'] = splitTag(image)
  try {
    await Promise.all([
      pipeline(archive, body),
      fill(archive),
      client
        .importImage(body as unknown as string, { repo, tag, changes: imageChanges() } as object)
        .then(async (answer) => await finished(client, answer)),
    ])
    return image
  } catch (thrown) {
    throw engineError(`make the image ${image}`, thrown)
  }
}

const NODE = 'usr/local/bin/node'

function imageChanges(): string[] {
  const permission = allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const entry = [
    `/${NODE}`,
    permission,
    '--allow-worker',
    '--allow-fs-read=/app/*',
    '--no-warnings',
    '--disallow-code-generation-from-strings',
    `/app/${RUNNER_ENTRY}`,
  ]
  return [
    `ENTRYPOINT ${JSON.stringify(entry)}`,
    'USER 65534:65534',
    'WORKDIR /work',
    `LABEL mcp-optimizer.node=${version}`,
  ]
}

async function fill(archive: tarStream.Pack): Promise<void> {
  for (const name of ['app', 'work', 'tmp', 'proc', 'dev', 'sys', 'etc']) {
    archive.entry({ name, type: 'directory', mode: 0o755 })
  }
  await addFile(archive, execPath, NODE, 0o755)
  for (const path of await sharedLibraries(execPath)) await addFile(archive, path, path.slice(1), 0o755)
  for (const { from, to, isFolder } of runnerFiles()) {
    if (isFolder) await addFolder(archive, from, posix.join('app', to))
    else await addFile(archive, from, posix.join('app', to), 0o644)
  }
  archive.finalize()
}

async function addFolder(archive: tarStream.Pack, from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const path = join(from, entry.name)
    const name = posix.join(to, entry.name)
    if (entry.isDirectory()) await addFolder(archive, path, name)
    else if (entry.isFile()) await addFile(archive, path, name, 0o644)
  }
}

/** Times and owners are left out: equal files make equal layers. */
async function addFile(archive: tarStream.Pack, from: string, name: string, mode: number): Promise<void> {
  const { size } = await stat(from)
  const entry = archive.entry({ name, size, mode, mtime: new Date(0) })
  await pipeline(createReadStream(from), entry)
}

/** As the loader finds them, the loader itself included. */
async function sharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program])
  return [...new Set(stdout.match(/\/\S+/g) ?? [])]
}

/** The engine answers with a stream of progress; a failure is in it. */
async function finished(client: Awaited<ReturnType<typeof createClient>>, answer: unknown): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.modem.followProgress(answer as NodeJS.ReadableStream, (error) => (error ? reject(error) : resolve()))
  })
}

function splitTag(image: string): string[] {
  const colon = image.lastIndexOf(':')
  return colon > image.lastIndexOf('/') ? [image.slice(0, colon), image.slice(colon + 1)] : [image, 'latest']
}
