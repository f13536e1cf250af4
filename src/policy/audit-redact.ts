import { matchesGlob } from '../internal/glob.ts'
import { isDeeperThan, isRecord } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { cutText } from '../internal/text.ts'

/** Makes arguments fit for an audit trail: named secrets out, long texts cut. */
export type Redact = (value: unknown) => unknown

/** Keys whose values are never written, whatever the rules. */
const SECRET_KEY =
  /pass(word|phrase|wd)|secret|token|api[-_]?key|private[-_]?key|authoriz|cookie|credential|session[-_]?id/i
const MAX_TEXT = 200
const MAX_ITEMS = 20
const MAX_DEPTH = 20
const MAX_CHARS = 8_000

/**
 * Redacts values of secret-looking keys and of keys that match one of `rules` (`*` stands for any text), at any depth;
 * `scrub` takes secrets out of all other texts, such as code and addresses.
 */
export function createRedact(rules: readonly string[], scrub: Scrub = (text) => text): Redact {
  const patterns = rules.map((rule) => rule.toLowerCase())
  const isSecret = (key: string): boolean =>
    SECRET_KEY.test(key) || patterns.some((pattern) => matchesGlob(pattern, key.toLowerCase()))
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return shortText(value, scrub)
    if (Array.isArray(value)) {
      const kept = value.slice(0, MAX_ITEMS).map(walk)
      return value.length > MAX_ITEMS ? [...kept, `… (${value.length})`] : kept
    }
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, MAX_ITEMS)
        .map(([key, inner]) => [key, isSecret(key) ? '[redacted]' : walk(inner)]),
    )
  }
  return (value) => {
    if (isDeeperThan(value, MAX_DEPTH)) return '[too deep]'
    const kept = walk(value)
    return (JSON.stringify(kept) ?? '').length > MAX_CHARS ? '[too long]' : kept
  }
}

/** Twice as much is looked at for secrets, so that none is cut in two and shown half. */
function shortText(text: string, scrub: Scrub): string {
  if (text.length <= MAX_TEXT) return scrub(text)
  return `${cutText(scrub(cutText(text, 2 * MAX_TEXT)), MAX_TEXT)}… (${text.length})`
}
