import { describe, expect, it } from 'vitest'
import { createSandboxBackend, type SandboxSettings } from '../../src/sandbox/create.ts'
import { SecureSandbox } from '../../src/sandbox/secure-sandbox.ts'

/** As they come out of a file or from JavaScript. */
const settings = (given: unknown): SandboxSettings => given as SandboxSettings

describe('a sandbox that there is not', () => {
  it.each(['docker ', 'Process', '', null])('is refused, and no weaker one takes its place: %o', (backend) => {
    const wanted = { code: 'CONFIG_INVALID', message: expect.stringContaining('wasm, process, docker') }
    expect(() => createSandboxBackend(settings({ backend }))).toThrow(expect.objectContaining(wanted))
    expect(() => new SecureSandbox(settings({ backend }))).toThrow(expect.objectContaining(wanted))
  })

  it.each([{ engine: 'v8' }, { engine: 'quickjs', packages: ['lodash'] }, { packagesFolder: '/x' }, 'v8'])(
    'is refused where the removed engine is named, with what to do: %o',
    (process) => {
      expect(() => createSandboxBackend(settings({ backend: 'process', process }))).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(/sandbox\.process.*"v8".*removed/),
          suggestion: expect.stringContaining('remove the section sandbox.process'),
        }),
      )
    },
  )

  it.each([{}, { engine: 'quickjs' }])('is none where the engine that is left is named: %o', async (process) => {
    await using backend = createSandboxBackend(settings({ backend: 'process', process }))
    expect(backend.name).toBe('process')
  })
})
