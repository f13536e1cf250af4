import type { Tokenizer } from './tokenizer.ts'

/** Characters of a text that are counted. */
export const SAMPLE_CHARS = 300

/** Tokens of a text, of a long one estimated from its beginning: the same few microseconds for any length. */
export function sampledTokens(tokenizer: Tokenizer, text: string): number {
  if (text.length <= SAMPLE_CHARS) return tokenizer.count(text)
  return Math.round((tokenizer.count(text.slice(0, SAMPLE_CHARS)) * text.length) / SAMPLE_CHARS)
}
