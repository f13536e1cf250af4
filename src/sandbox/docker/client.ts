import { createRequire } from 'node:module'
import type Docker from 'dockerode'
import { OptimizerError } from '../../errors.ts'
import { cutText, messageOf } from '../../internal/text.ts'

/** Which container engine is meant. */
export interface EngineAddress {
  /** Path of the engine's socket; Podman's works too. @default DOCKER_HOST, or the engine's usual socket */
  readonly socketPath?: string
}

/** The container engine's API, by the optional package `dockerode`. */
export async function createClient({ socketPath }: EngineAddress): Promise<Docker> {
  const { default: Client } = await load<{ default: typeof Docker }>('dockerode')
  return new Client(socketPath === undefined ? undefined : { socketPath })
}

/** An optional package; says how to install it where it is missing. */
export async function load<T>(name: 'dockerode' | 'tar-stream'): Promise<T> {
  try {
    createRequire(import.meta.url).resolve(name)
  } catch {
    throw new OptimizerError('CONFIG_INVALID', `cannot use containers: the package ${name} is not installed`, {
      suggestion: 'run: npm install dockerode tar-stream',
    })
  }
  return (await import(name)) as T
}

/** What went wrong between us and the engine, as one of our errors. */
export function engineError(what: string, thrown: unknown): OptimizerError {
  if (OptimizerError.is(thrown)) return thrown
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  const isUnreachable = typeof code === 'string' && ['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTFOUND'].includes(code)
  const why = isUnreachable ? `no container engine answers (${code})` : cutText(messageOf(thrown), 300)
  return new OptimizerError('CONFIG_INVALID', `cannot ${what}: ${why}`, {
    cause: thrown,
    suggestion: isUnreachable
      ? 'start Docker or Podman, set DOCKER_HOST or sandbox.docker.socketPath, or choose another sandbox.backend'
      : statusCode === 404
        ? 'build the image: mcp-optimizer sandbox-image'
        : 'run "mcp-optimizer doctor" to see what is missing',
  })
}
