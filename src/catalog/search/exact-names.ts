import type { SearchDocument } from './document.ts'

/** Finds documents by their exact name, however it is written: `list_issues`, `listIssues`, "list issues". */
export interface ExactNames {
  add(slot: number, document: SearchDocument): void
  remove(slot: number, document: SearchDocument): void
  /** Slots whose name or id is the whole query, or one identifier in it. */
  in(query: string): readonly number[]
}

const MAX_CHARS = 1_000

export function createExactNames(documentAt: (slot: number) => SearchDocument | undefined): ExactNames {
  const slots = new Map<string, readonly number[]>()
  const named = (name: string): readonly number[] => slots.get(plain(name)) ?? []
  const withId = (id: string): number[] => {
    const wanted = plain(id)
    const endings = [...id.matchAll(/\./g)].map(({ index }) => id.slice(index + 1))
    return endings.flatMap(named).filter((slot) => plain(documentAt(slot)?.id ?? '') === wanted)
  }
  return {
    add(slot, { name }) {
      const key = plain(name)
      slots.set(key, [...(slots.get(key) ?? []), slot])
    },
    remove(slot, { name }) {
      const key = plain(name)
      const rest = named(name).filter((other) => other !== slot)
      if (rest.length === 0) slots.delete(key)
      else slots.set(key, rest)
    },
    in(query) {
      const whole = query.slice(0, MAX_CHARS).trim()
      const identifiers = whole.split(/[\s,;"'`()]+/).filter((word) => /[._-]|\p{Ll}\p{Lu}/u.test(word))
      return [...new Set([whole, ...identifiers].flatMap((name) => [...named(name), ...withId(name)]))]
    },
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
