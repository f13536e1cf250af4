import { describe, expect, it, vi } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer } from '../../src/optimizer.ts'

describe('the sandbox of a gateway', () => {
  it('starts with the gateway where that is asked for', async () => {
    await using optimizer = createOptimizer(defineConfig({ sandbox: { poolMin: 1 } }))
    await vi.waitFor(() => expect(optimizer.sandboxStats()?.size).toBe(1), { timeout: 10_000 })
  })

  it('says in the log why it cannot start ahead', async () => {
    const log = vi.fn()
    const sandbox = { backend: 'docker', poolMin: 1, docker: { socketPath: '/nowhere/engine.sock' } } as const
    await using _optimizer = createOptimizer(defineConfig({ sandbox }), { logger: { enabled: () => true, log } })
    await vi.waitFor(
      () => expect(log).toHaveBeenCalledWith('warn', expect.stringContaining('could not be started ahead')),
      { timeout: 10_000 },
    )
  })
})
