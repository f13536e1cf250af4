import { createProcessBackend } from '../../src/sandbox/process/backend.ts'
import { sandboxContract } from '../contracts/sandbox.ts'

sandboxContract('process (quickjs)', () => createProcessBackend({ poolSize: 2 }))
sandboxContract('process (v8)', () => createProcessBackend({ engine: 'v8', poolSize: 8 }))
