/** What is told of servers that stand where their client does not look. */
export const MISPLACED = 'is not where servers belong'
