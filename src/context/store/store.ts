/**
 * Keeps texts by group and id, each until its time is over: what sessions and results are kept in.
 * A store may push entries out before their time when it is full, the least recently renewed first.
 * Every implementation passes `test/contracts/store.ts`.
 */
export interface Store extends AsyncDisposable {
  /** `memory`, `disk`, `redis`, for people. */
  readonly name: string
  /** The text, if its time is not over. With `renewMs` it is kept that long from now. */
  get(group: string, id: string, renewMs?: number): Promise<string | undefined>
  /** Keeps a text. False, and nothing is changed, when the present text is not the one that `replaces` names. */
  set(group: string, id: string, text: string, options: SetOptions): Promise<boolean>
  /**
   * Looks and writes in one step: no process writes in between. Answers what `change` made of the text before. Absent
   * where `set` with `replaces` is the only way.
   */
  update?<T extends { readonly text: string }>(
    group: string,
    id: string,
    ttlMs: number,
    change: (before: string | undefined) => T,
  ): Promise<T>
  delete(group: string, id: string): Promise<void>
  /** The entries of a group, the least recently renewed first. */
  list(group: string): Promise<readonly StoreEntry[]>
}

export interface SetOptions {
  /** Milliseconds it is kept. */
  readonly ttlMs: number
  /** Set only when the present text is this one; null: only when there is none. @default whatever is there */
  readonly replaces?: string | null
}

export interface StoreEntry {
  readonly id: string
  /** Bytes of UTF-8. */
  readonly bytes: number
  /** Wall-clock milliseconds. */
  readonly expiresAt: number
}

/** True for ids that every store can keep: they are parts of file names. */
export function isStoreId(id: string): boolean {
  return /^\w[\w-]{0,99}$/.test(id)
}
