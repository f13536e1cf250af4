import type { Outcome, SandboxBackend } from '../../src/index.ts'

/** A backend that counts how the programs of another one end. */
export function countOutcomes(inner: SandboxBackend, counts: Map<Outcome['status'], number>): SandboxBackend {
  return {
    name: `counted ${inner.name}`,
    enforces: inner.enforces,
    async create(image, options) {
      const sandbox = await inner.create(image, options)
      return {
        async run(program, call, limits, signal) {
          const outcome = await sandbox.run(program, call, limits, signal)
          counts.set(outcome.status, (counts.get(outcome.status) ?? 0) + 1)
          return outcome
        },
        reset: () => sandbox.reset(),
        [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
      }
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
}
