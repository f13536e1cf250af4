import { LRUCache } from 'lru-cache'
import { type Access, accessKey } from '../access/access.ts'
import type { Engine } from '../engine/engine.ts'
import type { Optimizer } from '../optimizer.ts'
import { openSurface } from './open-surface.ts'
import type { Surface, SurfaceMode } from './surface.ts'

/** What one request sees of the gateway. */
export interface FrontView {
  readonly access: Access
  /** Another one than the configuration's; `compact`: `code_execution` with two tools. */
  readonly mode?: ViewMode
}

export type ViewMode = SurfaceMode | 'compact'

export const VIEW_MODES: readonly ViewMode[] = [
  'code_execution',
  'lazy_loading',
  'server_side',
  'traditional',
  'compact',
]

/** An engine and its surface; equal views get the same ones, byte for byte. */
export interface Front {
  readonly engine: Engine
  readonly surface: Surface
}

export type Fronts = (view: FrontView) => Promise<Front>

const MAX_FRONTS = 100

/** The fronts of a gateway; `surface` is the one that its configuration makes. */
export function createFronts(optimizer: Optimizer, surface: Surface): Fronts {
  const open = async ({ access, mode }: FrontView): Promise<Front> => {
    const engine = optimizer.as(access)
    const wanted = mode === undefined ? {} : { mode: mode === 'compact' ? ('code_execution' as const) : mode }
    const options = mode === undefined ? {} : { options: { compact: mode === 'compact' } }
    return { engine, surface: await openSurface(optimizer, { engine, ...wanted, ...options }) }
  }
  const opened = new LRUCache<string, Promise<Front>>({ max: MAX_FRONTS })
  return async (view) => {
    const { access, mode = '' } = view
    if (access.length === 0 && mode === '') return { engine: optimizer, surface }
    const key = `${accessKey(access)} ${mode}`
    const known = opened.get(key) ?? open(view)
    opened.set(key, known)
    // One that could not be opened is tried again.
    known.catch(() => opened.delete(key))
    return await known
  }
}
