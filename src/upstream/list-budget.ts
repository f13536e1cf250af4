/** What tool lists may have at most. */
export interface ListLimits {
  /** Tools of one server. */
  readonly maxTools: number
  /** Characters of one tool's definition. */
  readonly maxToolChars: number
  /** Characters of one server's list. */
  readonly maxChars: number
  /** Characters of the lists of all servers. */
  readonly maxAllChars: number
}

/** As the configuration has them by default. */
const LIST_LIMITS: ListLimits = {
  maxTools: 10_000,
  maxToolChars: 1_000_000,
  maxChars: 12_000_000,
  maxAllChars: 48_000_000,
}

/** One server's part of what all lists may have. */
export interface ListBudget {
  readonly limits: ListLimits
  /** Characters of the lists of all other servers. */
  others(): number
  /** Its list has so many characters now. */
  took(chars: number): void
}

/** What the lists of all servers have together. */
export interface ListBudgets {
  of(server: string): ListBudget
}

export function createListBudget(limits: ListLimits = LIST_LIMITS): ListBudgets {
  const taken = new Map<string, number>()
  return {
    of: (server) => ({
      limits,
      others: () => [...taken].reduce((sum, [name, chars]) => (name === server ? sum : sum + chars), 0),
      took: (chars) => void taken.set(server, chars),
    }),
  }
}
