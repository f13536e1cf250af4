import { transform } from 'sucrase'

/** JavaScript of a TypeScript source, line for line. */
export type Stripped =
  | { readonly ok: true; readonly code: string }
  | { readonly ok: false; readonly message: string; readonly line: number; readonly column: number }

/** `body`: the body of an async function; `module`: exports become properties of `exports`. */
export type SourceKind = 'body' | 'module'

/** Strips types; lines stay where they are, columns do not ({@link originalColumn}). */
export function stripTypes(source: string, kind: SourceKind): Stripped {
  try {
    return { ok: true, code: run(source, kind).code }
  } catch (error) {
    return { ok: false, ...parseFailure(error, source) }
  }
}

/** Tells the column in the source of places in the stripped code; all 1-based. */
export function originalColumns(source: string, kind: SourceKind): (line: number, column: number) => number {
  const lines = run(source, kind, true).sourceMap?.mappings.split(';') ?? []
  return (line, column) => {
    let best = { generated: 0, original: 0 }
    // Original columns count from the field before, over all lines; generated ones start anew on each.
    let original = 0
    for (const [index, text] of lines.slice(0, line).entries()) {
      let generated = 0
      for (const segment of text.split(',').filter(Boolean)) {
        const fields = decodeNumbers(segment)
        generated += fields[0] ?? 0
        original += fields[3] ?? 0
        if (index === line - 1 && generated < column) best = { generated, original }
      }
    }
    return best.original + column - best.generated
  }
}

function run(source: string, kind: SourceKind, map = false): ReturnType<typeof transform> {
  return transform(source, {
    transforms: kind === 'module' ? ['typescript', 'imports'] : ['typescript'],
    disableESTransforms: true,
    keepUnusedImports: true,
    production: true,
    ...(map && { sourceMapOptions: { compiledFilename: 'program.js' }, filePath: 'program.ts' }),
  })
}

function parseFailure(error: unknown, source: string): { message: string; line: number; column: number } {
  const message = error instanceof Error ? error.message : String(error)
  const place = /\((\d+):(\d+)\)\s*$/.exec(message)
  const lines = source.split('\n')
  const line = Math.min(Number(place?.[1] ?? 1), lines.length)
  return {
    message: message.replace(/^Error transforming [^:]*: /, '').replace(/\s*\(\d+:\d+\)\s*$/, ''),
    line,
    column: Number(place?.[2] ?? 1),
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 VLQ, the number format of source maps. */
function decodeNumbers(segment: string): number[] {
  const numbers: number[] = []
  let value = 0
  let shift = 0
  for (const char of segment) {
    const digit = BASE64.indexOf(char)
    value |= (digit & 31) << shift
    shift += 5
    if ((digit & 32) !== 0) continue
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1)
    value = 0
    shift = 0
  }
  return numbers
}
