import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'

/** The value at a path such as `issues[0].title` or `a["odd key"].b`; an empty path is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  let current = value
  for (const step of parsePath(path)) {
    if (Array.isArray(current) && typeof step === 'number') current = current.at(step)
    else if (isRecord(current) && Object.hasOwn(current, step)) current = current[String(step)]
    else throw notFound(path, step, current)
  }
  return current
}

function parsePath(path: string): (string | number)[] {
  const steps: (string | number)[] = []
  const pattern = /\.?([^.[\]"]+)|\[(-?\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path)
    if (match === null) {
      throw new OptimizerError(
        'INVALID_REQUEST',
        `cannot read path "${path.slice(0, 100)}": wanted steps like items[0].name`,
        { details: { path: 'path' } },
      )
    }
    if (match[1] !== undefined) steps.push(match[1])
    else steps.push(match[2] === undefined ? JSON.parse(`"${match[3]}"`) : Number(match[2]))
  }
  return steps[0] === '$' ? steps.slice(1) : steps
}

function notFound(path: string, step: string | number, at: unknown): OptimizerError {
  const have = isRecord(at) ? Object.keys(at).slice(0, 20) : Array.isArray(at) ? `an array of ${at.length}` : typeof at
  return new OptimizerError('INVALID_REQUEST', `cannot read path "${path.slice(0, 100)}": nothing at "${step}"`, {
    details: { path: 'path', have },
  })
}
