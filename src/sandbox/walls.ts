import { OptimizerError } from '../errors.ts'

/**
 * The outermost wall around programs, weakest first. `engine`: QuickJS in WebAssembly alone. `permissions`: a subprocess
 * with the permission model of Node.js. `user`: the same as `nobody`. `namespaces`: the same without network, other
 * processes and writable files. `container`: of a container engine.
 */
export const WALLS = ['engine', 'permissions', 'user', 'namespaces', 'container'] as const
/** How strict the outermost wall around programs is. */
export type Wall = (typeof WALLS)[number]

/** The strictest wall that a backend can have on any machine. */
const STRICTEST = { wasm: 'engine', process: 'namespaces', docker: 'container' } as const

/** True where `wall` is at least the one that is required. */
export function isEnough(wall: Wall, required: Wall = 'engine'): boolean {
  return WALLS.indexOf(wall) >= WALLS.indexOf(required)
}

/** Throws `CONFIG_INVALID` where no machine could give a backend the wall that is required. */
export function checkRequired(backend: keyof typeof STRICTEST, required: Wall | undefined): void {
  const strictest = STRICTEST[backend]
  if (isEnough(strictest, required)) return
  const message = `sandbox.require is ${required}, which the backend ${backend} never has: its strictest wall is ${strictest}`
  throw new OptimizerError('CONFIG_INVALID', message, {
    suggestion:
      'choose another sandbox.backend ("process" has namespaces on Linux, "docker" containers), or require less',
  })
}
