/** Takes known secrets, and what looks like one, out of a text. */
export type Scrub = (text: string) => string

/** Shorter values would take ordinary words out of every line. */
const MIN_CHARS = 6
/** Of a value such as `Bearer abc`, what is longer than the name of a scheme. */
const MIN_PART_CHARS = 8
const CENSOR = '[redacted]'

/** Also finds the secrets as JSON text writes them, and the parts of a value such as `Bearer abc`. */
export function createScrub(secrets: readonly string[]): Scrub {
  const values = new Set(secrets.flatMap((secret) => [secret, ...partsOf(secret)]).flatMap(written))
  const known = [...values].filter((value) => value.length >= MIN_CHARS).toSorted((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const value of known) clean = clean.replaceAll(value, CENSOR)
    return clean
      .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${CENSOR}`)
      .replaceAll(/(:\/\/)[^\s/@"]+@/g, `$1${CENSOR}@`)
  }
}

function partsOf(secret: string): string[] {
  return secret.split(/\s+/).filter((part) => part.length >= MIN_PART_CHARS)
}

function written(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), new URLSearchParams({ '': secret }).toString().slice(1)]
}
