import type { AccessRule } from '../../access/access.ts'
import { type Profiles, profileOf } from '../../access/callers.ts'
import { modelText } from '../../internal/text.ts'
import { VIEW_MODES, type ViewMode } from '../fronts.ts'

const SWITCHES: readonly string[] = ['true', 'false']

/** What an address asks for. */
export interface Address {
  readonly endpoint: '/mcp' | '/rpc'
  readonly profile?: AccessRule
  readonly mode?: ViewMode
}

/**
 * Reads `/mcp`, `/rpc`, `/mcp/p/PROFILE`, `?mode=MODE` and `?codemode=false`, which clients with a code mode of their own send: they
 * get search and call. A text says what is wrong. Undefined: another address.
 */
export function readAddress(url: string, profiles: Profiles): Address | string | undefined {
  const [path = '', query = ''] = url.split('?', 2)
  const [, endpoint, named] = /^(\/mcp|\/rpc)(?:\/p\/([^/]+))?$/.exec(path) ?? []
  if (endpoint !== '/mcp' && endpoint !== '/rpc') return undefined
  const name = named === undefined ? undefined : decoded(named)
  const profile = name === undefined ? undefined : profileOf(profiles, name)
  if (name !== undefined && profile === undefined)
    return `there is no profile "${modelText(name, 60)}"; there are: ${Object.keys(profiles).join(', ') || 'none'}`
  const parameters = new URLSearchParams(query)
  const codemode = parameters.get('codemode')
  if (codemode !== null && !SWITCHES.includes(codemode))
    return `found codemode=${modelText(codemode, 60)}, wanted ${SWITCHES.join(' or ')}`
  const mode = modeOf(parameters)
  if (mode !== undefined && !isMode(mode))
    return `there is no mode "${modelText(mode, 60)}"; there are: ${VIEW_MODES.join(', ')}`
  return { endpoint, ...(profile === undefined ? {} : { profile }), ...(mode === undefined ? {} : { mode }) }
}

function modeOf(parameters: URLSearchParams): string | undefined {
  return parameters.get('mode') ?? (parameters.get('codemode') === 'false' ? 'server_side' : undefined)
}

function isMode(mode: string): mode is ViewMode {
  return VIEW_MODES.some((one) => one === mode)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
