import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DEFAULT_LIMITS, type Outcome, type SandboxBackend } from '../../src/sandbox/sandbox.ts'
import { answer, body, IMAGE, sandboxContract as contract } from '../../src/testing/sandbox-contract.ts'

export { answer, body, IMAGE } from '../../src/testing/sandbox-contract.ts'

/** What every backend of sandboxes must do: the contract of the public test kit. */
export function sandboxContract(name: string, makeBackend: () => SandboxBackend | Promise<SandboxBackend>): void {
  contract(name, makeBackend, { describe, it, before: beforeAll, after: afterAll })
}

/** What a backend may still have when it is closed: nothing. Run it last: it looks at the whole process. */
export function leakContract(name: string, makeBackend: () => SandboxBackend): void {
  it(`${name}, closed twice, leaves no thread, process or connection, whatever ran`, async () => {
    const before = resources()
    const backend = makeBackend()
    const run = async (source: string, timeoutMs: number): Promise<Outcome> => {
      await using sandbox = await backend.create(IMAGE)
      return await sandbox.run(body(source), answer, { ...DEFAULT_LIMITS, timeoutMs })
    }
    expect(await run('return await tools.test.echo({ a: 1 })', 10_000)).toMatchObject({ status: 'ok' })
    expect(await run('for (;;);', 100)).toMatchObject({ status: 'timeout' })
    const running = run('await tools.test.never({})', 10_000)
    await Promise.race([running, run('return 1', 10_000)])
    await backend[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
    expect(await running).toMatchObject({ status: 'cancelled' })
    await expect(backend.create(IMAGE)).rejects.toMatchObject({ code: 'CANCELLED' })
    // What an earlier test left to end may have ended meanwhile: less is fine, more is a leak.
    await vi.waitFor(() => expect(more(resources(), before)).toEqual([]), { timeout: 5_000 })
  })
}

const HELD = new Set(['MessagePort', 'Worker', 'ProcessWrap', 'PipeWrap', 'PipeConnectWrap', 'TCPSocketWrap'])

/** What keeps this process alive, by kind. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => HELD.has(kind))
    .toSorted()
}

/** What is there more often than before. */
function more(now: readonly string[], before: readonly string[]): string[] {
  const left = [...before]
  return now.filter((kind) => {
    const at = left.indexOf(kind)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
