import { expect, it } from 'vitest'
import { type Attempts, decide, type Decision, MAX_EXCUSED_MS, type Parting } from '../../src/sandbox/run/attempts.ts'

const FRESH: Attempts = { attempts: 1, excusedMs: 0, remainingMs: 1_000, canStartAgain: true }

it.each<[Exclude<Parting, 'ended'>, Partial<Attempts>, Decision]>([
  // Unstarted: nothing was done, so nothing can be done twice.
  ['handed back', { attempts: 0 }, 'restart, excused'],
  ['handed back', { attempts: 0, remainingMs: -5 }, 'restart, excused'],
  ['handed back', { attempts: 40, canStartAgain: false }, 'restart, excused'],
  ['handed back', { excusedMs: MAX_EXCUSED_MS - 1 }, 'restart, excused'],
  ['handed back', { excusedMs: MAX_EXCUSED_MS }, 'restart'],
  ['handed back', { excusedMs: MAX_EXCUSED_MS, remainingMs: 0 }, 'timeout'],
  // Ended for another program: it cannot help it, so it starts until its own time is over.
  ['displaced', {}, 'restart'],
  ['displaced', { attempts: 31 }, 'restart'],
  ['displaced', { attempts: 32 }, 'lost'],
  ['displaced', { canStartAgain: false }, 'lost'],
  // Nobody knows why: it may have been the program.
  ['lost', {}, 'restart'],
  ['lost', { attempts: 2 }, 'lost'],
  ['lost', { canStartAgain: false }, 'lost'],
])('a program that is %s, %j: %s', (parting, behind, decision) => {
  expect(decide({ ...FRESH, ...behind }, parting)).toBe(decision)
})
