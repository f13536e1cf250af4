import { createRequire } from 'node:module'
import { entryPath } from './entry.ts'

/**
 * Loads a module of ours on its first need where the caller cannot wait, so that whoever never needs it does not pay for its
 * libraries. `specifier` is relative to the caller and ends in `.js`; a caller in `src` (tests) gets the compiled twin.
 * What the module imports must be loaded already or be CommonJS: Node.js fails where an import of it is under way.
 */
export function loadNow(specifier: string, callerUrl: string): unknown {
  return createRequire(callerUrl)(entryPath(specifier, callerUrl))
}
