/**
 * Name of a case that is right but worse than it could be: `bench/real-life.mjs` counts such cases and lists their reasons.
 * The reason says what the agent has to do in addition, and why we leave it so.
 */
export function worse(name: string, reason: string): string {
  return `${name} [worse than it could be: ${reason}]`
}
