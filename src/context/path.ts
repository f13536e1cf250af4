import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { cutText } from '../internal/text.ts'

/** Characters of a path at most. */
const MAX_PATH_CHARS = 1_000
/** Values that a path with wildcards may select. */
const MAX_SELECTED = 100_000
/** Descendant steps (`..`) in a path: each may multiply the work by the depth of the value. */
const MAX_DESCENTS = 2
const MAX_FILTERS = 3

/**
 * What a path selects: a path such as `issues[0].title` the value there, a JSONPath (RFC 9535) with wildcards, slices
 * or filters such as `$.issues[?@.count > 9].title` the list of all values found. An empty path is the value itself.
 */
export async function selectPath(value: unknown, path: string): Promise<unknown> {
  if (path.length > MAX_PATH_CHARS) throw unreadable(path, `at most ${MAX_PATH_CHARS} characters`)
  const steps = simpleSteps(path)
  return steps === undefined ? await query(value, path) : valueAt(value, path, steps)
}

function valueAt(value: unknown, path: string, steps: readonly (string | number)[]): unknown {
  let current = value
  for (const step of steps) {
    if (Array.isArray(current) && typeof step === 'number') current = current.at(step)
    else if (isRecord(current) && Object.hasOwn(current, step)) current = current[String(step)]
    else throw notFound(path, step, current)
  }
  return current
}

/** Steps of a path that names one value; undefined when it is a JSONPath of another kind. */
function simpleSteps(path: string): readonly (string | number)[] | undefined {
  if (/^\$(?!\w)/.test(path) && !SIMPLE_JSONPATH.test(path)) return undefined
  const steps: (string | number)[] = []
  const pattern = /\.?([^.[\]"]+)|\[(-?\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path)
    if (match === null) throw unreadable(path, 'steps like items[0].name, or a JSONPath that begins with $')
    if (match[1] !== undefined) steps.push(match[1])
    else steps.push(match[2] === undefined ? parsedKey(match[3] ?? '', path) : Number(match[2]))
  }
  return steps[0] === '$' ? steps.slice(1) : steps
}

const SIMPLE_JSONPATH = /^\$(?:\.[\w-]+|\[-?\d+\]|\["(?:[^"\\]|\\.)*"\])*$/

function parsedKey(text: string, path: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    throw unreadable(path, 'keys in quotes as in JSON')
  }
}

/** Large integers are texts in values: a filter that compares with one finds those. */
function withTexts(path: string): string {
  if (!path.includes('?')) return path
  return path.replaceAll(LITERAL, (literal, after?: string, before?: string) => {
    const digits = after ?? before
    return digits === undefined || Number.isSafeInteger(Number(digits)) ? literal : `"${digits}"`
  })
}

/** Texts, and integers (the groups) after or before an operator. */
const LITERAL =
  /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<=[=<>!(,]\s*)(-?\d{16,})(?![\w.])|(?<![\w.\-[:])(-?\d{16,})(?=\s*[=<>!])/g

async function query(value: unknown, given: string): Promise<unknown> {
  const path = withTexts(given)
  checkCost(path)
  const { JSONPathEnvironment, JSONPathError } = await import('json-p3')
  const environment = new JSONPathEnvironment({ maxRecursionDepth: 400 })
  // They would run any regular expression; `results.search` has a safe one.
  for (const name of ['match', 'search']) environment.functionRegister.delete(name)
  const selected: unknown[] = []
  try {
    for (const node of environment.lazyQuery(path, value as never)) {
      if (selected.length === MAX_SELECTED) throw tooMany(path)
      selected.push(node.value)
    }
  } catch (thrown) {
    if (thrown instanceof JSONPathError) throw unreadable(path, `a JSONPath: ${cutText(thrown.message, 120)}`)
    if (thrown instanceof RangeError) throw unreadable(path, 'a path into a value that nests less deep')
    throw thrown
  }
  return selected
}

/** The work of a query stays about linear in the value: few descents, and filters that look at their own item alone. */
function checkCost(path: string): void {
  const bare = path.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''")
  if (count(bare, '..') > MAX_DESCENTS) throw unreadable(path, `at most ${MAX_DESCENTS} steps ".."`)
  if (count(bare, '?') > MAX_FILTERS) throw unreadable(path, `at most ${MAX_FILTERS} filters`)
  if (bare.indexOf('$', 1) > 0) throw unreadable(path, 'filters with @ alone')
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}

function tooMany(path: string): OptimizerError {
  return new OptimizerError(
    'LIMIT_EXCEEDED',
    `cannot read path "${cutText(path, 100)}": it selects more than ${MAX_SELECTED} values`,
    { suggestion: 'add a filter or a slice to the path' },
  )
}

function unreadable(path: string, wanted: string): OptimizerError {
  return new OptimizerError('INVALID_REQUEST', `cannot read path "${cutText(path, 100)}": wanted ${wanted}`, {
    details: { path: 'path' },
  })
}

function notFound(path: string, step: string | number, at: unknown): OptimizerError {
  const have = isRecord(at) ? Object.keys(at).slice(0, 20) : Array.isArray(at) ? `an array of ${at.length}` : typeof at
  return new OptimizerError('INVALID_REQUEST', `cannot read path "${cutText(path, 100)}": nothing at "${step}"`, {
    details: { path: 'path', have },
  })
}
