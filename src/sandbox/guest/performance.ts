import type { GuestTools } from './guest-tools.ts'

/** `performance`, as coarse as `Date.now()`: whole milliseconds since the run began. */
export function createPerformance({ startedAt, hide }: GuestTools): object {
  interface Entry {
    readonly name: string
    readonly entryType: 'mark' | 'measure'
    readonly startTime: number
    readonly duration: number
    readonly detail: unknown
  }
  const MAX_ENTRIES = 1_000
  const clock = Date.now
  const now = (): number => clock() - startedAt()
  let entries: Entry[] = []
  const add = (entry: Entry): Entry => {
    entries.push(entry)
    if (entries.length > MAX_ENTRIES) entries.shift()
    return entry
  }
  const timeOf = (mark: unknown, missing: number): number => {
    if (mark === undefined) return missing
    if (typeof mark === 'number') return mark
    const found = entries.findLast(({ name, entryType }) => entryType === 'mark' && name === String(mark))
    if (found === undefined)
      throw new DOMException(`The "${String(mark)}" performance mark has not been set`, 'SyntaxError')
    return found.startTime
  }
  interface Measure {
    readonly start?: unknown
    readonly end?: unknown
    readonly detail?: unknown
  }
  const performance = {
    now,
    get timeOrigin(): number {
      return startedAt()
    },
    mark: (name: unknown, { detail = null, startTime = now() }: { detail?: unknown; startTime?: number } = {}) =>
      add({ name: String(name), entryType: 'mark', startTime, duration: 0, detail }),
    measure: (name: unknown, from?: unknown, to?: unknown) => {
      const {
        start = from,
        end = to,
        detail = null,
      } = (typeof from === 'object' && from !== null ? { start: undefined, ...from } : {}) as Measure
      const startTime = timeOf(start, 0)
      return add({
        name: String(name),
        entryType: 'measure',
        startTime,
        duration: timeOf(end, now()) - startTime,
        detail,
      })
    },
    getEntries: () => [...entries],
    getEntriesByName: (name: unknown) => entries.filter((entry) => entry.name === String(name)),
    getEntriesByType: (type: unknown) => entries.filter((entry) => entry.entryType === type),
    clearMarks: (name?: unknown) => clear('mark', name),
    clearMeasures: (name?: unknown) => clear('measure', name),
    toJSON: () => ({ timeOrigin: startedAt() }),
  }
  const clear = (type: string, name: unknown): void => {
    entries = entries.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== String(name)))
  }
  hide(performance, Symbol.toStringTag, 'Performance')
  return { performance }
}
