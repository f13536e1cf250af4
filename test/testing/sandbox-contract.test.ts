import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Outcome, SandboxBackend } from '../../src/index.ts'
import { createWasmBackend } from '../../src/sandbox/wasm/backend.ts'
import { sandboxContract } from '../../src/testing/index.ts'
import { sandboxContract as contract } from '../contracts/sandbox.ts'
import { temporaryFolder } from '../support/servers.ts'
import { countOutcomes } from './count-outcomes.ts'

describe('the test kit for backends', () => {
  it('is documented by the example that is tested here', () => {
    const page = readFileSync(new URL('../../docs/sandbox-backends.md', import.meta.url), 'utf8')
    const example = readFileSync(new URL('count-outcomes.ts', import.meta.url), 'utf8')
    expect(page).toContain(example.replace('../../src/index.ts', 'mcp-optimizer'))
  })

  it('finds what is wrong with a backend', async () => {
    const forged = (outcome: Outcome): Outcome => ({ ...outcome, logs: ['all is well'] })
    const failed = await failures(() => changeOutcomes(createWasmBackend({ poolSize: 1 }), forged))
    expect(failed).toEqual(
      expect.arrayContaining(['is fresh in each run', 'keeps the console, with the level as prefix']),
    )
    expect(failed.length).toBeLessThan(20)
  }, 120_000)

  it('runs in node:test', { timeout: 60_000 }, async () => {
    const [kit, backend] = ['testing/index.js', 'sandbox/wasm/backend.js'].map(
      (file) => new URL(`../../dist/${file}`, import.meta.url).href,
    )
    const file = join(temporaryFolder(), 'contract.test.mjs')
    writeFileSync(
      file,
      `import { after, before, describe, it } from 'node:test'
import { sandboxContract } from ${JSON.stringify(kit)}
import { createWasmBackend } from ${JSON.stringify(backend)}
sandboxContract('mine', () => createWasmBackend(), { describe, it, before, after })`,
    )
    const args = ['--test', '--test-reporter=tap', '--test-name-pattern=console|may be a module', file]
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    expect(stdout).toMatch(/ok \d+ - keeps the console/)
    expect(stdout).toMatch(/# fail 0/)
  })
})

const counts = new Map<Outcome['status'], number>()
contract('an example of the documentation', () => countOutcomes(createWasmBackend({ poolSize: 2 }), counts))

/** Names of the cases that a backend does not pass. */
async function failures(makeBackend: () => SandboxBackend): Promise<string[]> {
  const cases: { name: string; run: () => Promise<void> }[] = []
  const hooks: (() => Promise<void>)[] = []
  sandboxContract('broken', makeBackend, {
    describe: (_name, define) => define(),
    it: (name, run) => cases.push({ name, run }),
    before: (run) => hooks.push(run),
    after: (run) => hooks.push(run),
  })
  await hooks[0]?.()
  const failed: string[] = []
  for (const { name, run } of cases) await run().catch(() => failed.push(name))
  await hooks[1]?.()
  return failed
}

function changeOutcomes(inner: SandboxBackend, change: (outcome: Outcome) => Outcome): SandboxBackend {
  return {
    name: 'broken',
    enforces: inner.enforces,
    async create(image, options) {
      const sandbox = await inner.create(image, options)
      return {
        run: async (...list) => change(await sandbox.run(...list)),
        reset: () => sandbox.reset(),
        [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
      }
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
}
