/** Takes known secrets, and what looks like one, out of a text. */
export type Scrub = (text: string) => string

/** Shorter values would take ordinary words out of every line. */
const MIN_CHARS = 6
/** Of a value such as `Bearer abc`, what is longer than the name of a scheme. */
const MIN_PART_CHARS = 8
const CENSOR = '[redacted]'

/** For logs: also what only looks like a secret. */
export function createScrub(secrets: readonly string[]): Scrub {
  const scrub = createKnownScrub(secrets)
  return (text) =>
    scrub(text)
      .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSOR}`)
      .replaceAll(/(:\/\/)[^\s/@"]+@/g, `$1${CENSOR}@`)
}

/**
 * For words that must arrive: the known secrets alone, as they are, as JSON text and addresses write them, and the parts
 * of a value such as `Bearer abc`.
 */
export function createKnownScrub(secrets: readonly string[]): Scrub {
  const values = new Set(secrets.flatMap((secret) => [secret, ...partsOf(secret)]).flatMap(written))
  const known = [...values].filter((value) => value.length >= MIN_CHARS).toSorted((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const value of known) clean = clean.replaceAll(value, CENSOR)
    return clean
  }
}

function partsOf(secret: string): string[] {
  return secret.split(/\s+/).filter((part) => part.length >= MIN_PART_CHARS)
}

function written(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), new URLSearchParams({ '': secret }).toString().slice(1)]
}
