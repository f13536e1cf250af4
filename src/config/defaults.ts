import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import { completeConfig, copyOf } from './complete-config.ts'
import type { ConfigProblem, OptimizerConfig } from './config.ts'
import { mergeFeatures } from './features.ts'
import type { PartialConfig } from './partial-config.ts'
import { fileFaults, serverShape, type ShapeFault } from './shape.ts'

const FILE = 'defineConfig'
/** What a message names at most. */
const MOST_TOLD = 10

/**
 * Checks a configuration as `loadConfig` checks a file, fills in what is missing, and freezes a copy of its own. Throws
 * `CONFIG_INVALID`, whose `details.problems` has the place of each mistake; variables (`${NAME}`) are read in files alone.
 *
 * @example
 * const config = defineConfig({
 *   servers: { files: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '.'] } },
 *   sandbox: { backend: 'process', timeoutMs: 10_000 },
 * })
 */
export function defineConfig(config: PartialConfig = {}): OptimizerConfig {
  const { unapproved: _names, projectIntents: _intents, ...given } = copyOf(config) as PartialConfig
  const problems = problemsOf(given)
  if (problems.length > 0) throw refusal(problems)
  return completeConfig(config)
}

function problemsOf(given: Readonly<Record<string, unknown>>): ConfigProblem[] {
  const { servers, features, ...rest } = given
  const faults = [
    ...fileFaults({ ...rest, ...(features !== undefined && { features }) }),
    ...(isRecord(features) || features === undefined ? [] : [notAnObject('features', features)]),
    ...OF_FILES.flatMap((key) => (key in given ? [ofFilesAlone(key)] : [])),
    ...serverFaults(servers),
  ].map(({ path, message, expected }) => ({ file: FILE, path: path.join('.'), message, expected }))
  return [...faults, ...(isRecord(features) ? mergeFeatures(features, {}, {}, FILE).problems : [])]
}

/** Keys of a file that say where else to look. */
const OF_FILES = ['import', 'mcpServers', '$schema']

function ofFilesAlone(key: string): ShapeFault {
  return { path: [key], message: 'is a key of files', expected: 'loadConfig, which reads them, or "servers"' }
}

function serverFaults(servers: unknown): readonly ShapeFault[] {
  if (servers === undefined) return []
  if (!isRecord(servers)) return [notAnObject('servers', servers)]
  return Object.entries(servers).flatMap(([name, entry]) => {
    const shape = serverShape(entry)
    return 'faults' in shape ? shape.faults.map((fault) => ({ ...fault, path: ['servers', name, ...fault.path] })) : []
  })
}

function notAnObject(name: string, found: unknown): ShapeFault {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'array' : typeof found
  return { path: [name], message: `found ${kind}`, expected: 'object' }
}

function refusal(problems: readonly ConfigProblem[]): OptimizerError {
  const lines = problems
    .slice(0, MOST_TOLD)
    .map(({ path, message, expected }) => `${path} ${message}, wanted ${expected}`)
  const more = problems.length > MOST_TOLD ? `; and ${problems.length - MOST_TOLD} more` : ''
  return new OptimizerError('CONFIG_INVALID', `cannot use this configuration: ${lines.join('; ')}${more}`, {
    details: { problems },
  })
}
