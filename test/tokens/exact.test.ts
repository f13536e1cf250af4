import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OptimizerError } from '../../src/errors.ts'
import { INSTALL_TOKENIZER, loadBestTokenizer, loadTokenizer, TOKENIZER_PACKAGE } from '../../src/tokens/exact.ts'

const missing = async (): Promise<never> => {
  throw Object.assign(new Error("Cannot find package 'gpt-tokenizer'"), { code: 'ERR_MODULE_NOT_FOUND' })
}
const broken = async (): Promise<never> => {
  throw new SyntaxError('Unexpected end of input')
}

describe('the exact tokenizer', () => {
  it('says what to install where its package is not there', async () => {
    const error = await loadTokenizer('cl100k_base', missing).catch((thrown: unknown) => thrown)
    expect(OptimizerError.is(error) && error.toJSON()).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('gpt-tokenizer is not installed'),
      suggestion: expect.stringContaining(`npm install ${TOKENIZER_PACKAGE}`),
    })
  })

  it('is the one that the tests of this package run with', () => {
    const { devDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      devDependencies: Record<string, string>
    }
    expect(TOKENIZER_PACKAGE).toBe(`gpt-tokenizer@${devDependencies['gpt-tokenizer']}`)
    expect(INSTALL_TOKENIZER).toContain(`npx -p mcp-optimizer -p ${TOKENIZER_PACKAGE}`)
  })

  it('is replaced by the estimate where its package is not there, and only then', async () => {
    expect(await loadBestTokenizer('cl100k_base', missing)).toMatchObject({ name: 'estimate', exact: false })
    expect(await loadBestTokenizer('cl100k_base')).toMatchObject({ name: 'cl100k_base', exact: true })
    await expect(loadBestTokenizer('cl100k_base', broken)).rejects.toThrow('Unexpected end of input')
  })
})
