import { type GuestError } from './sandbox.ts'

/** The error of a program that its deadline ended. */
export function timeoutError(timeoutMs: number): GuestError {
  return { name: 'TimeoutError', code: 'TIMEOUT', message: `the program did not end within ${timeoutMs} ms` }
}

/** The error of a program that somebody ended. */
export function cancelledError(): GuestError {
  return { name: 'Error', code: 'CANCELLED', message: 'the program was cancelled' }
}
