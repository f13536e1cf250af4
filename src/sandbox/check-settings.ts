import { OptimizerError } from '../errors.ts'
import { likeliestName } from '../internal/nearest.ts'
import type { DockerSettings, ProcessSettings, SandboxSettings } from './create.ts'
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
  process: section,
  docker: section,
}

const PROCESS: Checks<ProcessSettings> = {
  engine: oneOf(['quickjs', 'v8']),
  packages: texts,
  packagesFolder: text,
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

/**
 * Throws `CONFIG_INVALID` for a setting that does not exist or has a value that is none: a wall that was asked for in other
 * words must not become a weaker one. `others` are names that belong to somebody else.
 */
export function checkSettings(settings: SandboxSettings, others: readonly string[] = []): void {
  checkSection('sandbox', settings, SETTINGS, others)
  checkSection('sandbox.process', settings.process ?? {}, PROCESS)
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

function unknown(place: string, name: string, known: readonly string[]): OptimizerError {
  const nearest = likeliestName(name, known)
  const wanted = nearest ?? `one of ${known.join(', ')}`
  return new OptimizerError('CONFIG_INVALID', `cannot use ${place}: is not a known key, wanted ${wanted}`)
}

function misfit(place: string, value: unknown, wanted: string): OptimizerError {
  const found = (typeof value === 'string' ? JSON.stringify(value) : String(value)).slice(0, 100)
  return new OptimizerError('CONFIG_INVALID', `cannot use ${place}: found ${found}, wanted ${wanted}`)
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

function texts(value: unknown): string | undefined {
  return Array.isArray(value) && value.every((item) => text(item) === undefined) ? undefined : 'a list of texts'
}
