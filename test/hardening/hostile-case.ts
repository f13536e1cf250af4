import { readFileSync } from 'node:fs'

/** The classes of attacks; each has a file in `corpus/`. */
export const ATTACK_CLASSES = [
  'ctor-chain',
  'stack',
  'proxy-symbol',
  'promise',
  'return',
  'pollution',
  'loop',
  'memory',
  'timers',
  'flood',
  'tamper',
  'capability',
  'wrap',
  'param-inject',
  'tool-inject',
  'dataflow',
] as const

export type AttackClass = (typeof ATTACK_CLASSES)[number]

/** One hostile program: a record of `hostile/programs.jsonl`, or one of our own in `corpus/`. */
export interface HostileCase {
  readonly id: string
  readonly class: string
  /** The attack in one line. */
  readonly tries?: string
  /** Body of an async function that sees `tools`, `params`, `console`. */
  readonly source: string
  /** How it must end; `contained`: as it likes. */
  readonly expect: 'contained' | 'error' | 'timeout' | 'memory'
  readonly accept?: readonly string[]
  /** Finds an escape or a broken promise; as text it is JavaScript over `out`, `host` and `c`. */
  readonly probe: Probe | string
  readonly params?: unknown
  /** The parameters as JSON text, for what no value of ours can hold. */
  readonly paramsJson?: string
  /** A second program, the next of the same pool, without parameters. */
  readonly follow?: string
  readonly toolDefs?: readonly unknown[]
  readonly toolDefsJson?: string
  /** JavaScript that makes the definitions. */
  readonly toolDefsGen?: string
  /** `policy`: a data-flow policy decides it, not a sandbox. */
  readonly needs?: string
}

export type Probe = (seen: Seen) => boolean

export interface Seen {
  readonly out: Out
  readonly host: HostSeen
  readonly c: HostileCase
}

/** What the program was seen to do. */
export interface Out {
  readonly status: 'ok' | 'error' | 'timeout' | 'memory' | 'crash'
  readonly value: unknown
  readonly json: string
  readonly error: string
  readonly logs: string
}

/** What the host saw meanwhile. */
export interface HostSeen {
  readonly pwned: boolean
  readonly polluted: boolean
  readonly tampered: boolean
  /** Requests to the canary server. */
  readonly hits: number
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
  readonly callsAfterDone: number
  readonly maxInflight: number
  readonly elapsedMs: number
  /** Growth of the process. */
  readonly rssMb: number
  /** The secret that must not get out. */
  readonly canary: string
  readonly exfil: boolean
  readonly fileChanged: boolean
  readonly follow: Out | undefined
  /** The declarations that the catalog writes of the case's tool definitions. */
  readonly typings: string
}

export function readCases(path: string): HostileCase[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => {
    const hostile = JSON.parse(line) as HostileCase
    return { ...hostile, probe: PROBES.get(hostile.id) ?? hostile.probe }
  })
}

/**
 * Probes of the test data that are older than what they look for. "No high-resolution clock" took any `performance` for
 * one; ours tells whole milliseconds, as `Date` does.
 */
const PROBES: ReadonlyMap<string, Probe> = new Map<string, Probe>([
  ['capability-hires-clock', ({ out }) => !Number.isInteger(out.value)],
])

/** The tool definitions that a case adds, as a server would have sent them. */
export function toolDefinitions(hostile: HostileCase, port: number): unknown[] {
  const { toolDefs = [], toolDefsJson, toolDefsGen } = hostile
  const made = toolDefsGen === undefined ? toolDefs : evaluate(toolDefsGen, {})
  const text = (toolDefsJson ?? JSON.stringify(made)).replaceAll('__PORT__', String(port))
  const list: unknown = JSON.parse(text)
  return Array.isArray(list) ? list : []
}

/** True when the probe finds an escape or a broken promise. */
export function isBroken(seen: Seen): boolean {
  const { probe } = seen.c
  return typeof probe === 'string' ? Boolean(evaluate(probe, { ...seen })) : probe(seen)
}

function evaluate(expression: string, scope: Record<string, unknown>): unknown {
  // The records come with the test data, which the tests trust as they trust themselves.
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
  const fn = new Function(...Object.keys(scope), `return (${expression})`) as (...values: unknown[]) => unknown
  return fn(...Object.values(scope))
}
