import { OptimizerError } from '../errors.ts'

/** Bytes of one answer or event stream message block, after decompression. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
/** An event stream may live long: it is bounded between two events, here by a larger sum. */
const MAX_STREAM_BYTES = 1024 * 1024 * 1024

/**
 * `fetch` for one server: follows no redirect to another origin, and cuts answers beyond the cap, so that neither a
 * redirect nor a compressed bomb reaches further than this file.
 */
export function boundedFetch(server: URL): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      const location = response.headers.get('location')
      const target = location === null ? undefined : parse(location, server)
      if (target?.origin !== server.origin)
        throw new OptimizerError('UPSTREAM_PROTOCOL', `the server redirects to another place (HTTP ${response.status})`)
      return await fetch(target.href, { ...init, redirect: 'error' })
    }
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    if (response.body === null) return response
    const { status, statusText, headers } = response
    return new Response(response.body.pipeThrough(cap(isStream ? MAX_STREAM_BYTES : MAX_ANSWER_BYTES)), {
      status,
      statusText,
      headers,
    })
  }
}

function parse(location: string, base: URL): URL | undefined {
  return URL.canParse(location, base.href) ? new URL(location, base.href) : undefined
}

function cap(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes <= maxBytes) controller.enqueue(chunk)
      else
        controller.error(
          new OptimizerError('UPSTREAM_PROTOCOL', `the server sent more than ${maxBytes} bytes in one answer`),
        )
    },
  })
}
