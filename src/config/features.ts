import type { ConfigProblem } from './config.ts'

/**
 * How agents get at tools. `code_execution`: search, intents, batches, programs. `traditional`: every tool is passed through.
 * `lazy_loading`: names, then definitions, then calls. `server_side`: the gateway picks the few tools for a stated need.
 * `auto`: `traditional` while all definitions are fewer tokens than the measured break-even, else `code_execution`.
 */
export type ExecutionMode = 'code_execution' | 'traditional' | 'lazy_loading' | 'server_side' | 'auto'

/**
 * The specification's switches. Each is set by file (`features.<name>`), environment (`MCP_OPTIMIZER_<UPPER_SNAKE>`) or flag
 * (`--<kebab>`).
 *
 * @example
 * const features = new FeatureFlags({ maxTokensPerRequest: 2_000 })
 */
export class FeatureFlags {
  /** @default 'code_execution' */
  readonly executionMode: ExecutionMode
  /** False: no program runs; intents that map to one tool still work. @default true */
  readonly enableSandbox: boolean
  /** Tool lists on disk, results of read-only tools as the section `cache` says. @default true */
  readonly enableCaching: boolean
  /** Seconds a cached result is served. @default 300 */
  readonly cacheTtlSeconds: number
  /** Lists of records in answers for models as tables where that saves tokens. @default true */
  readonly compactAnswers: boolean
  /** Return types of tools without an output schema, from the structure of their results. @default true */
  readonly learnOutputTypes: boolean
  /** @default true */
  readonly enableMetrics: boolean
  /** Traces and metrics over OTLP; needs OpenTelemetry's packages. @default false */
  readonly enableTelemetry: boolean
  /** Counts tokens in metadata exactly, on a thread of its own, as soon as that has loaded. @default false */
  readonly exactTokens: boolean
  /** Tokens of one answer; more is kept behind a handle. @default 4000 */
  readonly maxTokensPerRequest: number

  constructor(flags: Partial<FeatureFlags> = {}) {
    this.executionMode = flags.executionMode ?? 'code_execution'
    this.enableSandbox = flags.enableSandbox ?? true
    this.enableCaching = flags.enableCaching ?? true
    this.cacheTtlSeconds = flags.cacheTtlSeconds ?? 300
    this.compactAnswers = flags.compactAnswers ?? true
    this.learnOutputTypes = flags.learnOutputTypes ?? true
    this.enableMetrics = flags.enableMetrics ?? true
    this.enableTelemetry = flags.enableTelemetry ?? false
    this.exactTokens = flags.exactTokens ?? false
    this.maxTokensPerRequest = flags.maxTokensPerRequest ?? 4_000
    Object.freeze(this)
  }
}

export const DEFAULT_FEATURES: FeatureFlags = new FeatureFlags()

type Layer = {
  readonly source: string
  readonly path: (name: string) => string
  readonly get: (name: string) => unknown
}

/** Merges file < environment < flags; a value that cannot be used is a problem, and the layer below holds. */
export function mergeFeatures(
  file: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, unknown>>,
  fileName: string,
): { readonly features: FeatureFlags; readonly problems: readonly ConfigProblem[] } {
  const layers: Layer[] = [
    { source: fileName, path: (name) => `features.${name}`, get: (name) => file[name] },
    { source: 'environment', path: environmentName, get: (name) => env[environmentName(name)] },
    { source: 'flags', path: (name) => `--${kebab(name)}`, get: (name) => flags[kebab(name)] },
  ]
  const problems: ConfigProblem[] = []
  const values: Record<string, unknown> = {}
  for (const [name, preset] of Object.entries(DEFAULT_FEATURES)) {
    for (const { source, path, get } of layers) {
      const found = get(name)
      if (found === undefined || found === '') continue
      const value = parse(name, found, preset)
      if (value.ok) values[name] = value.value
      else
        problems.push({
          file: source,
          path: path(name),
          message: `found ${JSON.stringify(found)}`,
          expected: value.expected,
        })
    }
  }
  return { features: new FeatureFlags(values), problems }
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly expected: string }

export const MODES: readonly ExecutionMode[] = ['code_execution', 'traditional', 'lazy_loading', 'server_side', 'auto']

function parse(name: string, found: unknown, preset: unknown): Parsed {
  if (name === 'executionMode')
    return MODES.some((mode) => mode === found)
      ? { ok: true, value: found }
      : { ok: false, expected: `one of ${MODES.join(', ')}` }
  if (typeof preset === 'boolean') {
    const value = { true: true, 1: true, false: false, 0: false }[String(found).toLowerCase()]
    return value === undefined ? { ok: false, expected: 'true or false' } : { ok: true, value }
  }
  const least = name === 'maxTokensPerRequest' ? 100 : 0
  const value = Number(found)
  const fits = Number.isFinite(value) && value >= least && (name === 'cacheTtlSeconds' || Number.isInteger(value))
  return fits ? { ok: true, value } : { ok: false, expected: `a number ≥ ${least}` }
}

function environmentName(name: string): string {
  return `MCP_OPTIMIZER_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
