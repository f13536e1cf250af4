import type { Catalog } from '../catalog/catalog.ts'
import type { CheckedProgram, TypeChecker, TypeProblem } from '../catalog/type-check/type-check.ts'
import { OptimizerError } from '../errors.ts'

/**
 * Throws `TYPE_ERROR` (`INVALID_CODE` if it does not parse) with the places in the program. Answers why nothing was
 * checked, or undefined when all is well.
 */
export async function checkTypes(
  checker: TypeChecker,
  program: CheckedProgram,
  catalog: Catalog,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { toBody } = await import('../sandbox/program/read-program.ts')
  const check = await checker.check({ ...program, source: toBody(program.source) }, catalog, signal)
  if (check.status === 'unchecked') return check.reason
  if (check.status === 'errors') throw typeError(check.problems, check.more)
  return undefined
}

/** For programs that must be checked: what cannot be is refused. */
export async function requireTypes(
  checker: TypeChecker,
  program: CheckedProgram,
  catalog: Catalog,
  signal?: AbortSignal,
): Promise<void> {
  const reason = await checkTypes(checker, program, catalog, signal)
  if (reason === undefined) return
  throw new OptimizerError(
    'TYPE_ERROR',
    `cannot check the types of this code, which sandbox.typeCheck demands: ${reason}`,
    {
      suggestion:
        'use intents or simpler code, or ask the administrator to mend this or to set sandbox.typeCheck to "saved"',
    },
  )
}

function typeError(problems: readonly TypeProblem[], more: number): OptimizerError {
  const [first] = problems
  const isSyntax = problems.some(({ syntax }) => syntax)
  const count = problems.length + more
  const lines = problems.map(({ line, column, code, message }) => `program.ts:${line}:${column} ${code}: ${message}`)
  const text = [
    `the code has ${count} ${isSyntax ? 'syntax' : 'type'} ${count === 1 ? 'error' : 'errors'}`,
    ...lines,
    ...(more > 0 ? [`… and ${more} more`] : []),
  ].join('\n')
  return new OptimizerError(isSyntax ? 'INVALID_CODE' : 'TYPE_ERROR', text, {
    details: { line: first?.line, column: first?.column, errors: count },
  })
}
