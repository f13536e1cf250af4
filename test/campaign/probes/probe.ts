import type { Sent } from '../runner/ask.ts'
import type { Door, Raw, Way } from '../runner/door.ts'

/** One thing that a hostile client does. */
export interface Probe {
  readonly name: string
  readonly kind: string
  /** Ways that have it. @default all */
  readonly ways?: readonly Way[]
  /** Only where there is a token, or none. */
  readonly token?: boolean
  /** It takes seconds: in the long form alone. */
  readonly slow?: boolean
  /** Does it; the text says what did not hold. */
  attempt(door: Door): Promise<string | undefined>
}

export const MCP: readonly Way[] = ['legacy', 'modern']

/** Wants one of these statuses. */
export function status(sent: Pick<Sent, 'status' | 'text'>, ...wanted: readonly number[]): string | undefined {
  return wanted.includes(sent.status)
    ? undefined
    : `${sent.status} instead of ${wanted.join(' or ')}: ${sent.text.slice(0, 120)}`
}

/** Wants a 4xx as the first answer, or a connection that is closed without a word. */
export function refused({ statuses, text, closed }: Raw): string | undefined {
  const [first] = statuses
  if (first === undefined) return closed ? undefined : 'neither an answer nor a close'
  return first >= 400 && first < 500 ? undefined : `answered: ${text.slice(0, 120)}`
}

/** Wants a JSON-RPC error with one of these codes. */
export function rpcCode({ text }: Sent, ...wanted: readonly number[]): string | undefined {
  const code = codeIn(text)
  return code !== undefined && wanted.includes(code) ? undefined : `answered ${text.slice(0, 160)}`
}

function codeIn(text: string): number | undefined {
  try {
    return (JSON.parse(text) as { error?: { code?: number } }).error?.code
  } catch {
    return undefined
  }
}
