import type { Catalog, CatalogServer } from '../catalog/catalog.ts'
import { toIdentifier } from '../catalog/names.ts'
import { OptimizerError } from '../errors.ts'
import { modelText } from '../internal/text.ts'

/**
 * Why the tools of the server that a name begins with are not known: it does not start, does not list them, needs a login,
 * is starting, is disabled. Undefined where the name is what is wrong.
 */
export type ServerFault = (name: string, catalog: Catalog) => OptimizerError | undefined

/** What parts a server from its tool. */
const SEPARATOR = /\.|__|\/|::?|$/g

const ASK_FOR_APPROVAL = 'do without it, or ask the user to run "mcp-optimizer trust"'

export function createServerFault(disabled: readonly string[], unapproved: readonly string[] = []): ServerFault {
  return (name, catalog) => {
    const text = name.trim().replace(/^(?:await\s+)?(?:tools\.|mcp__)?/, '')
    for (const { index } of text.matchAll(SEPARATOR)) {
      const prefix = text.slice(0, index)
      const key = prefix === '' ? undefined : catalog.names.server(prefix)
      const server = key === undefined ? undefined : [...catalog.servers.values()].find((one) => one.key === key)
      if (server !== undefined) return faultOf(server, name)
      const isPrefix = (one: string): boolean => one === prefix || toIdentifier(one) === prefix
      if (unapproved.some(isPrefix))
        return fault(name, `${prefix} belongs to the project here, and nobody has approved it`, ASK_FOR_APPROVAL)
      if (disabled.some(isPrefix))
        return fault(name, `${prefix} is disabled in the configuration`, 'do without it, or ask the user to enable it')
    }
    return undefined
  }
}

function faultOf(server: CatalogServer, name: string): OptimizerError | undefined {
  const { key, state, toolCount, failure } = server
  if (toolCount > 0) return undefined
  if (failure !== undefined) {
    return new OptimizerError(failure.code, `cannot use ${shown(name)}: ${failureOf(server)}`, {
      details: { ...failure.details, server: key },
      suggestion: failure.suggestion,
    })
  }
  if (state === 'starting')
    return fault(name, `${key} is still starting: its tools are not known yet`, 'try again in a few seconds')
  if (state === 'disabled') return fault(name, `${key} is disabled`, 'do without it, or ask the user to enable it')
  return undefined
}

function fault(name: string, why: string, suggestion: string): OptimizerError {
  return new OptimizerError('UPSTREAM_UNAVAILABLE', `cannot use ${shown(name)}: ${why}`, { suggestion })
}

function shown(name: string): string {
  return `"${modelText(name, 100)}"`
}

/** The words of its failure, which name it. */
function failureOf({ name, key, failure }: CatalogServer): string {
  const message = failure?.message ?? ''
  return message.includes(name) || message.includes(key) ? message : `${key}: ${message}`
}

/** What a program ran on, and what there is at its end. */
export interface RanOn {
  readonly ran: Catalog
  readonly now: Catalog
  /** Of an agent's own program. */
  readonly source: string | undefined
}

/**
 * The error of a program, with the reason why a server that it names offers nothing: the program sees only that there is
 * no such tool.
 */
export function withServerFaults(error: OptimizerError, ranOn: RanOn, serverFault: ServerFault): OptimizerError {
  if (error.code !== 'PROGRAM_ERROR' && error.code !== 'TYPE_ERROR') return error
  for (const name of namesIn(error, ranOn.source)) {
    const found = serverFault(name, ranOn.now)
    const reason = found?.message.replace(/^cannot use "[^"]*": /, '') ?? addedSince(name, ranOn)
    if (reason === undefined || error.message.includes(reason)) continue
    return new OptimizerError(error.code, `${error.message}; ${reason}`, {
      ...(error.details === undefined ? {} : { details: error.details }),
      ...(found === undefined ? {} : { suggestion: found.suggestion }),
    })
  }
  return error
}

function addedSince(name: string, { ran, now }: RanOn): string | undefined {
  const isNew = ran.version !== now.version && !ran.tools.has(name) && now.tools.has(name)
  return isNew ? `${name} was added meanwhile: run the program again` : undefined
}

/** A path to a tool in a message about a program. */
const PATH = /\btools(?:\.([\w$-]+)|\[\s*['"]([^'"]+)['"]\s*\])(?:\.([\w$]+))?/g
/** What is said of something that is not there. */
const IS_MISSING = /undefined|null|not a function|not defined/

/** What may be a server or a tool: paths in the message, else words of the line that met nothing where it took something. */
function namesIn({ message, details }: OptimizerError, source: string | undefined): string[] {
  const paths = [...message.matchAll(PATH)].map(([, dotted, quoted, tool]) =>
    [dotted ?? quoted, tool].filter(Boolean).join('.'),
  )
  if (source === undefined || !IS_MISSING.test(message) || !/\btools\b/.test(source)) return paths
  const line = source.split('\n')[Number(details?.['line']) - 1] ?? ''
  return [...paths, ...(line.match(/[\w$-]+/g) ?? []).slice(0, 50)]
}
