import type { ErrorCode } from '../errors.ts'

/** One request of a batch as the guest gets it. */
export interface BatchStep {
  /** `['tools', 'github', 'create_issue']` or `['intents', 'list_errors']`. */
  readonly path: readonly string[]
  readonly input: unknown
}

/** What the guest answers for each step. */
export type GuestSettled =
  | { readonly status: 'ok'; readonly data: unknown }
  | {
      readonly status: 'error'
      readonly error: {
        readonly name: string
        readonly message: string
        readonly code?: ErrorCode
        readonly details?: Readonly<Record<string, unknown>>
      }
    }

/** Runs all steps side by side in one sandbox; the steps arrive as `params`. */
export const BATCH_SOURCE = `
const roots = { tools, intents }
const settle = async ({ path, input }) => {
  try {
    return { status: 'ok', data: await path.reduce((scope, key) => scope[key], roots)(input) }
  } catch (thrown) {
    const { name, message, code, details } = Object(thrown)
    return { status: 'error', error: { name: String(name), message: String(message ?? thrown), code, details } }
  }
}
return await Promise.all(params.map(settle))
`
