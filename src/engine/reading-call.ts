import type { ReadThrough } from '../cache/read-through.ts'
import type { CatalogTool } from '../catalog/catalog.ts'
import { type ErrorBody, OptimizerError } from '../errors.ts'
import { longHash, stableJson } from '../internal/hash.ts'
import type { JsonObject } from '../internal/json.ts'
import { createMemo } from '../internal/memo.ts'
import { createAborter } from '../internal/signal.ts'
import type { HostContext } from './host-road.ts'
import type { ReadRules } from './read-rules.ts'
import { retryRead } from './retry.ts'

/** What one attempt at a tool gave. */
export interface ToolAnswer {
  /** JSON text. */
  readonly json: string
  /** Milliseconds the server vouches for it; undefined: it said nothing. */
  readonly ttlMs: number | undefined
  /** False: it names something that may be gone when the answer is read again. */
  readonly lasting: boolean
}

export interface ReadingCallsOptions {
  /** Undefined: every call goes to its server. */
  readonly cache: ReadThrough | undefined
  readonly rules: ReadRules
  /** What makes a server the same one after a restart and in another instance, by name. */
  readonly identities: ReadonlyMap<string, string>
  /** Whose login a server is called with now. @default nobody's */
  readonly accountOf?: (server: string) => Promise<string>
}

/** Calls that only read: from cache, or up to three attempts. */
export interface ReadingCalls {
  read(
    tool: CatalogTool,
    args: JsonObject,
    context: HostContext,
    attempt: (context: HostContext) => Promise<ToolAnswer>,
    /** What of the result is wanted; answers of different forms are kept apart. @default 'value' */
    form?: string,
  ): Promise<{ readonly json: string; readonly layer: string | undefined }>
  /** What was read from a server may have changed: not served from now on, and gone once it resolves. */
  forget(server: string): Promise<void>
}

/** A tool that says no will mostly say so again a moment later. */
export const NEGATIVE_TTL_MS = 5_000
/** The first character of what is kept: a value, or a tool's refusal. */
const VALUE = 'v'
const REFUSAL = 'e'

export function createReadingCalls({ cache, rules, identities, accountOf }: ReadingCallsOptions): ReadingCalls {
  const definitions = createMemo((tool: CatalogTool) => longHash(stableJson(tool.definition)))
  /** Everything an answer depends on; whose it is comes first. */
  const keyOf = (tool: CatalogTool, args: JsonObject, form: string, whose: Whose): string => {
    const identity = identities.get(tool.server) ?? ''
    const owner = whose.account === '' ? identity : [identity, whose.account]
    const parts = [whose.principal, owner, tool.server, tool.tool, definitions.of(tool), form, stableJson(args)]
    return `${groupOfServer(tool.server)}:${longHash(JSON.stringify(parts))}`
  }

  return {
    async read(tool, args, context, attempt, form = 'value') {
      const longest = rules.ttlMs(tool)
      const load = async (
        signal: AbortSignal,
        renewal: boolean,
      ): Promise<{ readonly value: string; readonly ttlMs: number }> => {
        const { onProgress: _unheard, ...unwatched } = context
        const shared = { ...(renewal ? unwatched : context), signal }
        try {
          const { json, ttlMs = longest, lasting } = await retryRead(async () => await attempt(shared), signal)
          return { value: VALUE + json, ttlMs: lasting ? Math.min(longest, ttlMs) : 0 }
        } catch (thrown) {
          if (renewal || !isRefusal(thrown)) throw thrown
          return { value: REFUSAL + JSON.stringify(thrown), ttlMs: Math.min(longest, NEGATIVE_TTL_MS) }
        }
      }
      if (cache === undefined || longest <= 0)
        return { json: unwrap((await load(context.signal ?? createAborter().signal, false)).value), layer: undefined }
      const { principal, signal } = context
      const account = accountOf === undefined ? '' : await accountOf(tool.server)
      const { value, layer } = await cache.read(keyOf(tool, args, form, { principal, account }), load, signal)
      return { json: unwrap(value), layer }
    },
    async forget(server) {
      await cache?.clear(groupOfServer(server))
    },
  }
}

/** Whose an answer is. */
interface Whose {
  readonly principal: string
  /** The login that the server is called with; empty: nobody's. */
  readonly account: string
}

/** Of a cache what was read from one server. */
export function groupOfServer(server: string): string {
  return `result/${encodeURIComponent(server)}`
}

/** A tool's own no: it came as a result, not from the transport. */
function isRefusal(thrown: unknown): thrown is OptimizerError {
  return OptimizerError.is(thrown, 'TOOL_ERROR') && thrown.details?.['rpcCode'] === undefined
}

function unwrap(value: string): string {
  const text = value.slice(1)
  if (value.startsWith(VALUE)) return text
  const { code, message, suggestion, details } = JSON.parse(text) as ErrorBody
  throw new OptimizerError(code, message, { suggestion, ...(details === undefined ? {} : { details }) })
}
