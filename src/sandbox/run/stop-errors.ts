import { OptimizerError } from '../../errors.ts'
import { type GuestError } from '../sandbox.ts'

/** The error of a program that its deadline ended. */
export function timeoutError(timeoutMs: number): GuestError {
  return { name: 'TimeoutError', code: 'TIMEOUT', message: `the program did not end within ${timeoutMs} ms` }
}

/** The error of a program that somebody ended. */
export function cancelledError(): GuestError {
  return { name: 'Error', code: 'CANCELLED', message: 'the program was cancelled' }
}

const CLOSED = 'the sandbox backend was closed'

/** The error of a program that was there when its backend was closed. */
export function closedError(): GuestError {
  return { name: 'Error', code: 'CANCELLED', message: CLOSED }
}

/** Error of a request to a closed backend. */
export function noBackend(): OptimizerError {
  return new OptimizerError('CANCELLED', CLOSED)
}

/** Error of programs that wait while no thread can be started. */
export function noThread(): OptimizerError {
  return new OptimizerError('SANDBOX_LOST', 'no sandbox could be started: its thread ended before it was ready')
}

/** Error of a program that finds the queue full. */
export function noSandboxFree(waiting: number, queueLimit: number, retryAfterMs: number): OptimizerError {
  const message = `no sandbox is free: ${waiting} programs wait already, which is the limit`
  return new OptimizerError('OVERLOADED', message, { details: { retryAfterMs, queueLimit } })
}
