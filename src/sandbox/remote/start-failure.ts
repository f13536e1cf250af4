import { setTimeout as pause } from 'node:timers/promises'
import { OptimizerError } from '../../errors.ts'

/** Why a sandbox did not start: this machine refuses it, it failed this time, or its words leave that open. */
export type StartFault = 'refused' | 'passing' | 'unclear'

/** Words of what does not work here, however often it is tried. */
const REFUSALS =
  /permission|not permitted|\bEPERM\b|\bEACCES\b|\bENOENT\b|no such file|not found|unknown option|not supported?|not implemented|invalid argument/i
/** Words of what is short now, and may be there later. */
const SHORTAGES =
  /no space left|temporarily unavailable|cannot allocate|out of memory|allocation failed|too many (open files|processes)|device or resource busy|\b(ENOSPC|EAGAIN|ENOMEM|EMFILE|ENFILE|EBUSY)\b/i
const ADVICE: Readonly<Record<StartFault, string>> = {
  passing:
    'try again; if it goes on, look at the memory, processes and namespaces (user.max_*_namespaces) that are left here',
  refused: 'run "mcp-optimizer doctor" to see what is missing, or choose another sandbox.backend',
  unclear: 'run "mcp-optimizer doctor" to see what is missing, or choose another sandbox.backend',
}

/** A sandbox that did not start: `SANDBOX_LOST` where another try may, `CONFIG_INVALID` where none will. */
export class StartFailure extends OptimizerError {
  readonly fault: StartFault
  readonly why: string

  constructor(name: string, why: string, fault: StartFault) {
    const code = fault === 'passing' ? 'SANDBOX_LOST' : 'CONFIG_INVALID'
    super(code, `cannot start a ${name} sandbox: ${why}`, { suggestion: ADVICE[fault] })
    this.fault = fault
    this.why = why
  }
}

/** `said`: the words of one that ended; whoever is killed has none. */
export function faultOf(said: string): StartFault {
  if (said.trim() === '' || SHORTAGES.test(said)) return 'passing'
  return REFUSALS.test(said) ? 'refused' : 'unclear'
}

const TRIES: Readonly<Record<StartFault, number>> = { passing: 6, unclear: 3, refused: 1 }
const FIRST_PAUSE_MS = 25
/** Milliseconds after which no further try begins. */
const MAX_MS = 10_000

/** Starts once more what failed to start, after growing pauses, as long as another try may help. */
export async function startAgain<T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const until = performance.now() + MAX_MS
  for (let tries = 1; ; tries++) {
    try {
      return await start()
    } catch (thrown) {
      signal.throwIfAborted()
      const isLast = !(thrown instanceof StartFailure) || tries >= TRIES[thrown.fault]
      if (isLast || performance.now() > until) throw thrown
    }
    await pause(FIRST_PAUSE_MS * 2 ** (tries - 1), undefined, { signal })
  }
}
