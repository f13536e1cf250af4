import { describe, expect, it } from 'vitest'
import { loadTokenCounter } from '../../src/tokens/figure.ts'

describe('token figures', () => {
  it('counts exactly for two encodings, marks Claude as an estimate, and names the catalog', async () => {
    const count = await loadTokenCounter()
    const text = 'mcp-optimizer räumt auf: 12345 <|endoftext|>'
    const figures = count(text, 'a text')
    expect(figures.cl100k_base).toEqual({
      tokens: 19,
      tokenizer: 'cl100k_base',
      provenance: 'measured',
      catalog: 'a text',
    })
    expect(figures.o200k_base).toMatchObject({ tokens: 18, provenance: 'measured' })
    expect(figures.claude).toMatchObject({ tokens: figures.cl100k_base.tokens, provenance: 'estimated' })
  })
})
