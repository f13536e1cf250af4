import { readFile, stat } from 'node:fs/promises'
import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Format } from './clients/client.ts'

/**
 * The content of a file with the paths of keys that stand twice in one object, `undefined` when there is none, or where
 * and why it does not parse.
 */
export type FileContent =
  | { readonly value: unknown; readonly repeated: readonly string[] }
  | { readonly fault: string }
  | undefined

/** Far more than the largest file of settings. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads JSON with comments, TOML or YAML. Never throws. Where nobody asked for the file, it has to be one: a pipe or a
 * device that a project puts there would be read for ever.
 */
export async function readStructured(path: string, format: Format, isAsked = false): Promise<FileContent> {
  let bytes: Uint8Array
  try {
    const fault = isAsked ? undefined : oddity(await stat(path))
    if (fault !== undefined) return { fault }
    bytes = await readFile(path)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { fault: `cannot be read (${code ?? 'unknown'})` }
  }
  return await parseStructured(decoded(bytes), format)
}

function oddity(stats: { isFile(): boolean; readonly size: number }): string | undefined {
  if (!stats.isFile()) return 'cannot be read (it is no file)'
  return stats.size > MAX_BYTES ? `cannot be read (it has more than ${MAX_BYTES} bytes)` : undefined
}

/** Reads the text of such a file; a byte order mark is no part of it. Never throws. */
export async function parseStructured(text: string, format: Format): Promise<NonNullable<FileContent>> {
  try {
    return await parse(text.replace(/^\ufeff/, ''), format)
  } catch (thrown) {
    return { fault: faultOf(thrown, format) }
  }
}

/** Text of UTF-8, or of UTF-16 with its mark, as PowerShell's `>` writes it. */
function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
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
async function parse(text: string, format: Format): Promise<NonNullable<FileContent>> {
  // TOML and YAML refuse a key that stands twice.
  if (format === 'toml') {
    const { parse: parseToml } = await import('smol-toml')
    return { value: inNumbers(parseToml(text, { integersAsBigInt: 'asNeeded' })), repeated: [] }
  }
  if (format === 'yaml') return { value: (await import('yaml')).parse(text, { merge: true }) as unknown, repeated: [] }
  if (text.trim() === '') return { value: {}, repeated: [] }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error === undefined && root !== undefined) return { value: getNodeValue(root), repeated: repeatedKeys(root, []) }
  const before = text.slice(0, error?.offset ?? 0).split('\n')
  const reason = error === undefined ? 'ValueExpected' : printParseErrorCode(error.error)
  return { fault: `line ${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${reason}` }
}

/** TOML has integers of 64 bits: nothing that is read here is one, and no file is refused for holding one. */
function inNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(inNumbers)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inNumbers(inner)]))
}

function repeatedKeys(node: Node, path: readonly string[]): string[] {
  if (node.type !== 'object') return []
  const seen = new Set<string>()
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }) => {
    const name = String(key?.value)
    const at = [...path, name]
    const repeated = seen.has(name) ? [at.join('.')] : []
    seen.add(name)
    return value === undefined ? repeated : [...repeated, ...repeatedKeys(value, at)]
  })
}
