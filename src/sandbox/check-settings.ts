import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { likeliestName } from '../internal/nearest.ts'
import type { DockerSettings, SandboxSettings } from './create.ts'
import { WALLS } from './walls.ts'

/** A check answers what would fit, or undefined where the value fits. */
type Check = (value: unknown) => string | undefined
type Checks<Settings> = Readonly<Record<keyof Settings, Check>>

const SETTINGS: Checks<SandboxSettings> = {
  backend: oneOf(['wasm', 'process', 'docker']),
  require: oneOf(WALLS),
  poolSize: wholeNumber(1, 64),
  poolMin: wholeNumber(0, 64),
  memoryMb: wholeNumber(8, 2_048),
  docker: section,
}

const DOCKER: Checks<DockerSettings> = {
  socketPath: text,
  image: text,
  containerMemoryMb: wholeNumber(128, 1_048_576),
  cpus: (value) => (typeof value === 'number' && value >= 0.1 ? undefined : 'a number from 0.1'),
  pids: wholeNumber(32, 1_048_576),
  user: (value) => (typeof value === 'string' && /^[1-9]\d*:\d+$/.test(value) ? undefined : 'uid:gid, not of root'),
  runtime: text,
  usesPerContainer: wholeNumber(1, Number.MAX_SAFE_INTEGER),
}

/** Settings beside these in the section `sandbox` of a configuration, which the engine follows. */
export const OF_THE_ENGINE: readonly string[] = ['timeoutMs', 'maxTimeoutMs', 'typeCheck']

/**
 * Throws `CONFIG_INVALID` for a setting that does not exist or has a value that is none: a wall that was asked for in other
 * words must not become a weaker one. `others` are names that belong to somebody else.
 */
export function checkSettings(settings: SandboxSettings, others: readonly string[] = []): void {
  checkProcess('process' in settings ? settings.process : {})
  checkSection('sandbox', settings, SETTINGS, [...others, 'process'])
  checkSection('sandbox.docker', settings.docker ?? {}, DOCKER)
}

function checkSection(
  place: string,
  found: object,
  checks: Record<string, Check>,
  others: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(found)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined && !others.includes(name)) throw unknown(`${place}.${name}`, name, Object.keys(checks))
    const wanted = value === undefined ? undefined : check?.(value)
    if (wanted !== undefined) throw misfit(`${place}.${name}`, value, wanted)
  }
}

/** The section had settings of an engine that was removed; what names the engine that is left may stay. */
function checkProcess(given: unknown): void {
  const settings = isRecord(given) ? given : { process: given }
  const removed = Object.entries(settings).find(([key, value]) => key !== 'engine' || value !== 'quickjs')
  if (removed === undefined) return
  const place = isRecord(given) ? `sandbox.process.${removed[0]}` : 'sandbox.process'
  const message = `cannot use ${place}: found ${shown(removed[1])}, but the engine "v8" and its settings were removed: programs run in QuickJS behind every wall`
  throw new OptimizerError('CONFIG_INVALID', message, {
    suggestion:
      'remove the section sandbox.process; what programs computed with V8 or an npm package, do in a tool of an MCP server',
  })
}

function unknown(place: string, name: string, known: readonly string[]): OptimizerError {
  const nearest = likeliestName(name, known)
  const wanted = nearest ?? `one of ${known.join(', ')}`
  return new OptimizerError('CONFIG_INVALID', `cannot use ${place}: is not a known key, wanted ${wanted}`)
}

function misfit(place: string, value: unknown, wanted: string): OptimizerError {
  return new OptimizerError('CONFIG_INVALID', `cannot use ${place}: found ${shown(value)}, wanted ${wanted}`)
}

function shown(value: unknown): string {
  return (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 100)
}

function oneOf(names: readonly string[]): Check {
  return (value) => (names.some((name) => name === value) ? undefined : `one of ${names.join(', ')}`)
}

function wholeNumber(least: number, most: number): Check {
  const wanted = most > 1_048_576 ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`
  return (value) => (Number.isInteger(value) && Number(value) >= least && Number(value) <= most ? undefined : wanted)
}

function section(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'an object'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'a text'
}
