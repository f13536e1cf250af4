import { describe, expect, it } from 'vitest'
import { ERROR_CODES, OptimizerError } from '../src/errors.ts'

describe('OptimizerError', () => {
  it('has a suggestion for every code', () => {
    for (const code of ERROR_CODES) expect(new OptimizerError(code, 'x').suggestion).not.toBe('')
  })

  it('is recognised without instanceof, by name and code', () => {
    const copy = Object.assign(new Error('x'), { name: 'OptimizerError', code: 'TIMEOUT' })
    expect(OptimizerError.is(copy)).toBe(true)
    expect(OptimizerError.is(copy, 'TIMEOUT')).toBe(true)
    expect(OptimizerError.is(copy, 'INTERNAL')).toBe(false)
    expect(OptimizerError.is(new Error('x'))).toBe(false)
    expect(OptimizerError.is(Object.assign(new Error('x'), { name: 'OptimizerError', code: 'toString' }))).toBe(false)
  })

  it('becomes a plain body', () => {
    const error = new OptimizerError('TOOL_ERROR', 'x failed', { details: { tool: 'x' }, cause: new Error('inner') })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'TOOL_ERROR',
      message: 'x failed',
      suggestion: error.suggestion,
      details: { tool: 'x' },
    })
  })
})
