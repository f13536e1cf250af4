import { withoutBigInts } from './json.ts'
import type { Scrub } from './scrub.ts'
import { cleanText, serverText } from './text.ts'

/** Characters of JSON text; an error's details are read by a model. */
const MAX_CHARS = 4_000

/** What a server gave beside its words, e.g. `data` of a JSON-RPC error: without secrets; as cut text where it is too long. */
export function cleanData(value: unknown, scrub: Scrub): unknown {
  if (value === undefined || value === null) return undefined
  const text = textOf(value)
  if (text === undefined) return undefined
  if (text.length > MAX_CHARS) return serverText(text, MAX_CHARS, scrub)
  try {
    return JSON.parse(scrub(cleanText(text)))
  } catch {
    return serverText(text, MAX_CHARS, scrub)
  }
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(withoutBigInts(value))
  } catch {
    return undefined
  }
}
