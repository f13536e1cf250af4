/** Names a kind of failure; callers branch on it. Renaming a code is a breaking change. */
export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'UNKNOWN_INTENT'
  | 'UNKNOWN_TOOL'
  | 'UNKNOWN_SERVER'
  | 'UNKNOWN_RESOURCE'
  | 'UNKNOWN_PROMPT'
  | 'UNKNOWN_HANDLE'
  | 'STORE_UNAVAILABLE'
  | 'INVALID_CODE'
  | 'TYPE_ERROR'
  | 'PROGRAM_ERROR'
  | 'TIMEOUT'
  | 'MEMORY_LIMIT'
  | 'LIMIT_EXCEEDED'
  | 'CANCELLED'
  | 'OVERLOADED'
  | 'SANDBOX_LOST'
  | 'SANDBOX_DISABLED'
  | 'TOOL_ERROR'
  | 'POLICY_DENIED'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_PROTOCOL'
  | 'OUTCOME_UNKNOWN'
  | 'UNAUTHORIZED'
  | 'LOGIN_REQUIRED'
  | 'CONFIG_INVALID'
  | 'INTERNAL'

/** What the caller should try next. */
const SUGGESTIONS: Readonly<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'correct the named field and send the request again',
  UNKNOWN_INTENT: 'use one of the nearest names, or search for what you need',
  UNKNOWN_TOOL: 'use one of the nearest names, or search for what you need',
  UNKNOWN_SERVER: 'use one of the configured servers',
  UNKNOWN_RESOURCE: 'use an address that a list of resources or a tool gives',
  UNKNOWN_PROMPT: 'use one of the nearest names, or list the prompts',
  UNKNOWN_HANDLE: 'run the operation again: the stored result expired or belongs to somebody else',
  STORE_UNAVAILABLE: 'try again later: what is kept between calls cannot be reached now',
  INVALID_CODE: 'correct the code at the named line and column',
  TYPE_ERROR: 'correct the code at the named places; search shows what a tool takes and answers',
  PROGRAM_ERROR: 'the program threw: correct it at the named line',
  TIMEOUT: 'ask for less at once, or send a larger timeoutMs with the request',
  MEMORY_LIMIT: 'process the data in smaller parts',
  LIMIT_EXCEEDED: 'stay under the named limit',
  CANCELLED: 'send the request again if it is still needed',
  OVERLOADED: 'try again after the named time',
  SANDBOX_LOST: 'try again; calls listed under "done" already took effect',
  SANDBOX_DISABLED: 'use intents that map to one tool, or set features.enableSandbox',
  TOOL_ERROR: 'read the message of the tool and correct the arguments',
  POLICY_DENIED: 'use another tool, or ask the administrator to allow this one',
  UPSTREAM_UNAVAILABLE: 'try again later, or run "mcp-optimizer doctor" to see why the server does not start',
  UPSTREAM_TIMEOUT: "try again with a smaller request, or raise the server's timeoutMs",
  UPSTREAM_PROTOCOL: 'the server broke the protocol: update it, or report it to its maker',
  OUTCOME_UNKNOWN: 'the call may have taken effect: check before you repeat it',
  UNAUTHORIZED: 'send a valid bearer token',
  LOGIN_REQUIRED: 'a person logs in with the named command; then send the request again',
  CONFIG_INVALID: 'correct the named place in the configuration',
  INTERNAL: 'this is a defect of mcp-optimizer: please report it',
}

/** All codes, in the order of the documentation. */
export const ERROR_CODES: readonly ErrorCode[] = Object.keys(SUGGESTIONS) as ErrorCode[]

/** What crosses borders (JSON, workers, HTTP): an error without its class. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly suggestion: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** What an error carries beside its code and message. */
export interface ErrorOptions {
  readonly cause?: unknown
  /** JSON data for the caller, e.g. `{path, expected, nearest}`. No secrets, no host paths. */
  readonly details?: Readonly<Record<string, unknown>>
  /** Replaces the suggestion of the code. */
  readonly suggestion?: string
}

/**
 * The one error class. `message` says what could not be done: why, the value found, the value wanted.
 * Recognise it with {@link OptimizerError.is}, because `instanceof` does not survive workers and copies of the package.
 */
export class OptimizerError extends Error {
  override readonly name = 'OptimizerError'
  readonly code: ErrorCode
  readonly suggestion: string
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.suggestion = options.suggestion ?? SUGGESTIONS[code]
    this.details = options.details
  }

  /** True for an OptimizerError of this or another copy of the package, optionally with one code. */
  static is(value: unknown, code?: ErrorCode): value is OptimizerError {
    if (!(value instanceof Error) || value.name !== 'OptimizerError' || !('code' in value)) return false
    return code === undefined ? Object.hasOwn(SUGGESTIONS, value.code as string) : value.code === code
  }

  toJSON(): ErrorBody {
    const body = { code: this.code, message: this.message, suggestion: this.suggestion }
    return this.details === undefined ? body : { ...body, details: this.details }
  }
}
