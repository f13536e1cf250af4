import { checkSettings, OF_THE_ENGINE } from './check-settings.ts'
import type { SandboxSettings } from './create.ts'
import {
  DEFAULT_LIMITS,
  type SandboxBackend,
  type SandboxLimits,
  type SandboxStats,
  type StandingWall,
} from './sandbox.ts'
import { checkRequired } from './walls.ts'

/** The walls that are known before anything has started. */
const WALLS_AT_ONCE = { wasm: { wall: 'engine' }, docker: { wall: 'container' }, process: {} } as const

/** Stats before anything has started. */
const NOTHING_YET: SandboxStats = { size: 0, busy: 0, waiting: 0, reused: 0, created: 0, discarded: {} }

/**
 * The backend that the settings name, whose code is loaded with its first use. Settings that do not exist throw
 * `CONFIG_INVALID` at once.
 */
export function deferSandbox(settings: SandboxSettings, onWall?: (standing: StandingWall) => void): SandboxBackend {
  const { backend: name = 'wasm', require } = settings
  checkSettings(settings, OF_THE_ENGINE)
  checkRequired(name, require)
  let loaded: SandboxBackend | undefined
  let loading: Promise<SandboxBackend> | undefined
  let isEnded = false
  const load = async (): Promise<SandboxBackend> => {
    const { createSandboxBackend } = await import('./create.ts')
    loaded = createSandboxBackend(settings, onWall)
    // Ended meanwhile: it refuses in its own words.
    if (isEnded) await loaded[Symbol.asyncDispose]()
    return loaded
  }
  const backend = async (): Promise<SandboxBackend> => loaded ?? (await (loading ??= load()))
  return {
    name,
    enforces: new Set(Object.keys(DEFAULT_LIMITS) as (keyof SandboxLimits)[]),
    create: async (image, options) => await (await backend()).create(image, options),
    stats: () => loaded?.stats?.() ?? { ...NOTHING_YET, ...WALLS_AT_ONCE[name] },
    warmUp: async () => await (await backend()).warmUp?.(),
    layers: async () => (await (await backend()).layers?.()) ?? [],
    async [Symbol.asyncDispose]() {
      isEnded = true
      if (loading !== undefined) await (await loading)[Symbol.asyncDispose]()
    },
  }
}
