/** Counts tokens of a text. `exact` tells measured from estimated figures. */
export interface Tokenizer {
  /** `cl100k_base`, `o200k_base`, or `estimate`. */
  readonly name: string
  readonly exact: boolean
  count(text: string): number
}
