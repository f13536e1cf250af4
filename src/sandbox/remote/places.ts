import { type Priming } from './primings.ts'

/** The places of a runner: each program in it has one, by which the runner knows it. */
export class Places {
  /** What each had last, unless it is taken. */
  private readonly places: (Priming | 'free' | 'taken')[] = []
  /** Those of programs that were taken back, until the runner has come to them. */
  private readonly skipping = new Map<number, number>()

  /** Programs were taken back that the runner has not come to. */
  get isBehind(): boolean {
    return this.skipping.size > 0
  }

  /** A free one, one that had the same image last if there is one. */
  take(priming: Priming): number {
    const same = this.places.indexOf(priming)
    const free = same < 0 ? this.places.findIndex((last) => last !== 'taken') : same
    const place = free < 0 ? this.places.length : free
    this.places[place] = 'taken'
    return place
  }

  giveBack(place: number, priming: Priming): void {
    this.places[place] = priming
  }

  /** Stays taken until the runner has read of the run, and skipped it. */
  giveBackSkipped(place: number, run: number): void {
    this.skipping.set(run, place)
  }

  handleSkipped(run: number): void {
    const place = this.skipping.get(run)
    if (place === undefined) return
    this.skipping.delete(run)
    this.places[place] = 'free'
  }
}
