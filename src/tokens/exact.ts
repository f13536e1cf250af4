import { OptimizerError } from '../errors.ts'
import { estimateTokenizer } from './estimate.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Encodings of OpenAI models; Claude publishes none, see {@link Tokenizer.exact}. */
export type Encoding = 'cl100k_base' | 'o200k_base'

/** Counts tokens of a text, as an encoding of the package `gpt-tokenizer` exports it. */
interface EncodingModule {
  readonly countTokens: (text: string, options: { readonly disallowedSpecial: Set<string> }) => number
}

/** What exact counts need beside this package: 30 MB, so it is installed by those who want them; kept in step with package.json by a test. */
export const TOKENIZER_PACKAGE = 'gpt-tokenizer@4.0.0'

/** What a person does to have exact counts. */
export const INSTALL_TOKENIZER: string = `npm install ${TOKENIZER_PACKAGE} beside mcp-optimizer, or: npx -p mcp-optimizer -p ${TOKENIZER_PACKAGE} mcp-optimizer`

/**
 * Loads an exact tokenizer (gpt-tokenizer, 60-100 MB of memory, 0.2-0.7 s): for published figures and audits,
 * not for the hot path. Rejects where the package is not installed.
 */
export async function loadTokenizer(
  encoding: Encoding,
  load: (encoding: Encoding) => Promise<EncodingModule> = importEncoding,
): Promise<Tokenizer> {
  const { countTokens } = await load(encoding).catch((cause: unknown) => {
    throw isMissing(cause)
      ? new OptimizerError(
          'CONFIG_INVALID',
          'cannot count tokens exactly: the package gpt-tokenizer is not installed',
          {
            cause,
            suggestion: `run: ${INSTALL_TOKENIZER}`,
          },
        )
      : cause
  })
  // Text that spells a special token is ordinary text here; by default the library throws.
  const options = { disallowedSpecial: new Set<string>() }
  return { name: encoding, exact: true, count: (text) => countTokens(text, options) }
}

/** The exact tokenizer, or the estimate where its package is not installed: what is shown to a person says which one counted. */
export async function loadBestTokenizer(
  encoding: Encoding,
  load?: (encoding: Encoding) => Promise<EncodingModule>,
): Promise<Tokenizer> {
  return await loadTokenizer(encoding, load).catch((error: unknown) => {
    if (OptimizerError.is(error)) return estimateTokenizer
    throw error
  })
}

async function importEncoding(encoding: Encoding): Promise<EncodingModule> {
  return encoding === 'cl100k_base'
    ? await import('gpt-tokenizer/encoding/cl100k_base')
    : await import('gpt-tokenizer/encoding/o200k_base')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
