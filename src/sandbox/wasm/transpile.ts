import { LRUCache } from 'lru-cache'
import { transform } from 'sucrase'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'

/** TypeScript in, JavaScript out, line for line. The source is parsed alone, so it cannot close what wraps it later. */
export interface Transpiler {
  /** Body of an async function. Throws `INVALID_CODE` with line and column. */
  body(source: string): string
  /** ES module → body of `(exports, require) => void`. Throws as `body`. */
  module(source: string): string
}

/** Keeps what it has transpiled, up to `maxChars` characters. */
export function createTranspiler(maxChars = 4_000_000): Transpiler {
  const done = new LRUCache<string, string>({ maxSize: maxChars, sizeCalculation: (text, key) => text.length + key.length + 1 })
  const cached = (kind: string, source: string, work: () => string): string => {
    const key = `${kind}:${source}`
    const known = done.get(key)
    if (known !== undefined) return known
    const text = work()
    done.set(key, text)
    return text
  }
  return {
    body: (source) => cached('body', source, () => strip(source, ['typescript'])),
    module: (source) => cached('module', source, () => strip(source, ['typescript', 'imports'])),
  }
}

function strip(source: string, transforms: ('typescript' | 'imports')[]): string {
  try {
    return transform(source, { transforms, disableESTransforms: true, production: true }).code
  } catch (thrown) {
    throw syntaxError(thrown)
  }
}

function syntaxError(thrown: unknown): OptimizerError {
  const { line, column } = locationOf(thrown)
  const message = messageOf(thrown).replace(/^Error transforming [^:]*: /, '').replace(/\s*\(\d+:\d+\)$/, '')
  return new OptimizerError('INVALID_CODE', `the code does not parse: ${message} (line ${line}:${column})`, { details: { line, column } })
}

function locationOf(thrown: unknown): { readonly line: number; readonly column: number } {
  const { loc } = Object(thrown) as { loc?: { line: number; column: number } }
  return loc ?? { line: 1, column: 1 }
}
