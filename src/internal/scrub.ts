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
 * For words that must arrive: the known secrets alone, as they are and as messages write them (JSON, addresses, HTML,
 * base64, hexadecimal), and the parts of a value such as `Bearer abc`.
 */
export function createKnownScrub(secrets: readonly string[]): Scrub {
  const values = secrets.flatMap((secret) => [secret.trim(), ...partsOf(secret)]).filter((value) => !isCommon(value))
  const forms = [...new Set(values)].flatMap((value) => [...writtenForms(value), ...encodedForms(value)])
  const known = [...new Set(forms)].filter((form) => form.length >= MIN_CHARS)
  known.sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const form of known) if (clean.includes(form)) clean = clean.replaceAll(form, CENSOR)
    return clean
  }
}

/** Values of settings that have the name of a secret; as words they stand in any message. */
const COMMON: ReadonlySet<string> = new Set(
  `enabled disabled required optional default public private production development localhost anonymous
   postgres username example undefined`.split(/\s+/),
)

function isCommon(value: string): boolean {
  return COMMON.has(value.toLowerCase())
}

function partsOf(secret: string): string[] {
  return secret.split(/\s+/).filter((part) => part.length >= MIN_PART_CHARS)
}

/** The value as it stands in a text: most values are the same in all of them. */
function writtenForms(value: string): string[] {
  const json = inJson(value)
  const address = encodeURIComponent(value)
  const form = new URLSearchParams({ '': value }).toString().slice(1)
  return [
    value,
    json,
    inJson(json),
    inAscii(json),
    json.replaceAll(/[<>&]/g, unicodeEscape),
    ...[address, form, encodeURI(value)].flatMap((text) => [text, text.replaceAll(/%[\dA-F]{2}/g, lower)]),
    value.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign),
    value.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign),
  ]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Shorter values have so few letters in these forms that ordinary texts hold them. */
const MIN_ENCODED_CHARS = 8

/** Where other bytes stand before the value, as a user's name in `Basic`, its letters are one of three rows. */
function encodedForms(value: string): string[] {
  if (value.length < MIN_ENCODED_CHARS) return []
  const bytes = Buffer.from(value)
  const rows = [0, 1, 2].map((before) => {
    const row = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // Letters that the bytes beside the value have a part in.
    const isCut = (before + bytes.length) % 3 !== 0
    return row.slice(Math.ceil((before * 8) / 6), isCut ? -1 : undefined)
  })
  const hex = bytes.toString('hex')
  return [...rows, ...rows.map((row) => row.replaceAll('+', '-').replaceAll('/', '_')), hex, hex.toUpperCase()]
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1)
}

function inAscii(json: string): string {
  return json.replaceAll(/[^\u0000-\u007f]/g, unicodeEscape)
}

function unicodeEscape(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function lower(text: string): string {
  return text.toLowerCase()
}
