/** Keeps the best `limit` of what is offered, best first; equal scores are ordered by `before`. */
export class Best {
  readonly slots: number[] = []
  readonly scores: number[] = []
  readonly #limit: number
  readonly #before: (a: number, b: number) => boolean

  constructor(limit: number, before: (a: number, b: number) => boolean) {
    this.#limit = limit
    this.#before = before
  }

  offer(slot: number, score: number): void {
    const { slots, scores } = this
    let at = scores.length
    if (at === this.#limit && !this.#beats(slot, score, at - 1)) return
    while (at > 0 && this.#beats(slot, score, at - 1)) at--
    slots.splice(at, 0, slot)
    scores.splice(at, 0, score)
    if (slots.length <= this.#limit) return
    slots.pop()
    scores.pop()
  }

  #beats(slot: number, score: number, at: number): boolean {
    const other = this.scores[at] ?? 0
    return score > other || (score === other && this.#before(slot, this.slots[at] ?? 0))
  }
}
