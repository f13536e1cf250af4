/**
 * How a program leaves a member. `ended`: it has its outcome. All others have to go on elsewhere: `handed back`, it had not
 * begun; `displaced`, the member was ended for another program; `lost`, the member is gone and nobody knows why.
 */
export type Parting = 'ended' | 'handed back' | 'displaced' | 'lost'

/** History of a program that left a member without an outcome. */
export interface Attempts {
  /** Starts, those not counted after which it was handed back unstarted. */
  readonly attempts: number
  /** Milliseconds that the program was given back so far for starts at which it did not begin. */
  readonly excusedMs: number
  readonly remainingMs: number
  /** No call has to be made twice: the program made none, or all its answers are known and given to it again. */
  readonly canStartAgain: boolean
}

/**
 * Fate of a program that left a member without an outcome. `restart`: its clock runs on. `restart, excused`: the program is
 * given back the time of this start, as far as {@link MAX_EXCUSED_MS} allows.
 */
export type Decision = 'restart' | 'restart, excused' | 'timeout' | 'lost'

/** Starts of one program when members die for unknown reasons: the program itself may be the reason. */
const MAX_LOST = 2
/** Starts of one program whose members were ended for others; its own time is the bound that counts. */
const MAX_DISPLACED = 32
/**
 * Milliseconds that a program is given back in all for starts at which it did not begin. With the 270 ms that a thread has
 * to obey a stop, a program ends within its time and 500 ms, however often it is handed back.
 */
export const MAX_EXCUSED_MS = 200

/** The rules of restarting, for every kind of member. */
export function decide(program: Attempts, parting: Exclude<Parting, 'ended'>): Decision {
  if (parting === 'handed back') {
    if (program.excusedMs < MAX_EXCUSED_MS) return 'restart, excused'
    return program.remainingMs > 0 ? 'restart' : 'timeout'
  }
  if (!program.canStartAgain) return 'lost'
  return program.attempts < (parting === 'displaced' ? MAX_DISPLACED : MAX_LOST) ? 'restart' : 'lost'
}
