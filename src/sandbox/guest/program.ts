import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type GuestError } from '../sandbox.ts'
import { type ReadOptions, readProgram } from '../program/read-program.ts'
import { type SourceKind } from './strip-types.ts'

/** A program as the engine evaluates it: a function expression whose source starts on its second line. */
export interface CompiledProgram {
  readonly script: string
  readonly file: string
  readonly kind: SourceKind
  /** As the agent wrote it. */
  readonly source: string
}

export type Compilation =
  | { readonly ok: true; readonly program: CompiledProgram }
  | { readonly ok: false; readonly error: GuestError }

/** Lines that the wrapper puts before the source. */
export const WRAPPER_LINES = 1

/** Compiles programs; keeps the last ones, up to `cacheBytes` of source. */
export function createCompiler(cacheBytes: number): (source: string, kind: SourceKind, name: string) => Compilation {
  const cache = new LRUCache<string, Compilation>({
    maxSize: cacheBytes,
    sizeCalculation: (_value, key) => key.length * 4 + 200,
  })
  return (source, kind, name) => {
    const key = `${kind}\n${name}\n${source}`
    const known = cache.get(key)
    if (known !== undefined) return known
    const compilation = compile(source, kind, name)
    cache.set(key, compilation)
    return compilation
  }
}

export function compile(source: string, kind: SourceKind, name: string, options: ReadOptions = {}): Compilation {
  const file = fileName(name)
  const read = readProgram(source, kind, options)
  if (!read.ok) return { ok: false, error: invalidCode(read.message, read.line, read.column) }
  return { ok: true, program: { script: wrap(read.code, kind), file, kind, source } }
}

export function invalidCode(message: string, line: number, column: number): GuestError {
  return { name: 'SyntaxError', code: 'INVALID_CODE', message, line, column }
}

/** A module's file name in stack traces. */
export function fileName(name: string): string {
  return `${name.replace(/[^\w.-]/g, '_').slice(0, 128)}.ts`
}

/**
 * The source as the body of an async function. The label makes sure that it is a whole body by itself: text that
 * closes the function early and opens another one leaves `break` without its label, which does not parse, and the
 * label cannot be guessed.
 */
function wrap(code: string, kind: SourceKind): string {
  const label = `$${randomBytes(12).toString('hex')}`
  const parameters = kind === 'module' ? 'exports, require' : 'params, input, args'
  return `(async function (${parameters}) { "use strict"; ${label}: {\n${code}\n;break ${label};\n}})`
}
