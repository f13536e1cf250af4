import { readFile } from 'node:fs/promises'
import { parse as parseJsonc, type ParseError, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import type { Format } from './clients.ts'

/** The content of a file, `undefined` when there is none, or where and why it does not parse. */
export type FileContent = { readonly value: unknown } | { readonly fault: string } | undefined

/** Reads JSON with comments, TOML or YAML. Never throws. */
export async function readStructured(path: string, format: Format): Promise<FileContent> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).replace(/^\ufeff/, '')
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { fault: `cannot be read (${code ?? 'unknown'})` }
  }
  try {
    return parse(text, format)
  } catch (thrown) {
    if (thrown instanceof TomlError) return { fault: `line ${thrown.line}:${thrown.column}: is not TOML` }
    if (thrown instanceof YAMLParseError)
      return { fault: `line ${thrown.linePos?.[0].line ?? 1}:${thrown.linePos?.[0].col ?? 1}: is not YAML` }
    return { fault: 'does not parse' }
  }
}

function parse(text: string, format: Format): FileContent {
  if (format === 'toml') return { value: parseToml(text) }
  if (format === 'yaml') return { value: parseYaml(text) }
  if (text.trim() === '') return { value: {} }
  const errors: ParseError[] = []
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error === undefined) return { value }
  const before = text.slice(0, error.offset).split('\n')
  return { fault: `line ${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${printParseErrorCode(error.error)}` }
}
