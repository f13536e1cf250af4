/** Milliseconds in which an arrival loses two thirds of its weight. */
const MEMORY_MS = 3_000

/** How many come a second, of late: each arrival counts less the longer it is ago. */
export class ArrivalRate {
  private readonly now: () => number
  private weight = 0
  private at: number

  constructor(now: () => number = () => performance.now()) {
    this.now = now
    this.at = now()
  }

  add(): void {
    this.fade()
    this.weight++
  }

  get perSecond(): number {
    this.fade()
    return (this.weight / MEMORY_MS) * 1_000
  }

  private fade(): void {
    const now = this.now()
    this.weight *= Math.exp((this.at - now) / MEMORY_MS)
    this.at = now
  }
}
