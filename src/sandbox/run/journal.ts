/** Gives a program the answer to a call, or the text of its error. */
export type Answer = (ok: boolean, text: string) => void

interface Entry {
  readonly index: number
  readonly argument: string
  /** Where the answer goes; undefined while the program that starts again has not asked for it. */
  answer: Answer | undefined
  settled: { readonly ok: boolean; readonly text: string } | undefined
}

/** Characters of arguments and answers kept for one run. */
const MAX_CHARS = 500_000

/**
 * The host calls of one run. A program whose thread was ended for another's sake starts again from its beginning, and
 * is given the answers of calls that were made already: none is made twice.
 */
export class Journal {
  private entries: Entry[] | undefined = []
  private chars = 0
  /** Calls made before the new start that it has not asked for yet. */
  private unasked = 0

  /** False once a part was too much to keep: then the run cannot start again. */
  get isComplete(): boolean {
    return this.entries !== undefined
  }

  /** Calls were made that the new start has not come to. */
  get isBehind(): boolean {
    return this.unasked > 0
  }

  /** Prepares for a new start. */
  rewind(): void {
    this.unasked = this.entries?.length ?? 0
    for (const entry of this.entries ?? []) entry.answer = undefined
  }

  /** Answers a call that was made before the new start; false when none like it was. */
  repeat(index: number, argument: string, answer: Answer): boolean {
    const entry = this.entries?.find(
      (made) => made.answer === undefined && made.index === index && made.argument === argument,
    )
    if (entry === undefined) return false
    this.unasked--
    entry.answer = answer
    if (entry.settled !== undefined) answer(entry.settled.ok, entry.settled.text)
    return true
  }

  /** Notes a new call; what it gives back takes the answer. */
  add(index: number, argument: string, answer: Answer): Answer {
    const entry: Entry = { index, argument, answer, settled: undefined }
    this.entries?.push(entry)
    this.grow(argument)
    return (ok, text) => {
      if (this.entries !== undefined) entry.settled = { ok, text }
      this.grow(text)
      entry.answer?.(ok, text)
    }
  }

  private grow(text: string): void {
    this.chars += text.length
    if (this.chars > MAX_CHARS) this.entries = undefined
  }
}
