import { isRecord } from '../../internal/json.ts'
import type { Fault } from '../entry.ts'

const MAPS = ['env', 'envs', 'environment', 'headers', 'http_headers', 'env_http_headers']
const LISTS =
  'includeTools enabledTools enabled_tools allowedTools allowed_tools available_tools excludeTools disabledTools disabled_tools blockedTools blocked_tools env_keys env_vars'.split(
    ' ',
  )
const TIMES =
  'timeout timeoutMs requestTimeoutMs tool_timeout_sec toolTimeoutMs request_timeout_ms startup_timeout_sec startup_timeout_ms startupTimeoutMs discoveryTimeoutMs connectionTimeout connectTimeout'.split(
    ' ',
  )

/** Parts of an entry that are followed, and that stand there in a form that says nothing. */
export function shapeFaults(entry: Record<string, unknown>): Fault[] {
  return [
    ...MAPS.flatMap((key) => mapFaults(key, entry[key])),
    ...LISTS.filter((key) => isOdd(entry[key], (value) => Array.isArray(value) || typeof value === 'string')).map(
      (key) => told(key, entry[key], 'a list of names'),
    ),
    ...requestFaults(entry['requestOptions']),
    ...TIMES.filter((key) => isOdd(entry[key], isTime)).map((key) => told(key, entry[key], 'a number above 0')),
  ]
}

/** Of the options of Continue's requests the headers alone are followed. */
function requestFaults(options: unknown): Fault[] {
  const expected = 'an address that is reached without'
  return Object.keys(isRecord(options) ? options : {})
    .filter((key) => key !== 'headers')
    .map((key) => ({ path: `requestOptions.${key}`, message: 'has no effect here', expected }))
}

function mapFaults(key: string, value: unknown): Fault[] {
  if (value === undefined || value === null) return []
  if (!isRecord(value)) return [told(key, value, 'a map of texts by name')]
  return Object.entries(value)
    .filter(([, inner]) => typeof inner === 'object' && inner !== null)
    .map(([name, inner]) => told(`${key}.${name}`, inner, 'a text'))
}

function isOdd(value: unknown, isRight: (value: unknown) => boolean): boolean {
  return value !== undefined && value !== null && !isRight(value)
}

/** A number, also as a text; opencode has a timeout for each step. */
function isTime(value: unknown): boolean {
  const number = typeof value === 'string' ? Number(value.replace(/s$/, '')) : value
  return typeof number === 'number' && number > 0
}

function told(path: string, value: unknown, expected: string): Fault {
  const kind = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : JSON.stringify(value)
  return { path, message: `found ${kind}`, expected }
}
