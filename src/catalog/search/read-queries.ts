import { OptimizerError } from '../../errors.ts'
import { cleanText } from '../../internal/text.ts'

const MAX_QUERIES = 10
const MAX_CHARS = 20_000
/** Words of a need that stands in a line of its own; longer lines are prose, or what somebody pasted. */
const MAX_WORDS_OF_LINE = 8

/**
 * The queries of a search, cleaned, each once; throws `INVALID_REQUEST` for too many or too long ones; blank ones are none.
 * A text of short lines is a need a line.
 */
export function readQueries(query: string | readonly string[]): string[] {
  const given = typeof query === 'string' ? needsIn(query) : query
  if (given.length > MAX_QUERIES) throw invalid(`${given.length} queries`, `at most ${MAX_QUERIES}`)
  const long = given.find((text) => text.length > MAX_CHARS)
  if (long !== undefined) throw invalid(`${long.length} characters`, `at most ${MAX_CHARS}; 2 to 6 keywords find best`)
  const queries = given.map((text) => cleanText(text).trim()).filter((text) => text !== '')
  return [...new Set(queries)]
}

/** The lines of a text, without the marks of lists, where each is as short as a need; else the text. */
function needsIn(text: string): readonly string[] {
  if (!text.includes('\n') || text.length > MAX_QUERIES * 200) return [text]
  const lines = text.split('\n').map((line) => line.trim().replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, ''))
  const needs = lines.filter((line) => line !== '')
  const areShort = needs.every((line) => line.split(/\s+/).length <= MAX_WORDS_OF_LINE && !/[.:;,{}]$/.test(line))
  return areShort && needs.length <= MAX_QUERIES ? needs : [text]
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
