import { beforeAll, describe } from 'vitest'
import { createDockerBackend } from '../../src/sandbox/docker/backend.ts'
import { sandboxContract } from '../contracts/sandbox.ts'
import { containerEngine, testImage } from '../support/container-engine.ts'

const socketPath = await containerEngine('the tests of the docker backend')

describe.skipIf(socketPath === undefined)('docker', () => {
  const options = { socketPath: socketPath ?? '', image: 'mcp-optimizer-sandbox:test' }
  beforeAll(async () => {
    await testImage(options.socketPath)
  })

  sandboxContract('docker', () => createDockerBackend({ ...options, poolSize: 1 }))
})
