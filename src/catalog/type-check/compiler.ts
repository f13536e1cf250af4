/** A TypeScript compiler, as the check process drives it. */
export interface Compiler {
  readonly name: string
  /** Replaces the declarations that programs are checked against. */
  declare(declarations: string): void
  check(program: WrappedProgram): Promise<Finding[]>
  [Symbol.asyncDispose](): Promise<void>
}

/** A program as a compiler reads it: one line before the source, types after it. */
export interface WrappedProgram {
  readonly text: string
  /** Where the source starts and ends in the text. */
  readonly start: number
  readonly end: number
}

/** What a compiler found; places are offsets in the wrapped text. */
export interface Finding {
  readonly at: number
  /** The compiler's number; 0 for a promise that nothing waits for. */
  readonly code: number
  readonly syntax: boolean
  readonly message: string
  /** Fields of the type in question, `name` or `name?`, where the compiler could tell. */
  readonly fields?: readonly string[]
}

/** Most findings that are explained; beyond it they are only counted. */
export const MAX_FINDINGS = 5

/** The compiler's numbers from 1000 to 1999 are about what does not parse. */
export function isSyntax(code: number): boolean {
  return code < 2_000
}

/** What a program is: the body of an async function whose `params` are of `type`. */
export function wrapProgram(source: string, type: string, declarations: readonly string[]): WrappedProgram {
  const head = 'export default async function program(params: $Params) {\n'
  const text = `${head}${source}\n}\ntype $Params = ${type}\n${declarations.join('\n')}\n`
  return { text, start: head.length, end: head.length + source.length }
}

/**
 * As strict as helps somebody who writes a dozen lines against schemas that say little: no implicit-any errors, and
 * what a schema does not require counts as present.
 */
export const COMPILER_OPTIONS: Readonly<Record<string, unknown>> = {
  strict: true,
  strictNullChecks: false,
  noImplicitAny: false,
  noImplicitThis: false,
  noEmit: true,
  target: 'esnext',
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  lib: ['esnext'],
  types: [],
  // No file of the host's is read because a program names it.
  noResolve: true,
  skipLibCheck: true,
}

/** What the engine has besides the ECMAScript library. */
export const ENGINE_DECLARATIONS = `
declare function atob(data: string): string
declare function btoa(data: string): string
`

/** From the gateway to the check process. */
export interface CheckRequest {
  readonly id: number
  /** Sent when they have changed. */
  readonly declarations?: string
  readonly program: WrappedProgram
}

/** From the check process to the gateway. */
export type CheckResponse =
  | { readonly id: number; readonly findings: readonly Finding[]; readonly count: number }
  | { readonly id: number; readonly failure: string }
