import type { Tokenizer } from './tokenizer.ts'

/** Encodings of OpenAI models; Claude publishes none, see {@link Tokenizer.exact}. */
export type Encoding = 'cl100k_base' | 'o200k_base'

/**
 * Loads an exact tokenizer (gpt-tokenizer, 60-100 MB of memory, 0.2-0.7 s): for published figures and audits,
 * not for the hot path.
 */
export async function loadTokenizer(encoding: Encoding): Promise<Tokenizer> {
  const { countTokens } =
    encoding === 'cl100k_base'
      ? await import('gpt-tokenizer/encoding/cl100k_base')
      : await import('gpt-tokenizer/encoding/o200k_base')
  // Text that spells a special token is ordinary text here; by default the library throws.
  const options = { disallowedSpecial: new Set<string>() }
  return { name: encoding, exact: true, count: (text) => countTokens(text, options) }
}
