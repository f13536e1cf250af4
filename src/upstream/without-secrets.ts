import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import type { ServerOffers } from './offers.ts'
import type { ToolResult, Upstream, UpstreamStatus } from './upstream.ts'

/**
 * The same upstream; what it says beside the data of a result (errors, failed results, its state) holds no known secret.
 * Results that tell of no error are somebody's data and stay as they are.
 */
export function withoutSecrets(upstream: Upstream, scrub: Scrub): Upstream {
  return {
    name: upstream.name,
    listTools: async (signal) => await scrubbed(upstream.listTools(signal), scrub),
    async callTool(tool, input, options) {
      const result = await scrubbed(upstream.callTool(tool, input, options), scrub)
      return result.isError === true ? failedResult(result, scrub) : result
    },
    onToolsChanged: (listener) => upstream.onToolsChanged(listener),
    refreshTools: () => upstream.refreshTools?.(),
    listDue: () => upstream.listDue?.(),
    ...(upstream.offers === undefined ? {} : { offers: offersWithout(upstream.offers, scrub) }),
    status: () => statusWithout(upstream.status(), scrub),
    [Symbol.asyncDispose]: async () => await upstream[Symbol.asyncDispose](),
  }
}

function offersWithout(offers: ServerOffers, scrub: Scrub): ServerOffers {
  return {
    capabilities: async (signal) => await scrubbed(offers.capabilities(signal), scrub),
    request: async (method, params, options) => await scrubbed(offers.request(method, params, options), scrub),
    known: () => offers.known(),
    subscribe: async (uri) => await scrubbed(offers.subscribe(uri), scrub),
    unsubscribe: async (uri) => await scrubbed(offers.unsubscribe(uri), scrub),
    setLevel: async (level) => await scrubbed(offers.setLevel(level), scrub),
    onNotified: (listener) =>
      offers.onNotified(({ method, params }) =>
        listener({ method, params: valuesWithout(params, scrub) as typeof params }),
      ),
  }
}

async function scrubbed<T>(work: Promise<T>, scrub: Scrub): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw OptimizerError.is(thrown) ? errorWithout(thrown, scrub) : thrown
  }
}

/** The error itself where it holds none. */
function errorWithout(error: OptimizerError, scrub: Scrub): OptimizerError {
  const message = scrub(error.message)
  const suggestion = scrub(error.suggestion)
  const details = valuesWithout(error.details, scrub) as typeof error.details
  if (message === error.message && suggestion === error.suggestion && details === error.details) return error
  return new OptimizerError(error.code, message, {
    cause: error.cause,
    suggestion,
    ...(details === undefined ? {} : { details }),
  })
}

function failedResult(result: ToolResult, scrub: Scrub): ToolResult {
  const { content, structuredContent, large } = result
  const told = {
    content: valuesWithout(content, scrub) as typeof content,
    ...(large === undefined ? {} : { large: { json: scrub(large.json) } }),
  }
  if (structuredContent === undefined) return { ...result, ...told }
  return { ...result, ...told, structuredContent: valuesWithout(structuredContent, scrub) }
}

function statusWithout(status: UpstreamStatus, scrub: Scrub): UpstreamStatus {
  const { problems, phase } = status
  const isClean = problems.length === 0 && phase === undefined
  return isClean
    ? status
    : { ...status, problems: problems.map(scrub), ...(phase === undefined ? {} : { phase: scrub(phase) }) }
}

/** The value itself where no text in it holds a secret. */
function valuesWithout(value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'string') return scrub(value)
  if (Array.isArray(value)) {
    const items = value as readonly unknown[]
    const clean = items.map((item) => valuesWithout(item, scrub))
    return clean.every((item, index) => item === items[index]) ? value : clean
  }
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, valuesWithout(inner, scrub)] as const)
  return entries.every(([key, inner]) => inner === value[key]) ? value : Object.fromEntries(entries)
}
