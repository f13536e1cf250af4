import { OptimizerError } from '../../errors.ts'
import { cleanText } from '../../internal/text.ts'

const MAX_QUERIES = 10
const MAX_CHARS = 20_000

/** The queries of a search, cleaned, each once; throws `INVALID_REQUEST` for too many or too long ones; blank ones are none. */
export function readQueries(query: string | readonly string[]): string[] {
  const given = typeof query === 'string' ? [query] : query
  if (given.length > MAX_QUERIES) throw invalid(`${given.length} queries`, `at most ${MAX_QUERIES}`)
  const long = given.find((text) => text.length > MAX_CHARS)
  if (long !== undefined) throw invalid(`${long.length} characters`, `at most ${MAX_CHARS}; 2 to 6 keywords find best`)
  const queries = given.map((text) => cleanText(text).trim()).filter((text) => text !== '')
  return [...new Set(queries)]
}

/** Why nothing can be searched for. */
export function noQuery(): OptimizerError {
  return invalid('an empty query', '2 to 6 keywords, e.g. "github create issue", or "*" for a list')
}

function invalid(found: string, wanted: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot search: found ${found}, wanted ${wanted}`, {
    details: { path: 'query', expected: wanted },
  })
}
