/**
 * Which program of a place has begun, and which is to stop: agreed on without a lock by the thread that runs programs and
 * the one that speaks for the host, also while a program blocks the first one.
 */
export class Claims {
  /** Two numbers a place: the run that has begun, negative: that was taken back; the run to stop, negative: at its deadline. */
  private readonly numbers: Int32Array

  constructor(shared: SharedArrayBuffer) {
    this.numbers = new Int32Array(shared)
  }

  static share(places: number): SharedArrayBuffer {
    return new SharedArrayBuffer(places * 8)
  }

  /** True when the run begins now: it cannot be taken back any more. */
  claim(place: number, run: number): boolean {
    return this.decide(place, run, run)
  }

  /** True when the run has begun, and no other one since. */
  hasBegun(place: number, run: number): boolean {
    return Atomics.load(this.numbers, place * 2) === run
  }

  /** False when the run was taken back. */
  isOpen(place: number, run: number): boolean {
    return Atomics.load(this.numbers, place * 2) !== -run
  }

  /** True when the run had not begun, also where it has not been read: now it will not. */
  takeBack(place: number, run: number): boolean {
    return this.decide(place, run, -run)
  }

  /** First writer wins. Run numbers only grow, so a late decision about a finished run is ignored. */
  private decide(place: number, run: number, decision: number): boolean {
    const before = Atomics.load(this.numbers, place * 2)
    if (Math.abs(before) >= run) return before === decision
    return Atomics.compareExchange(this.numbers, place * 2, before, decision) === before
  }

  stop(place: number, run: number, isCancelled: boolean): void {
    Atomics.store(this.numbers, place * 2 + 1, isCancelled ? run : -run)
  }

  stopReason(place: number, run: number): 'timeout' | 'cancelled' | undefined {
    const told = Atomics.load(this.numbers, place * 2 + 1)
    if (told === run) return 'cancelled'
    return told === -run ? 'timeout' : undefined
  }
}
