/** Takes known secrets, and what looks like one, out of a text. */
export type Scrub = (text: string) => string

/** Shorter values would take ordinary words out of every line. */
const MIN_CHARS = 6
/** Of a value such as `Bearer abc`, what is longer than the name of a scheme. */
const MIN_PART_CHARS = 8
const CENSOR = '[redacted]'

/** Forms of tokens that services give out, wherever they stand. */
const TOKENS =
  /\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|sk-[\w-]{16,}|(?:sk|rk|pk)_(?:live|test)_\w{10,}|xox[a-z]-[\w-]{8,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{20,}|npm_\w{20,}|hf_\w{20,}|figd_[\w-]{16,}|lin_api_\w{16,}|ntn_\w{16,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)/g
const SECRET_QUERY = /([?&][\w.-]*(?:token|key|secret|passw|auth|signature)[\w.-]*=)[^&\s"']+/gi

/** For logs and lines on a terminal: also what only looks like a secret. */
export function createScrub(secrets: readonly string[]): Scrub {
  const scrub = createKnownScrub(secrets)
  return (text) =>
    scrub(text)
      .replaceAll(TOKENS, CENSOR)
      .replaceAll(SECRET_QUERY, `$1${CENSOR}`)
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
