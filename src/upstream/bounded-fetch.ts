import { setImmediate } from 'node:timers/promises'
import { OptimizerError } from '../errors.ts'

/** Bytes of one answer after decompression. Events are bounded one by one: a stream of them may live long. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024
/** Pieces of a stream within a second, above which they are gathered: each costs more on its way than its bytes do. */
const MAX_PIECES_PER_SECOND = 200
const GATHERED_BYTES = 64 * 1024

/**
 * `fetch` for one server: follows one redirect and none to another origin, and cuts answers beyond the cap, so that
 * neither a redirect nor a compressed bomb reaches further than this file.
 */
export function boundedFetch(server: URL): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    if (!isRedirect(response)) return bounded(response)
    const target = targetOf(response, server)
    await response.body?.cancel()
    if (target === undefined)
      throw new OptimizerError('UPSTREAM_PROTOCOL', `the server redirects to another place (HTTP ${response.status})`, {
        suggestion:
          'open its url in a browser, and write the address that it ends at, or what login asks for into headers',
      })
    const second = await fetch(target.href, { ...init, redirect: 'manual' })
    if (!isRedirect(second)) return bounded(second)
    await second.body?.cancel()
    throw new OptimizerError(
      'UPSTREAM_PROTOCOL',
      `the server redirects again from where it redirected to (HTTP ${second.status})`,
      { suggestion: 'write the address that it ends at as the url of this server' },
    )
  }
}

function isRedirect({ status }: Response): boolean {
  return status >= 300 && status < 400
}

/** Where on the same server it redirects to. */
function targetOf({ headers }: Response, server: URL): URL | undefined {
  const location = headers.get('location')
  if (location === null || !URL.canParse(location, server.href)) return undefined
  const target = new URL(location, server.href)
  return target.origin === server.origin ? target : undefined
}

function bounded(response: Response): Response {
  if (response.body === null) return response
  const { status, statusText, headers } = response
  // A refusal is read whole, whatever it calls itself.
  const isStream = response.ok && /^text\/event-stream/i.test(headers.get('content-type') ?? '')
  const body = isStream ? gathered(response.body) : response.body.pipeThrough(cap(MAX_ANSWER_BYTES))
  return new Response(body, { status, statusText, headers })
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

/** The same stream, whose pieces are joined, and others get their turn between, while very many come. */
function gathered(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  /** A read that was not there yet when its batch was passed on. */
  let ahead: Promise<Read> | undefined
  let second = 0
  let pieces = 0
  const next = async (): Promise<Read> => {
    const read = ahead ?? reader.read()
    ahead = undefined
    return await read
  }
  /** What comes after `first` in the same turn of the event loop. */
  const batch = async (first: Uint8Array): Promise<Uint8Array> => {
    const parts = [first]
    let bytes = first.byteLength
    const turn = setImmediate(undefined)
    while (bytes < GATHERED_BYTES) {
      const read = reader.read()
      const more = await Promise.race([read, turn])
      if (more === undefined || more.done) {
        ahead = more === undefined ? read : Promise.resolve(more)
        // Its reader is the next pull.
        ahead.catch(() => undefined)
        break
      }
      parts.push(more.value)
      bytes += more.value.byteLength
    }
    await turn
    return parts.length === 1 ? first : Buffer.concat(parts)
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await next()
        if (done) return controller.close()
        const now = Math.floor(Date.now() / 1_000)
        if (now !== second) [second, pieces] = [now, 0]
        controller.enqueue(++pieces > MAX_PIECES_PER_SECOND ? await batch(value) : value)
      },
      async cancel(reason) {
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>
