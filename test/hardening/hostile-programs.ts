import { readFileSync } from 'node:fs'

/** A record of `hostile/programs.jsonl`; the README beside it explains the fields. */
export interface HostileProgram {
  readonly id: string
  readonly class: string
  readonly source: string
  readonly expect: 'contained' | 'error' | 'timeout' | 'memory'
  readonly accept?: readonly string[]
  /** JavaScript over `out`, `host` and `c`; true: an escape or a broken promise. */
  readonly probe: string
  readonly params?: unknown
  readonly paramsJson?: string
  readonly follow?: string
  readonly toolDefs?: readonly { readonly name?: unknown }[]
  readonly toolDefsGen?: string
  readonly needs?: string
}

/** What the program was seen to do, as probes name it. */
export interface Out {
  status: 'ok' | 'error' | 'timeout' | 'memory' | 'crash'
  value: unknown
  json: string
  error: string
  logs: string
}

export function readPrograms(path: string): HostileProgram[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as HostileProgram)
}

/** The names of the tools that a record adds; those that are no text are dropped by whoever reads a tool list. */
export function toolNames(program: HostileProgram, port: number): string[] {
  const generated: unknown =
    program.toolDefsGen === undefined ? (program.toolDefs ?? []) : evaluate(program.toolDefsGen, {})
  const text = JSON.stringify(generated).replaceAll('__PORT__', String(port))
  const list = JSON.parse(text) as ({ name?: unknown } | null)[]
  return list.flatMap((tool) => (typeof tool?.name === 'string' ? [tool.name] : []))
}

/** True when the probe finds an escape or a broken promise. */
export function isBroken(program: HostileProgram, out: Out, host: Record<string, unknown>): boolean {
  return Boolean(evaluate(program.probe, { out, host, c: program }))
}

function evaluate(expression: string, scope: Record<string, unknown>): unknown {
  // The records come with the test data, which the tests trust as they trust themselves.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const fn = new Function(...Object.keys(scope), `return (${expression})`) as (...values: unknown[]) => unknown
  return fn(...Object.values(scope))
}
