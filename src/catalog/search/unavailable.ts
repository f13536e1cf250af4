import { cutText, serverText } from '../../internal/text.ts'
import type { Catalog, CatalogServer } from '../catalog.ts'

/** A server whose tools cannot be found, or cannot be called, and why. */
export interface Unavailable {
  readonly key: string
  readonly why: string
  /** Its tools are known all the same, from an earlier run. */
  readonly isListed: boolean
}

/** Characters: it stands in every answer while its server is away. */
const MAX_REASON = 100

const REASONS = {
  failed: 'did not start',
  unauthorized: 'needs authorization',
  disabled: 'is disabled',
  starting: 'is still starting',
} as const

/** Servers that are no part of the gateway. */
export interface Absent {
  /** The configuration switches them off. */
  readonly disabled: readonly string[]
  /** A project brings them, and nobody has approved that. */
  readonly unapproved: readonly string[]
}

/** All servers that are not there. */
export function unavailable(catalog: Catalog, { disabled, unapproved }: Absent): Unavailable[] {
  const missing = [...catalog.servers.values()].flatMap((server) => {
    const { key, state, toolCount, failure, phase } = server
    if (state === 'starting' && toolCount === 0 && phase !== undefined)
      return [{ key, why: `is still starting: ${serverText(phase, MAX_REASON)}`, isListed: false }]
    if (isBad(state) && !(state === 'starting' && toolCount > 0))
      return [{ key, why: loginOf(server) ?? REASONS[state] + reasonOf(server), isListed: toolCount > 0 }]
    return failure === undefined || toolCount > 0
      ? []
      : [{ key, why: `does not list its tools${reasonOf(server)}`, isListed: false }]
  })
  return [
    ...missing,
    ...disabled.map((key) => ({ key, why: 'is disabled in the configuration', isListed: false })),
    ...unapproved.map((name) => ({ key: shownName(name), why: UNAPPROVED, isListed: false })),
  ]
}

const UNAPPROVED = 'of this project waits for approval'

/** A name that a stranger chose. */
export function shownName(name: string): string {
  return cutText(name.replace(/[^\p{L}\p{N}_.@/-]+/gu, '_'), 40)
}

/** Servers whose tools are missing from an answer, and why. */
export function unavailableLine(servers: readonly Unavailable[]): string {
  const listed = servers
    .filter(({ isListed }) => isListed)
    .map(({ key, why }) => `${key} ${why}: its tools fail until then`)
  const missing = servers.filter(({ isListed }) => !isListed).map(({ key, why }) => `${key} ${why}`)
  const waits = servers.some(({ why }) => why === UNAPPROVED) ? 'A person approves with: mcp-optimizer trust' : ''
  return [
    missing.length === 0 ? '' : `Not searched: ${missing.slice(0, 10).join(', ')}`,
    listed.slice(0, 4).join('; '),
    waits,
  ]
    .filter(Boolean)
    .join('\n')
}

/** Those that the queries name: by name, or by each word of it. */
export function namedIn(servers: readonly Unavailable[], queries: readonly string[]): Unavailable[] {
  const words = new Set(queries.flatMap((query) => query.toLowerCase().split(/[^\p{L}\p{N}]+/u)))
  return servers.filter(({ key }) =>
    key
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .every((word) => words.has(word)),
  )
}

/** The command that a person logs in with. */
function loginOf({ failure }: CatalogServer): string | undefined {
  const [, command] = /\(a person runs: (.+)\)$/.exec(failure?.message ?? '') ?? []
  return command === undefined ? undefined : `needs a login, which a person gives with: ${cutText(command, MAX_REASON)}`
}

/** What it says itself, without its name before it. */
function reasonOf({ name, key, failure }: CatalogServer): string {
  const message = failure?.message ?? ''
  const words = [name, key].reduce(
    (text, one) => (text.startsWith(`${one} `) ? text.slice(one.length + 1) : text),
    message,
  )
  const reason = words.replace(/^(?:refused tools\/list|cannot reach .*?|cannot start .*?): /, '')
  return reason === '' ? '' : `: ${serverText(reason, MAX_REASON)}`
}

function isBad(state: CatalogServer['state']): state is keyof typeof REASONS {
  return Object.hasOwn(REASONS, state)
}
