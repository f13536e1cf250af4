import { readFile } from 'node:fs/promises'
import { parse as parseJsonc, type ParseError, printParseErrorCode } from 'jsonc-parser'
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
    return await parse(text, format)
  } catch (thrown) {
    return { fault: faultOf(thrown, format) }
  }
}

/** Where a TOML or YAML library says that it stopped. */
function faultOf(thrown: unknown, format: Format): string {
  const { line, column, linePos } = Object(thrown) as {
    line?: number
    column?: number
    linePos?: { line: number; col: number }[]
  }
  const [at] = linePos ?? []
  return `line ${line ?? at?.line ?? 1}:${column ?? at?.col ?? 1}: is not ${format.toUpperCase()}`
}

// The parsers of formats that few machines need are loaded with the first such file.
async function parse(text: string, format: Format): Promise<FileContent> {
  if (format === 'toml') return { value: (await import('smol-toml')).parse(text) }
  if (format === 'yaml') return { value: (await import('yaml')).parse(text) as unknown }
  if (text.trim() === '') return { value: {} }
  const errors: ParseError[] = []
  const value: unknown = parseJsonc(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error === undefined) return { value }
  const before = text.slice(0, error.offset).split('\n')
  return { fault: `line ${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${printParseErrorCode(error.error)}` }
}
