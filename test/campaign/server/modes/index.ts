import type { Mode } from '../mode.ts'
import { CALLS } from './calls.ts'
import { ENVELOPE } from './envelope.ts'
import { HTTP } from './http.ts'
import { LEAKS } from './leaks.ts'
import { LISTS } from './lists.ts'
import { STARTING } from './starting.ts'
import { STREAM } from './stream.ts'

/** A server that does nothing wrong: the healthy neighbour. */
export const HEALTHY: Mode = { name: 'healthy', about: 'does nothing wrong', expected: 'right' }

/** All ways to misbehave, by name. */
export const MODES: ReadonlyMap<string, Mode> = new Map(
  [...STARTING, ...STREAM, ...ENVELOPE, ...CALLS, ...LISTS, ...HTTP, ...LEAKS, HEALTHY].map((mode) => [
    mode.name,
    mode,
  ]),
)
