import type { Encoding } from './exact.ts'
import { loadTokenizer } from './exact.ts'

/** How a figure came about: counted or timed in this very run, calculated from such figures, or approximated. */
export type Provenance = 'measured' | 'computed' | 'estimated'

/** Who counts. Claude publishes no tokenizer: its count is that of cl100k_base and may be up to 60 % too low. */
export type TokenizerName = Encoding | 'claude'

/** A number of tokens with all that makes it believable. */
export interface TokenFigure {
  readonly tokens: number
  readonly tokenizer: TokenizerName
  readonly provenance: Provenance
  /** What was counted: the name of the catalog. */
  readonly catalog: string
}

export type TokenFigures = Readonly<Record<TokenizerName, TokenFigure>>

/** Counts one text with every tokenizer. */
export type TokenCounter = (text: string, catalog: string) => TokenFigures

/**
 * Loads the exact tokenizers (0.9 s, 150 MB): for published figures and audits, never in the process that serves agents.
 */
export async function loadTokenCounter(): Promise<TokenCounter> {
  const [cl100k, o200k] = await Promise.all([loadTokenizer('cl100k_base'), loadTokenizer('o200k_base')])
  return (text, catalog) => {
    const tokens = cl100k.count(text)
    return {
      cl100k_base: { tokens, tokenizer: 'cl100k_base', provenance: 'measured', catalog },
      o200k_base: { tokens: o200k.count(text), tokenizer: 'o200k_base', provenance: 'measured', catalog },
      claude: { tokens, tokenizer: 'claude', provenance: 'estimated', catalog },
    }
  }
}
