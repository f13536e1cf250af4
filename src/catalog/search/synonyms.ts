import { EQUALS, KINDS } from './word-groups.ts'

/** Word → the words it adds to a query, all as search terms. */
export type SynonymTable = ReadonlyMap<string, ReadonlySet<string>>

/** Reads the groups; `toTerm` makes a search term of a plain word. */
export function synonymTable(toTerm: (word: string) => string): SynonymTable {
  const table = new Map<string, Set<string>>()
  const add = (from: readonly string[], to: readonly string[]): void => {
    for (const word of from) {
      const others = table.get(word) ?? new Set<string>()
      for (const other of to) if (other !== word) others.add(other)
      table.set(word, others)
    }
  }
  const terms = (text: string): string[] => text.trim().split(/\s+/).filter(Boolean).map(toTerm)
  for (const line of EQUALS.split('\n')) {
    const group = terms(line)
    add(group, group)
  }
  for (const line of KINDS.split('\n')) {
    const [kinds = '', members = ''] = line.split('<')
    add(terms(members), terms(kinds))
    add(terms(kinds), terms(members))
  }
  return table
}
