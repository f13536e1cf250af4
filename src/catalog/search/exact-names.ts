import type { SearchDocument } from './document.ts'

/**
 * Finds documents by their exact name, however it is written: `list_issues`, `listIssues`, "list issues", `server.tool`,
 * `server__tool`, `server/tool`.
 */
export interface ExactNames {
  add(slot: number, document: SearchDocument): void
  remove(slot: number, document: SearchDocument): void
  /** Slots whose name or id is the whole query, or is written as code in it. */
  in(query: string): readonly number[]
}

const MAX_CHARS = 1_000

export function createExactNames(documentAt: (slot: number) => SearchDocument | undefined): ExactNames {
  const slots = new Map<string, readonly number[]>()
  const named = (name: string): readonly number[] => slots.get(plain(name)) ?? []
  const withId = (written: string): number[] => {
    const id = written.replace(/__|\//g, '.')
    const wanted = plain(id)
    const endings = [...id.matchAll(/\./g)].map(({ index }) => id.slice(index + 1))
    return endings.flatMap(named).filter((slot) => plain(documentAt(slot)?.id ?? '') === wanted)
  }
  /** Hyphens and dots stand in ordinary words too ("follow-up", "Node.js"): those count only for a tool that is written so. */
  const written = (word: string): readonly number[] => {
    if (!/[-.]/.test(word)) return named(word)
    return named(word).filter((slot) => documentAt(slot)?.name.toLowerCase() === word.toLowerCase())
  }
  return {
    add(slot, document) {
      for (const key of keysOf(document)) slots.set(key, [...(slots.get(key) ?? []), slot])
    },
    remove(slot, document) {
      for (const key of keysOf(document)) {
        const rest = named(key).filter((other) => other !== slot)
        if (rest.length === 0) slots.delete(key)
        else slots.set(key, rest)
      }
    },
    in(query) {
      const whole = query.slice(0, MAX_CHARS).trim()
      const code = writtenAsCode(whole)
      return [...new Set([...named(whole), ...code.flatMap(written), ...[whole, ...code].flatMap(withId)])]
    },
  }
}

/** The name, and the last part of the id where that is made of a name in another script. */
function keysOf({ name, id }: SearchDocument): ReadonlySet<string> {
  return new Set([name, id.slice(id.lastIndexOf('.') + 1)].map(plain))
}

/**
 * The words of a text that are written as code: in backticks, `snake_case`, `camelCase`, `server.tool`, `kebab-case`.
 * A word at the end of a sentence is none, nor is a brand ("GitHub", "eBay", "Node.js").
 */
function writtenAsCode(text: string): string[] {
  const quoted = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = '']) => name)
  const words = text.split(/[\s,;:!?"'`()[\]]+/).map((word) => word.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, ''))
  return [...quoted, ...words.filter((word) => CODE.test(word))]
}

const CODE =
  /[^_]_[^_]|^\p{Ll}{2,}\p{N}*\p{Lu}|^\p{Lu}\p{Ll}+\p{Lu}\p{Ll}+(?:\p{Lu}|\p{N})|^[\p{L}\p{N}_-]{2,}[./][\p{L}\p{N}_-]{3,}|\p{L}-\p{L}/u

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
