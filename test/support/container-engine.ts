import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { buildSandboxImage } from '../../src/sandbox/docker/image.ts'

const SOCKETS = ['/var/run/docker.sock', '/run/podman/podman.sock']

/** The socket of a container engine that answers; undefined, and the reason printed, where there is none. */
export async function containerEngine(what: string): Promise<string | undefined> {
  const host = process.env['DOCKER_HOST']
  const candidates = host === undefined ? SOCKETS : [host.replace(/^unix:\/\//, '')]
  for (const path of candidates) if (existsSync(path) && (await answers(path))) return path
  console.log(
    `skipped: ${what} need a container engine, and none answers at ${candidates.join(' or ')} (.ci/run starts one)`,
  )
  return undefined
}

/** The image of this working copy, made anew: tests must not run the code of yesterday. */
export async function testImage(socketPath: string): Promise<string> {
  return await buildSandboxImage({ socketPath, image: 'mcp-optimizer-sandbox:test' })
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path)
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
