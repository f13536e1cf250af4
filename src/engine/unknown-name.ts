import type { CatalogEntry } from '../catalog/catalog.ts'
import { idOf } from '../catalog/resolve-name.ts'
import { type ErrorCode, OptimizerError } from '../errors.ts'
import { modelText } from '../internal/text.ts'

type UnknownCode = Extract<ErrorCode, 'UNKNOWN_INTENT' | 'UNKNOWN_TOOL'>

/** Most candidates that an error lists. */
const MAX_CANDIDATES = 10

/** The error for a name that nothing has; where no name is near it suggests none. */
export function unknownName(
  code: UnknownCode,
  message: string,
  details: { readonly nearest: readonly string[]; readonly [more: string]: unknown },
): OptimizerError {
  return new OptimizerError(code, message, {
    details,
    ...(details.nearest.length === 0 ? { suggestion: 'search for what you need: no known name is near this one' } : {}),
  })
}

/** The error for a name that several tools or intents have. */
export function ambiguousName(
  code: UnknownCode,
  verb: string,
  name: string,
  entries: readonly CatalogEntry[],
): OptimizerError {
  const candidates = entries.map(idOf).toSorted()
  const shown = candidates.slice(0, MAX_CANDIDATES)
  const more = candidates.length > shown.length ? ` and ${candidates.length - shown.length} more` : ''
  return new OptimizerError(code, `cannot ${verb} "${modelText(name, 100)}": it may be ${shown.join(', ')}${more}`, {
    details: { nearest: shown },
    suggestion: 'use one of these names',
  })
}
