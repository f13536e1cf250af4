import { afterAll, beforeAll, describe, it } from 'vitest'
import { type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { sandboxContract as contract } from '../../src/testing/sandbox-contract.ts'

export { answer, body, IMAGE } from '../../src/testing/sandbox-contract.ts'

/** What every backend of sandboxes must do: the contract of the public test kit. */
export function sandboxContract(name: string, makeBackend: () => SandboxBackend | Promise<SandboxBackend>): void {
  contract(name, makeBackend, { describe, it, before: beforeAll, after: afterAll })
}
