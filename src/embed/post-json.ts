import { OptimizerError } from '../errors.ts'
import { parseJson } from '../internal/json.ts'
import { createKnownScrub } from '../internal/scrub.ts'
import { messageOf, serverText } from '../internal/text.ts'

const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Posts JSON to an embedding service and reads its JSON answer; every failure is an OptimizerError, none repeats the token. */
export async function postJson(
  url: string,
  body: object,
  token: string | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  signal.throwIfAborted()
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal,
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new OptimizerError('UPSTREAM_UNAVAILABLE', 'cannot reach the embedder: the connection failed', { cause })
  })
  const text = await boundedText(response)
  if (!response.ok) throw refused(response.status, text, token)
  try {
    return parseJson(text)
  } catch (cause) {
    throw new OptimizerError('UPSTREAM_PROTOCOL', `cannot use the embedder's answer: ${messageOf(cause)}`, { cause })
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES)
      throw new OptimizerError('UPSTREAM_PROTOCOL', `the embedder sent more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function words(text: string, token: string | undefined): string {
  return serverText(text, 500, createKnownScrub(token === undefined ? [] : [token]))
}

function refused(status: number, text: string, token: string | undefined): OptimizerError {
  const code =
    status === 401 || status === 403 ? 'UNAUTHORIZED' : status === 429 ? 'OVERLOADED' : 'UPSTREAM_UNAVAILABLE'
  return new OptimizerError(code, `the embedder refused (HTTP ${status}): ${words(text, token)}`, {
    details: { status },
    suggestion: 'check search.embedder in the configuration',
  })
}
