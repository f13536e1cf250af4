import { messageOf } from '../../../src/internal/text.ts'
import { DEFAULT_LIMITS, type SandboxBackend } from '../../../src/sandbox/sandbox.ts'

export const BACKENDS = ['wasm', 'process', 'docker'] as const
export type BackendName = (typeof BACKENDS)[number]

/** A backend that ran a program here, or why it cannot. */
export type Opened = { readonly backend: SandboxBackend } | { readonly unavailable: string }

type Factory = (options: { readonly poolSize: number }) => SandboxBackend | Promise<SandboxBackend>

/** Loads a backend by its name, and has it run a program. */
export async function openBackend(name: BackendName): Promise<Opened> {
  let backend: SandboxBackend | undefined
  try {
    backend = await (await findFactory(name))({ poolSize: 2 })
    const sandbox = await backend.create({ version: 'trial', functions: [], modules: [] })
    const outcome = await sandbox.run(
      { kind: 'body', source: 'return 1 + 1', input: '{}' },
      async () => 'null',
      DEFAULT_LIMITS,
    )
    await sandbox[Symbol.asyncDispose]()
    if (outcome.value !== '2') throw new Error(`a first program ended with ${outcome.status} ${outcome.error?.message}`)
    return { backend }
  } catch (error) {
    await backend?.[Symbol.asyncDispose]()
    return { unavailable: `the ${name} backend cannot run here: ${reasonOf(error)}` }
  }
}

function reasonOf(error: unknown): string {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  return isMissing ? 'it is not part of this version' : messageOf(error)
}

async function findFactory(name: BackendName): Promise<Factory> {
  // The command runs from `build`; what starts processes and containers knows only the package as it is published.
  const [folder, extension] = import.meta.url.endsWith('.ts') ? ['../../../src', 'ts'] : ['../../../../dist', 'js']
  const url = new URL(`${folder}/sandbox/${name}/backend.${extension}`, import.meta.url)
  const module = (await import(/* @vite-ignore */ url.href)) as Record<string, unknown>
  const factory = module[`create${name.charAt(0).toUpperCase()}${name.slice(1)}Backend`]
  if (typeof factory !== 'function') throw new Error('it has no factory')
  return factory as Factory
}
