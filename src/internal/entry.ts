import { fileURLToPath } from 'node:url'

/**
 * Path of a compiled file that is started as its own thread or process. `specifier` is relative to the
 * caller and ends in `.js`. When the caller runs from `src` (tests), the compiled twin in `dist` is meant.
 */
export function entryPath(specifier: string, callerUrl: string): string {
  const url = new URL(specifier, callerUrl).href
  return fileURLToPath(callerUrl.endsWith('.ts') ? url.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : url)
}
