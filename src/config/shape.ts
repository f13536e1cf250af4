import { isRecord } from '../internal/json.ts'
import { loadNow } from '../internal/load-now.ts'
// With them all that `schema-faults.ts` imports is there before it is loaded.
import '../internal/logger.ts'
import '../internal/nearest.ts'
import '../sandbox/walls.ts'
import type { ServerConfig } from './config.ts'
import { DEFAULT_FEATURES, MODES } from './features.ts'

/** One thing that the schema refuses. */
export interface ShapeFault {
  readonly path: readonly string[]
  readonly message: string
  readonly expected: string
  /** The key at the top of the file that cannot be used because of it. */
  readonly drops?: string
}

export type ServerShape = { readonly server: ServerConfig } | { readonly faults: readonly ShapeFault[] }

/** What the schema refuses of a file of our own, servers aside. The schema's library is loaded for unusual files alone. */
export function fileFaults(rest: Record<string, unknown>): readonly ShapeFault[] {
  return isUsualFile(rest) ? [] : schemaFaults().fileFaults(rest)
}

/** A server's entry as the schema reads it. */
export function serverShape(entry: unknown): ServerShape {
  const usual = usualServer(entry)
  return usual === undefined ? schemaFaults().serverShape(entry) : { server: usual }
}

function schemaFaults(): typeof import('./schema-faults.ts') {
  return loadNow('./schema-faults.js', import.meta.url) as typeof import('./schema-faults.ts')
}

/** True for what the schema takes for sure; false says nothing. */
export function isUsualFile(rest: Record<string, unknown>): boolean {
  return Object.entries(rest).every(([key, value]) => {
    if (key === '$schema' || key === 'cacheDir') return typeof value === 'string' && value !== ''
    if (key === 'import') return typeof value === 'boolean' || areTexts(value)
    return key === 'features' && isRecord(value) && Object.entries(value).every(isUsualFeature)
  })
}

/** What the schema makes of an entry that it takes for sure; undefined says nothing. */
export function usualServer(entry: unknown): ServerConfig | undefined {
  if (!isRecord(entry)) return undefined
  const isHttp = 'url' in entry
  const isUsual = Object.entries(entry).every(([key, value]) =>
    isHttp ? isHttpPart(key, value) : isStdioPart(key, value),
  )
  if (!isUsual || !(isHttp || 'command' in entry)) return undefined
  // Every part was looked at just now.
  return { type: isHttp ? 'http' : 'stdio', ...entry } as unknown as ServerConfig
}

function isStdioPart(key: string, value: unknown): boolean {
  switch (key) {
    case 'type':
      return value === 'stdio'
    case 'command':
      return typeof value === 'string' && value !== ''
    case 'args':
      return areTexts(value)
    case 'env':
      return isTextMap(value)
    case 'cwd':
      return typeof value === 'string'
  }
  return isCommonPart(key, value)
}

/** A host whose last part is a number is an address of four numbers, and one of `xn--` is decoded: neither is any text. */
const USUAL_URL =
  /^https?:\/\/(?:127\.0\.0\.1|(?:[a-z\d]+(?:-[a-z\d]+)*\.)*[a-z][a-z\d]*(?:-[a-z\d]+)*)(?::\d{1,4})?(?:\/[\w./-]*)?$/i

function isHttpPart(key: string, value: unknown): boolean {
  if (key === 'url') return typeof value === 'string' && USUAL_URL.test(value)
  if (key === 'type') return value === 'http' || value === 'sse'
  return key === 'headers' ? isTextMap(value) : isCommonPart(key, value)
}

function isCommonPart(key: string, value: unknown): boolean {
  if (key === 'description') return typeof value === 'string'
  if (key === 'include' || key === 'exclude') return areTexts(value)
  return (key === 'disabled' || key === 'trustHints') && typeof value === 'boolean'
}

function isUsualFeature([name, value]: [string, unknown]): boolean {
  const preset: unknown = Object.entries(DEFAULT_FEATURES).find(([known]) => known === name)?.[1]
  if (typeof preset === 'boolean') return typeof value === 'boolean'
  if (name === 'executionMode') return MODES.some((mode) => mode === value)
  return (
    (name === 'cacheTtlSeconds' || name === 'maxTokensPerRequest') && Number.isInteger(value) && Number(value) >= 100
  )
}

function isTextMap(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).every((key) => key !== '__proto__') && areTexts(Object.values(value))
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
