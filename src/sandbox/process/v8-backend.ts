import { type SandboxBackend } from '../sandbox.ts'
export function createV8Backend(_options: { memoryMb: number; packages: readonly string[] }): SandboxBackend {
  throw new Error('todo')
}
